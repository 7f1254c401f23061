/** Twins of merge.as.ts; state layouts in `stateBytes`. */
import type { Views } from "#server/arena/arena";
import { nanCount } from "#server/kernels/full-state";
import { stateBytes, type Twin } from "#server/kernels/kernels";

function targetOf(views: Views, group: number, remap: number, into: number, size: number): number {
  return into + (remap === 0 ? group : views.u32[(remap >>> 2) + group]) * size;
}

/** Adds to the 128-bit sum of a `merged` state. */
function addSum(views: Views, state: number, sum: bigint): void {
  const at = (state >>> 3) + 1;
  const total = BigInt.asUintN(64, views.i64[at]) + (views.i64[at + 1] << 64n) + sum;
  views.i64[at] = BigInt.asIntN(64, total);
  views.i64[at + 1] = BigInt.asIntN(64, total >> 64n);
}

function lower(views: Views, state: number, least: bigint, most: bigint): void {
  const at = state >>> 3;
  if (least < views.i64[at + 3]) views.i64[at + 3] = least;
  if (most > views.i64[at + 4]) views.i64[at + 4] = most;
}

export const mergeCount: Twin<"mergeCount"> = (views, from, groups, copies, remap, into) => {
  for (let group = 0; group < groups; group++) {
    let rows = 0;
    for (let copy = 0; copy < copies; copy++) rows += views.u32[(from >>> 2) + group * copies + copy];
    if (rows > 0) views.i64[targetOf(views, group, remap, into, 8) >>> 3] += BigInt(rows);
  }
};

/** Word `word` of all copies of a group's state, added up. */
function folded(views: Views, at: number, copies: number, words: number, word: number): bigint {
  let sum = 0n;
  for (let copy = 0; copy < copies; copy++) sum += views.i64[at + copy * words + word];
  return BigInt.asIntN(64, sum);
}

export const mergeSumInts: Twin<"mergeSumInts"> = (views, from, groups, copies, remap, base, into) => {
  for (let group = 0; group < groups; group++) {
    const at = (from >>> 3) + group * copies * 2;
    const rows = folded(views, at, copies, 2, 0);
    if (rows === 0n) continue;
    const state = targetOf(views, group, remap, into, stateBytes.merged);
    views.i64[state >>> 3] += rows;
    addSum(views, state, folded(views, at, copies, 2, 1) + rows * base);
  }
};

export const mergeWide: Twin<"mergeWide"> = (views, from, groups, copies, remap, into) => {
  for (let group = 0; group < groups; group++) {
    const at = (from >>> 3) + group * copies * 4;
    const rows = folded(views, at, copies, 4, 0);
    if (rows === 0n) continue;
    const state = targetOf(views, group, remap, into, stateBytes.merged);
    views.i64[state >>> 3] += rows;
    addSum(views, state, BigInt.asUintN(64, folded(views, at, copies, 4, 1)));
    addSum(views, state, folded(views, at, copies, 4, 2) << 32n);
  }
};

export const mergeFullInts: Twin<"mergeFullInts"> = (views, from, groups, copies, remap, base, into) => {
  for (let group = 0; group < groups; group++) {
    const at = (from >>> 3) + group * copies * 4;
    const rows = folded(views, at, copies, 4, 0);
    if (rows === 0n) continue;
    const state = targetOf(views, group, remap, into, stateBytes.merged);
    views.i64[state >>> 3] += rows;
    addSum(views, state, folded(views, at, copies, 4, 1) + rows * base);
    for (let copy = 0; copy < copies; copy++) {
      if (views.i64[at + copy * 4] === 0n) continue;
      lower(views, state, base + views.i64[at + copy * 4 + 2], base + ~views.i64[at + copy * 4 + 3]);
    }
  }
};

/** Word `word` of a group's copies of doubles: (c0 + c1) + (c2 + c3). */
function foldedDoubles(views: Views, at: number, copies: number, words: number, word: number): number {
  const copy = (index: number) => views.f64[at + index * words + word];
  return copies === 1 ? copy(0) : copy(0) + copy(1) + (copy(2) + copy(3));
}

export const mergeSumDoubles: Twin<"mergeSumDoubles"> = (views, from, groups, copies, remap, into) => {
  for (let group = 0; group < groups; group++) {
    const at = (from >>> 3) + group * copies * 2;
    const rows = foldedDoubles(views, at, copies, 2, 0);
    if (rows === 0) continue;
    const state = targetOf(views, group, remap, into, stateBytes.sum) >>> 3;
    views.f64[state] += rows;
    views.f64[state + 1] += foldedDoubles(views, at, copies, 2, 1);
  }
};

function lowerDoubles(views: Views, state: number, at: number): void {
  if (views.f64[at + 2] < views.f64[state + 2]) views.f64[state + 2] = views.f64[at + 2];
  if (!Number.isNaN(views.f64[at + 3])) {
    if (views.f64[at + 3] < views.f64[state + 3]) views.f64[state + 3] = views.f64[at + 3];
    return;
  }
  const nans = views.i64[at + 3] & 0xffffffffffffn;
  views.i64[state + 3] = (Number.isNaN(views.f64[state + 3]) ? views.i64[state + 3] : nanCount) + nans;
}

export const mergeFullDoubles: Twin<"mergeFullDoubles"> = (views, from, groups, copies, remap, into) => {
  for (let group = 0; group < groups; group++) {
    const at = (from >>> 3) + group * copies * 4;
    const rows = foldedDoubles(views, at, copies, 4, 0);
    if (rows === 0) continue;
    const state = targetOf(views, group, remap, into, stateBytes.full) >>> 3;
    views.f64[state] += rows;
    views.f64[state + 1] += foldedDoubles(views, at, copies, 4, 1);
    for (let copy = 0; copy < copies; copy++) lowerDoubles(views, state, at + copy * 4);
  }
};

export const mergeMerged: Twin<"mergeMerged"> = (views, from, groups, remap, into) => {
  for (let group = 0; group < groups; group++) {
    const at = (from >>> 3) + group * 6;
    if (views.i64[at] === 0n) continue;
    const state = targetOf(views, group, remap, into, stateBytes.merged);
    views.i64[state >>> 3] += views.i64[at];
    addSum(views, state, BigInt.asUintN(64, views.i64[at + 1]) + (views.i64[at + 2] << 64n));
    lower(views, state, views.i64[at + 3], views.i64[at + 4]);
  }
};

export const mergeMergedCount: Twin<"mergeMergedCount"> = (views, from, groups, remap, into) => {
  for (let group = 0; group < groups; group++) {
    const rows = views.i64[(from >>> 3) + group];
    if (rows !== 0n) views.i64[targetOf(views, group, remap, into, 8) >>> 3] += rows;
  }
};

export const clearMerged: Twin<"clearMerged"> = (views, states, groups) => {
  for (let group = 0, at = states >>> 3; group < groups; group++, at += 6) {
    views.i64.fill(0n, at, at + 6);
    views.i64[at + 3] = 2n ** 63n - 1n;
    views.i64[at + 4] = -(2n ** 63n);
  }
};
