/** Twins of group.as.ts; state layouts in `stateBytes`. */
import type { Views } from "#server/arena/arena";
import { lowerDouble, lowerInt } from "#server/kernels/full-state";
import { stateBytes, type Twin } from "#server/kernels/kernels";
import { type Chosen, sumChosenDoubles } from "#server/kernels/sum";
import { eachRow, isSet, storedAt } from "#server/kernels/twin-access";

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
/** All chosen rows of one run; row numbers count from `from`. Only sums of doubles depend on how rows form runs. */
type UpdateRun = (state: number, from: number, rows: number, chosen: Chosen) => void;

function group(views: Views, by: Grouped, updateRow: UpdateRow, updateRun?: UpdateRun): void {
  if (by.ascending && updateRun !== undefined) {
    groupAscending(views, by, updateRun);
    return;
  }
  const mask = by.copies - 1;
  eachRow(views, by.rows, by.bitmap, (row) => {
    const entry = views.u32[(by.gids >>> 2) + row] * by.copies + (row & mask);
    updateRow(by.states + entry * by.size, row);
  });
}

/** Whole words of one group as one run, the parts of other words as a run each. */
function groupAscending(views: Views, by: Grouped, updateRun: UpdateRun): void {
  const gid = (row: number) => views.u32[(by.gids >>> 2) + row];
  const state = (row: number) => by.states + gid(row) * by.size;
  const whole = by.rows & ~63;
  const run = (first: number, rows: number, part: (row: number) => boolean, cut: boolean) => {
    const has = (row: number) => part(first + row) && isSet(views, by.bitmap, first + row);
    return { from: first, rows, chosen: { has, cut: cut || by.bitmap !== 0 } };
  };
  let row = 0;
  while (row < by.rows) {
    const first = row;
    while (row < whole && gid(row + 63) === gid(first)) row += 64;
    if (row > first) {
      const { from, rows, chosen } = run(first, row - first, () => true, false);
      updateRun(state(first), from, rows, chosen);
      continue;
    }
    row = Math.min(first + 64, by.rows);
    for (let from = first; from < row; ) {
      let until = from + 1;
      while (until < row && gid(until) === gid(from)) until++;
      const [start, end] = [from, until];
      const cut = start > first || end < first + 64;
      const word = run(first, row - first, (at) => at >= start && at < end, cut);
      updateRun(state(from), word.from, word.rows, word.chosen);
      from = until;
    }
  }
}

export const groupCount: Twin<"groupCount"> = (views, gids, rows, bitmap, copies, _ascending, states) =>
  group(views, { gids, rows, bitmap, copies, ascending: false, states, size: stateBytes.count }, (state) => {
    views.u32[state >>> 2]++;
  });

export const groupSumInts: Twin<"groupSumInts"> = (
  views,
  width,
  values,
  shift,
  gids,
  rows,
  bitmap,
  copies,
  ascending,
  states,
) => {
  const stored = storedAt(views, width, values);
  group(views, { gids, rows, bitmap, copies, ascending, states, size: stateBytes.sum }, (state, row) => {
    views.i64[state >>> 3]++;
    views.i64[(state >>> 3) + 1] += shift + stored(row);
  });
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
  group(views, { gids, rows, bitmap, copies, ascending, states, size: stateBytes.wide }, (state, row) => {
    const value = views.i64[(values >>> 3) + row];
    views.i64[state >>> 3]++;
    views.i64[(state >>> 3) + 1] += value & 0xffffffffn;
    views.i64[(state >>> 3) + 2] += value >> 32n;
  });
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
    (state, from, runRows, chosen) => sumChosenDoubles(views, values + from * 8, runRows, chosen, state),
  );
};

export const groupFullInts: Twin<"groupFullInts"> = (
  views,
  width,
  values,
  shift,
  gids,
  rows,
  bitmap,
  copies,
  ascending,
  states,
) => {
  const stored = storedAt(views, width, values);
  group(views, { gids, rows, bitmap, copies, ascending, states, size: stateBytes.full }, (state, row) => {
    const value = shift + stored(row);
    views.i64[state >>> 3]++;
    views.i64[(state >>> 3) + 1] += value;
    lowerInt(views, state, value);
  });
};

export const groupFullDoubles: Twin<"groupFullDoubles"> = (
  views,
  values,
  gids,
  rows,
  bitmap,
  _hasNaN,
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
    (state, from, runRows, chosen) => {
      sumChosenDoubles(views, values + from * 8, runRows, chosen, state);
      for (let row = 0; row < runRows; row++)
        if (chosen.has(row)) lowerDouble(views, state, views.f64[(values >>> 3) + from + row]);
    },
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
