/** The small line behind a big number, as SVG paths in a box of 100 × 100. */
const box = 100;
const headroom = 6;

export interface Sparkline {
  readonly line: string;
  readonly area: string;
}

/** At most this many points: a course, not every jitter. */
const pointsMax = 40;

/** Means of equal stretches. */
export function coarsened(values: readonly (number | null)[]): readonly (number | null)[] {
  const width = Math.ceil(values.length / pointsMax);
  if (width <= 1) return values;
  const coarse: (number | null)[] = [];
  for (let from = 0; from < values.length; from += width) {
    const known = values.slice(from, from + width).filter((value): value is number => value !== null);
    coarse.push(known.length === 0 ? null : known.reduce((so, value) => so + value, 0) / known.length);
  }
  return coarse;
}

/** Null when there are fewer than two points to join. */
export function sparklineOf(
  given: readonly (number | null)[],
  options: { readonly fromZero: boolean } = { fromZero: false },
): Sparkline | null {
  const values = coarsened(given);
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const low = options.fromZero ? Math.min(0, ...known) : Math.min(...known);
  const high = Math.max(...known);
  const scale = high === low ? 0 : (box - 2 * headroom) / (high - low);
  const step = box / (values.length - 1);
  const flat = options.fromZero ? box - headroom : box / 2;
  const y = (value: number) => (high === low ? flat : box - headroom - (value - low) * scale);
  const points = values.flatMap((value, at) =>
    value === null ? [] : [`${round(at * step)},${round(y(value))}`],
  );
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${box},${box}L0,${box}Z` };
}

const round = (value: number): number => Math.round(value * 100) / 100;
