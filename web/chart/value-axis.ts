/**
 * The value axis: round bounds and ticks that stay while values move. It grows at once and shrinks only when most of it
 * stands empty. A bucket that is not whole can widen it away from zero only: what is still filling up says nothing
 * about how low values are.
 */
import type { NumberFormat } from "#schemas/api/dashboards";
import type { Extent } from "../extent.ts";
import { formatDigits, formatNumber } from "../format.ts";

export interface ValueBounds extends Extent {
  readonly interval: number;
}

const ticks = 4;
/** An axis shrinks when its values need less than this part of it. */
const shrinkBelow = 0.6;

/** The next of 1, 2, 2.5, 5 × 10ⁿ. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 2.5, 5].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10) * power;
}

/** Round bounds about an extent. */
function niceBounds({ min, max }: Extent, options: { readonly fromZero: boolean }): ValueBounds {
  let low = options.fromZero ? Math.min(0, min) : min;
  let high = options.fromZero ? Math.max(0, max) : max;
  if (!(high > low)) {
    // One value alone: an axis about it, and from zero where it can be.
    const room = Math.abs(high) || 1;
    if (low >= 0) high = low + room;
    else high = 0;
    low = options.fromZero ? Math.min(0, low) : low - room;
    if (min >= 0) low = Math.max(0, low);
  }
  const interval = roundStep(Math.max((high - low) / ticks, Number.MIN_VALUE * 1e20)); // no logarithm of nothing
  const floor = Math.floor(low / interval + 1e-9) * interval;
  const ceiling = Math.ceil(high / interval - 1e-9) * interval;
  if (!Number.isFinite(interval) || !Number.isFinite(floor) || !Number.isFinite(ceiling))
    return { min: low, max: high, interval: (high - low) / 2 };
  // Rounding of tiny numbers can fall short of the values.
  return { min: Math.min(floor, low), max: Math.max(ceiling, high), interval };
}

/** Bounds that a chart keeps from one result to the next. */
export class HeldBounds {
  #shown: ValueBounds | null = null;

  next(extent: Extent | null, options: { readonly fromZero: boolean }): ValueBounds | null {
    if (extent === null) return this.#shown;
    const wanted = niceBounds(extent, options);
    const shown = this.#shown;
    if (shown === null) this.#shown = wanted;
    else if (wanted.max - wanted.min < shrinkBelow * (shown.max - shown.min)) this.#shown = wanted;
    else if (wanted.min < shown.min || wanted.max > shown.max) {
      const both = { min: Math.min(wanted.min, shown.min), max: Math.max(wanted.max, shown.max) };
      this.#shown = niceBounds(both, options);
    }
    return this.#shown;
  }
}

/** Decimals that tell ticks of a step apart, in units of `unit`. */
const decimalsOf = (step: number, unit: number): number =>
  Math.min(12, Math.max(0, (isQuarter(step) ? 1 : 0) - Math.floor(Math.log10(step / unit) + 1e-9)));
const isQuarter = (step: number): boolean =>
  String(Number(step.toPrecision(3)))
    .replace(/[0.]/g, "")
    .startsWith("25");

/** A tick's label: short, and different from its neighbours'. */
export function tickLabel(value: number, interval: number, format: NumberFormat | undefined): string {
  const base: NumberFormat = format ?? { kind: "number" };
  if (base.kind === "bytes" || base.kind === "duration" || base.kind === "time")
    return formatNumber(value, base);
  const size = Math.abs(value);
  const unit = size >= 1e12 ? 1e12 : size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : size >= 1e3 ? 1e3 : 1;
  const scale = base.kind === "percent" ? 0.01 : 1;
  const short = decimalsOf(interval, unit * scale);
  if (unit > 1 && short <= 2)
    return formatDigits(value, base, { notation: "compact", maximumFractionDigits: short });
  const decimals = decimalsOf(interval, scale);
  return formatDigits(value, base, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
