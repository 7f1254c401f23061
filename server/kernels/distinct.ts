/** Twins of distinct.as.ts. */
import type { Views } from "#server/arena/arena";
import { type HashWords, hashBytes, hashWords } from "#server/kernels/hash";
import type { Twin } from "#server/kernels/kernels";
import { eachRow, narrow, storedAt } from "#server/kernels/twin-access";

/** Bits may lie past 2^32, so words are found by division. */
function setBit(views: Views, bits: number, bit: number): void {
  const word = Math.floor(bit / 32);
  views.u32[(bits >>> 2) + word] |= 1 << (bit - word * 32);
}

function hasBit(views: Views, bits: number, bit: number): number {
  const word = Math.floor(bit / 32);
  return (views.u32[(bits >>> 2) + word] >>> (bit - word * 32)) & 1;
}

export const distinctIds: Twin<"distinctIds"> = (views, width, ids, rows, bitmap, bits) => {
  const { array, start } = narrow(views, width, ids);
  eachRow(views, rows, bitmap, (row) => setBit(views, bits, array[start + row]));
};

export const distinctPairs: Twin<"distinctPairs"> = (views, width, ids, gids, rows, bitmap, card, bits) => {
  const { array, start } = narrow(views, width, ids);
  eachRow(views, rows, bitmap, (row) =>
    setBit(views, bits, views.u32[(gids >>> 2) + row] * card + array[start + row]),
  );
};

export const distinctCounts: Twin<"distinctCounts"> = (views, bits, groups, card, counts) => {
  for (let group = 0; group < groups; group++) {
    let count = 0;
    for (let id = 1; id < card; id++) count += hasBit(views, bits, group * card + id);
    views.u32[(counts >>> 2) + group] = count;
  }
};

export const distinctList: Twin<"distinctList"> = (views, bits, entries, ids) => {
  let count = 0;
  for (let id = 1; id < entries; id++) {
    views.u32[(ids >>> 2) + count] = id;
    count += hasBit(views, bits, id);
  }
  return count;
};

/** The register's index is the top `precision` bits, its rank the leading zeros of the rest + 1. */
function observe(views: Views, hash: HashWords, gid: number, precision: number, registers: number): void {
  const index = hash.high >>> (32 - precision);
  const high = ((hash.high << precision) | (hash.low >>> (32 - precision))) >>> 0;
  const low = ((hash.low << precision) | (1 << (precision - 1))) >>> 0;
  const rank = (high === 0 ? 32 + Math.clz32(low) : Math.clz32(high)) + 1;
  const at = registers + gid * 2 ** precision + index;
  views.u8[at] = Math.max(views.u8[at], rank);
}

const gidOf = (views: Views, gids: number, row: number): number =>
  gids === 0 ? 0 : views.u32[(gids >>> 2) + row];

export const hllIds: Twin<"hllIds"> = (
  views,
  width,
  ids,
  gids,
  rows,
  bitmap,
  hashes,
  precision,
  registers,
) => {
  const { array, start } = narrow(views, width, ids);
  const words: HashWords = { low: 0, high: 0 };
  eachRow(views, rows, bitmap, (row) => {
    const id = array[start + row];
    if (id === 0) return;
    words.low = views.u32[(hashes >>> 2) + id * 2];
    words.high = views.u32[(hashes >>> 2) + id * 2 + 1];
    observe(views, words, gidOf(views, gids, row), precision, registers);
  });
};

export const hllInts: Twin<"hllInts"> = (
  views,
  width,
  values,
  base,
  gids,
  rows,
  bitmap,
  precision,
  registers,
) => {
  const stored = storedAt(views, width, values);
  const words: HashWords = { low: 0, high: 0 };
  eachRow(views, rows, bitmap, (row) => {
    const value = base + stored(row);
    hashWords(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), words);
    observe(views, words, gidOf(views, gids, row), precision, registers);
  });
};

export const hllDoubles: Twin<"hllDoubles"> = (views, values, gids, rows, bitmap, precision, registers) => {
  const words: HashWords = { low: 0, high: 0 };
  const at = values >>> 2;
  eachRow(views, rows, bitmap, (row) => {
    const value = views.f64[(values >>> 3) + row];
    if (Number.isNaN(value)) hashWords(0, 0x7ff80000, words);
    else if (value === 0) hashWords(0, 0, words);
    else hashWords(views.i32[at + row * 2], views.i32[at + row * 2 + 1], words);
    observe(views, words, gidOf(views, gids, row), precision, registers);
  });
};

export const hllTexts: Twin<"hllTexts"> = (
  views,
  offsets,
  bytes,
  gids,
  rows,
  bitmap,
  precision,
  registers,
) => {
  const { u8, u32 } = views;
  const words: HashWords = { low: 0, high: 0 };
  eachRow(views, rows, bitmap, (row) => {
    const start = u32[(offsets >>> 2) + row];
    hashBytes(u8, bytes + start, u32[(offsets >>> 2) + row + 1] - start, words);
    observe(views, words, gidOf(views, gids, row), precision, registers);
  });
};

export const hllMerge: Twin<"hllMerge"> = (views, from, into, bytes) => {
  for (let at = 0; at < bytes; at++) views.u8[into + at] = Math.max(views.u8[into + at], views.u8[from + at]);
};
