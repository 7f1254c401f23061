/**
 * ns per row of the main kernels, compiled and twin, over 65,536-row chunks of 4 M rows (twins over fewer): the best of a
 * few rounds, which is the least disturbed one. Run: node test/bench/kernels-node.ts
 */
import { createArena } from "#server/arena/attach";
import { kernelsFor } from "#server/kernels/instance";
import { hashBytes, type Kernels } from "#server/kernels/kernels";
import { loadKernels } from "#server/kernels/load-kernels-node";

const chunkRows = 65_536;
const chunks = 64;
const rows = chunkRows * chunks;
const rounds = 7;

const arena = createArena(1 << 30, 0);
const { views } = arena;
const compiled = kernelsFor(arena, await loadKernels());
const twins = kernelsFor(arena, { kind: "twin" });

let state = 12_345;
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

const block = (bytes: number) => arena.allocate(bytes, "scratch");
function narrow(width: 1 | 2 | 4, value: (row: number) => number): number {
  const pointer = block(rows * width);
  const array = width === 1 ? views.u8 : width === 2 ? views.u16 : views.u32;
  const start = pointer / width;
  for (let row = 0; row < rows; row++) array[start + row] = value(row);
  return pointer;
}

const k8 = narrow(1, () => (random() < 0.6 ? 1 : 1 + Math.floor(random() * 7)));
const k16 = narrow(2, () => 1 + Math.floor(random() * 1000));
const k32 = narrow(4, () => 1 + Math.floor(random() * 1_000_000));
const q = narrow(4, () => Math.floor(random() * 1_000_000));
const time = narrow(4, (row) => Math.floor((row * 2_592_000) / rows));
const doubles = block(rows * 8);
const longs = block(rows * 8);
for (let row = 0; row < rows; row++) {
  views.f64[doubles / 8 + row] = Math.round(random() * 100_000) / 100;
  views.i64[longs / 8 + row] = BigInt(Math.floor(random() * 1e12));
}
const bitmap = block(chunkRows / 8);
const [bits10, bits50, bits95] = [0.1, 0.5, 0.95].map((share) => {
  const pointer = block(chunkRows / 8);
  for (let at = 0; at < chunkRows; at++) if (random() < share) views.u8[pointer + (at >> 3)] |= 1 << (at & 7);
  return pointer;
});
const lut = block(4096);
for (let id = 0; id < 4096; id += 97) views.u8[lut + id] = 1;
const gids = block(rows * 4);
const states = block(64 << 20);
const positions = block(chunkRows * 4 + 64);
const scratch = block(chunkRows * 8);
const packed = block(chunkRows * 4);
const table = block(hashBytes(1 << 22));
const seen = block(1 << 20);

type Case = readonly [string, (kernels: Kernels, chunk: number) => void];
const at = (pointer: number, width: number, chunk: number) => pointer + chunk * chunkRows * width;

