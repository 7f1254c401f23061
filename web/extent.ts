/** The least and the greatest of numbers: a loop, because a call cannot take a hundred thousand arguments. */

export interface Extent {
  readonly min: number;
  readonly max: number;
}

/** Null when there is no finite number among them. */
export function extentOf(values: Iterable<number | null>): Extent | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? null : { min, max };
}
