/** Twins of group.as.ts; state layouts in `stateBytes`. */
import type { Views } from "#server/arena/arena";
import { lowerDouble, lowerInt } from "#server/kernels/full-state";
import { stateBytes, type Twin } from "#server/kernels/kernels";
import { fullDoubles, fullInts, sumDoubles, sumInts, sumWide } from "#server/kernels/sum";
import { eachRow, storedAt } from "#server/kernels/twin-access";

interface Grouped {
  readonly gids: number;
  readonly rows: number;
  readonly bitmap: number;
  readonly copies: number;
  readonly ascending: boolean;
  readonly states: number;
  readonly size: number;
}

/** One row's update at the address of its state. */
type UpdateRow = (state: number, row: number) => void;
/** Rows from … from + rows − 1 of one group, whole words, with their part of the bitmap. */
type UpdateRun = (state: number, from: number, rows: number, bitmap: number) => void;

function group(views: Views, by: Grouped, updateRow: UpdateRow, updateRun: UpdateRun): void {
  if (by.ascending) {
    groupAscending(views, by, updateRow, updateRun);
    return;
  }
  const mask = by.copies - 1;
  eachRow(views, by.rows, by.bitmap, (row) => {
    const entry = views.u32[(by.gids >>> 2) + row] * by.copies + (row & mask);
    updateRow(by.states + entry * by.size, row);
  });
}

/** Whole words of one group as a run, all other words row by row. */
function groupAscending(views: Views, by: Grouped, updateRow: UpdateRow, updateRun: UpdateRun): void {
  const gid = (row: number) => views.u32[(by.gids >>> 2) + row];
  const state = (row: number) => by.states + gid(row) * by.size;
  const whole = by.rows & ~63;
  let row = 0;
  while (row < by.rows) {
    const first = row;
    while (row < whole && gid(row + 63) === gid(first)) row += 64;
    const bitmap = by.bitmap === 0 ? 0 : by.bitmap + (first >>> 6) * 8;
    if (row > first) {
      updateRun(state(first), first, row - first, bitmap);
      continue;
    }
    const end = Math.min(first + 64, by.rows);
    eachRow(views, end - first, bitmap, (at) => updateRow(state(first + at), first + at));
    row = end;
  }
}

export const groupCount: Twin<"groupCount"> = (views, gids, rows, bitmap, copies, _ascending, states) =>
  group(
    views,
    { gids, rows, bitmap, copies, ascending: false, states, size: stateBytes.count },
    (state) => {
      views.u32[state >>> 2]++;
    },
    () => undefined,
  );

export const groupSumInts: Twin<"groupSumInts"> = (
  views,
  width,
  values,
  gids,
  rows,
  bitmap,
  copies,
  ascending,
  states,
) => {
  const stored = storedAt(views, width, values);
  group(
    views,
    { gids, rows, bitmap, copies, ascending, states, size: stateBytes.sum },
    (state, row) => {
      views.i64[state >>> 3]++;
      views.i64[(state >>> 3) + 1] += stored(row);
    },
    (state, from, runRows, bits) => sumInts(views, width, values + from * width, runRows, bits, state),
  );
};

export const groupSumWide: Twin<"groupSumWide"> = (
  views,
  values,
  gids,
  rows,
  bitmap,
  copies,
  ascending,
  states,
) => {
  group(
    views,
    { gids, rows, bitmap, copies, ascending, states, size: stateBytes.wide },
    (state, row) => {
      const value = views.i64[(values >>> 3) + row];
      views.i64[state >>> 3]++;
      views.i64[(state >>> 3) + 1] += value & 0xffffffffn;
      views.i64[(state >>> 3) + 2] += value >> 32n;
    },
    (state, from, runRows, bits) => sumWide(views, values + from * 8, runRows, bits, state),
  );
};

export const groupSumDoubles: Twin<"groupSumDoubles"> = (
  views,
  values,
  gids,
  rows,
  bitmap,
  copies,
  ascending,
  states,
) => {
  group(
    views,
    { gids, rows, bitmap, copies, ascending, states, size: stateBytes.sum },
    (state, row) => {
      views.f64[state >>> 3]++;
      views.f64[(state >>> 3) + 1] += views.f64[(values >>> 3) + row];
    },
    (state, from, runRows, bits) => sumDoubles(views, values + from * 8, runRows, bits, state),
  );
};

export const groupFullInts: Twin<"groupFullInts"> = (
  views,
  width,
  values,
  gids,
  rows,
  bitmap,
  copies,
  ascending,
  states,
) => {
  const stored = storedAt(views, width, values);
  group(
    views,
    { gids, rows, bitmap, copies, ascending, states, size: stateBytes.full },
    (state, row) => {
      const value = stored(row);
      views.i64[state >>> 3]++;
      views.i64[(state >>> 3) + 1] += value;
      lowerInt(views, state, value);
    },
    (state, from, runRows, bits) => fullInts(views, width, values + from * width, runRows, bits, state),
  );
};

export const groupFullDoubles: Twin<"groupFullDoubles"> = (
  views,
  values,
  gids,
  rows,
  bitmap,
  hasNaN,
  copies,
  ascending,
  states,
) => {
  group(
    views,
    { gids, rows, bitmap, copies, ascending, states, size: stateBytes.full },
    (state, row) => {
      const value = views.f64[(values >>> 3) + row];
      views.f64[state >>> 3]++;
      views.f64[(state >>> 3) + 1] += value;
      lowerDouble(views, state, value);
    },
    (state, from, runRows, bits) => fullDoubles(views, values + from * 8, runRows, bits, hasNaN, state),
  );
};

export const clearFullInts: Twin<"clearFullInts"> = (views, states, entries) => {
  for (let entry = 0, at = states >>> 3; entry < entries; entry++, at += 4) {
    views.i64.fill(0n, at, at + 2);
    views.i64.fill(2n ** 63n - 1n, at + 2, at + 4);
  }
};

export const clearFullDoubles: Twin<"clearFullDoubles"> = (views, states, entries) => {
  for (let entry = 0, at = states >>> 3; entry < entries; entry++, at += 4) {
    views.f64.fill(0, at, at + 2);
    views.f64.fill(Number.POSITIVE_INFINITY, at + 2, at + 4);
  }
};