const cases: readonly Case[] = [
  ["filter range u8", (k, c) => k.filterRange(1, at(k8, 1, c), chunkRows, 2, 3, bitmap)],
  ["filter range u16", (k, c) => k.filterRange(2, at(k16, 2, c), chunkRows, 2, 300, bitmap)],
  ["filter range u32", (k, c) => k.filterRange(4, at(q, 4, c), chunkRows, 2, 300_000, bitmap)],
  ["filter range int64", (k, c) => k.filterRangeInt64(at(longs, 8, c), chunkRows, 2n, 10n ** 11n, bitmap)],
  ["filter range doubles", (k, c) => k.filterRangeDoubles(at(doubles, 8, c), chunkRows, 2, 300, 0, bitmap)],
  ["filter lut u8", (k, c) => k.filterLut(1, at(k8, 1, c), chunkRows, lut, bitmap)],
  ["filter lut u16", (k, c) => k.filterLut(2, at(k16, 2, c), chunkRows, lut, bitmap)],
  ["positions 10 %", (k) => k.bitmapPositions(bits10, chunkRows, positions)],
  ["positions 50 %", (k) => k.bitmapPositions(bits50, chunkRows, positions)],
  ["sum u32", (k, c) => k.sumInts(4, at(q, 4, c), 0n, chunkRows, 0, states)],
  ["sum u32 50 %", (k, c) => k.sumInts(4, at(q, 4, c), 0n, chunkRows, bits50, states)],
  ["sum int64", (k, c) => k.sumInts(8, at(longs, 8, c), 0n, chunkRows, 0, states)],
  ["sum int64 wide 95 %", (k, c) => k.sumWide(at(longs, 8, c), chunkRows, bits95, states)],
  ["sum doubles", (k, c) => k.sumDoubles(at(doubles, 8, c), chunkRows, 0, states)],
  ["sum doubles 10 %", (k, c) => k.sumDoubles(at(doubles, 8, c), chunkRows, bits10, states)],
  ["sum doubles 50 %", (k, c) => k.sumDoubles(at(doubles, 8, c), chunkRows, bits50, states)],
  ["full doubles 95 %", (k, c) => k.fullDoubles(at(doubles, 8, c), chunkRows, bits95, false, states)],
  ["gid u8 first", (k, c) => k.gidIds(1, at(k8, 1, c), chunkRows, 9, true, 4, at(gids, 4, c))],
  ["gid u16 composed", (k, c) => k.gidIds(2, at(k16, 2, c), chunkRows, 1001, false, 4, at(gids, 4, c))],
  [
    "gid minutes",
    (k, c) => k.gidBuckets(4, at(time, 4, c), chunkRows, 0, 0n, 60n, false, 1, true, 4, at(gids, 4, c)),
  ],
  [
    "gid minutes, ascending",
    (k, c) => k.gidBuckets(4, at(time, 4, c), chunkRows, 0, 0n, 60n, true, 1, true, 4, at(gids, 4, c)),
  ],
  [
    "group sum u32 by minute, ascending",
    (k, c) => k.groupSumInts(4, at(q, 4, c), 0n, at(gids, 4, c), chunkRows, 0, 1, true, states),
  ],
  ["gid u8 first (again)", (k, c) => k.gidIds(1, at(k8, 1, c), chunkRows, 9, true, 4, at(gids, 4, c))],
  ["group count 8, 4 copies", (k, c) => k.groupCount(at(gids, 4, c), chunkRows, 0, 4, false, states)],
  [
    "group full doubles 8, 1 copy",
    (k, c) => k.groupFullDoubles(at(doubles, 8, c), at(gids, 4, c), chunkRows, 0, false, 1, false, states),
  ],
  [
    "group full doubles 8, 4 copies",
    (k, c) => k.groupFullDoubles(at(doubles, 8, c), at(gids, 4, c), chunkRows, 0, false, 4, false, states),
  ],
  [
    "group full u32 8, 4 copies",
    (k, c) => k.groupFullInts(4, at(q, 4, c), 0n, at(gids, 4, c), chunkRows, 0, 4, false, states),
  ],
  ["gid u16 first", (k, c) => k.gidIds(2, at(k16, 2, c), chunkRows, 1001, true, 4, at(gids, 4, c))],
  [
    "group full doubles 1000",
    (k, c) => k.groupFullDoubles(at(doubles, 8, c), at(gids, 4, c), chunkRows, 0, false, 1, false, states),
  ],
  [
    "group full doubles 1000, 50 %",
    (k, c) =>
      k.groupFullDoubles(at(doubles, 8, c), at(gids, 4, c), chunkRows, bits50, false, 1, false, states),
  ],
  [
    "group full u32 1000",
    (k, c) => k.groupFullInts(4, at(q, 4, c), 0n, at(gids, 4, c), chunkRows, 0, 1, false, states),
  ],
  [
    "group full int64 1000, 95 %",
    (k, c) => k.groupFullInts(8, at(longs, 8, c), 0n, at(gids, 4, c), chunkRows, bits95, 1, false, states),
  ],
  [
    "group sum u32 1M",
    (k, c) => k.groupSumInts(4, at(q, 4, c), 0n, at(k32, 4, c), chunkRows, 0, 1, false, states),
  ],
  [
    "group sum u32 1M, 95 %",
    (k, c) => k.groupSumInts(4, at(q, 4, c), 0n, at(k32, 4, c), chunkRows, bits95, 1, false, states),
  ],
  [
    "group full doubles 1000, 95 %",
    (k, c) =>
      k.groupFullDoubles(at(doubles, 8, c), at(gids, 4, c), chunkRows, bits95, false, 1, false, states),
  ],
  ["group count 1000, 95 %", (k, c) => k.groupCount(at(gids, 4, c), chunkRows, bits95, 1, false, states)],
  ["distinct 1M", (k, c) => k.distinctIds(4, at(k32, 4, c), chunkRows, 0, seen)],
  ["HLL int64", (k, c) => k.hllInts(8, at(longs, 8, c), 0n, 0, chunkRows, 0, 12, states)],
  [
    "top 10 doubles",
    (k, c) => k.topDoubles(at(doubles, 8, c), chunkRows, 0, true, 10, 10, 0, positions, seen),
  ],
  ["unpack 11 bits to u16", (k) => k.unpackBits(packed, 11, chunkRows, 2, scratch)],
  ["unpack 20 bits to u32", (k) => k.unpackBits(packed, 20, chunkRows, 4, scratch)],
  ["decode ALP u32", (k, c) => k.decodeAlp(4, at(q, 4, c), 0n, chunkRows, 100, scratch)],
  ["widen u32 to double", (k, c) => k.widenDoubles(4, at(q, 4, c), 0n, chunkRows, scratch)],
  [
    "hash int64 keys (≤ 1M)",
    (k, c) => k.hashIntern(table, at(longs, 8, c & 15), 0, chunkRows, 0, at(gids, 4, c)),
  ],
];

function measure(run: (kernels: Kernels, chunk: number) => void, kernels: Kernels, count: number): number {
  const startedMs = performance.now();
  for (let chunk = 0; chunk < count; chunk++) run(kernels, chunk);
  return ((performance.now() - startedMs) * 1e6) / (count * chunkRows);
}

views.u8.fill(0, states, states + (64 << 20));
compiled.hashClear(table, 1 << 22);
console.log(`${"kernel".padEnd(38)}${"compiled".padStart(10)}${"twin".padStart(10)}   ns/row`);
for (const [name, run] of cases) {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) times.push(measure(run, compiled, chunks));
  if (name.startsWith("hash")) compiled.hashClear(table, 1 << 22);
  const plain = [measure(run, twins, 1), measure(run, twins, 1), measure(run, twins, 1)];
  console.log(
    `${name.padEnd(38)}${Math.min(...times)
      .toFixed(2)
      .padStart(10)}${Math.min(...plain)
      .toFixed(1)
      .padStart(10)}`,
  );
}
