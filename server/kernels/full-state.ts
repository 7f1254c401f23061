/** One value's way into a `full` state (layout in `stateBytes`): what the twins of sum, group and merge share. */
import type { Views } from "#server/arena/arena";

/** The NaN whose low 48 bits count NaNs, in place of −max. */
export const nanCount = 0x7ff8000000000000n;

/** Brings one value into a `full` state of ints: min and ~max only. */
export function lowerInt(views: Views, state: number, value: bigint): void {
  const at = state >>> 3;
  if (value < views.i64[at + 2]) views.i64[at + 2] = value;
  if (~value < views.i64[at + 3]) views.i64[at + 3] = ~value;
}

/** Brings one value into a `full` state of doubles: min and −max only. */
export function lowerDouble(views: Views, state: number, value: number): void {
  const at = state >>> 3;
  if (Number.isNaN(value)) {
    views.i64[at + 3] = Number.isNaN(views.f64[at + 3]) ? views.i64[at + 3] + 1n : nanCount + 1n;
    return;
  }
  if (value < views.f64[at + 2]) views.f64[at + 2] = value;
  if (-value < views.f64[at + 3]) views.f64[at + 3] = -value;
}
