/**
 * Reads bitmaps in Roaring's portable format where they lie, without building objects: the containers of a
 * row range go straight into a scan's bitmap. https://github.com/RoaringBitmap/RoaringFormatSpec
 *
 * Portable => cookie:u32 [containers:u32] [runFlags] (key:u16 cardinality−1:u16)[containers] [offset:u32[containers]]
 *             container[containers]
 * container => array u16[cardinality] (≤ 4096) | bits u64[1024] | runs:u16 (start:u16 length−1:u16)[runs]
 */
import type { ByteReader } from "#server/encode/byte-reader";

const cookieWithoutRuns = 12_346;
const cookieWithRuns = 12_347;
const offsetsFrom = 4;
const arrayMax = 4096;
const bitsBytes = 8192;

/** A stretch of rows and the bitmap that holds their bits from bit 0. */
export interface RowWindow {
  readonly from: number;
  readonly until: number;
  /** u32 view and the index of the bitmap's first word. */
  readonly words: Uint32Array;
  readonly at: number;
}

/** Sets one bit per row of the window. */
export function setRow({ from, until, words, at }: RowWindow, row: number): number {
  if (row < from || row >= until) return 0;
  const bit = row - from;
  words[at + (bit >>> 5)] |= 1 << (bit & 31);
  return 1;
}

/** Sets the bits of rows first … until − 1 that lie in the window; returns how many. */
export function setRows(window: RowWindow, first: number, until: number): number {
  const start = Math.max(first, window.from) - window.from;
  const end = Math.min(until, window.until) - window.from;
  if (start >= end) return 0;
  const { words, at } = window;
  const startWord = start >>> 5;
  const endWord = (end - 1) >>> 5;
  const startMask = -1 << (start & 31);
  const endMask = -1 >>> (31 - ((end - 1) & 31));
  if (startWord === endWord) words[at + startWord] |= startMask & endMask;
  else {
    words[at + startWord] |= startMask;
    words.fill(0xffff_ffff, at + startWord + 1, at + endWord);
    words[at + endWord] |= endMask;
  }
  return end - start;
}

interface Containers {
  readonly count: number;
  readonly runFlags: number;
  readonly keys: number;
  readonly first: number;
}

const u16 = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8);
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;

function containersOf(bytes: Uint8Array, start: number): Containers {
  const cookie = u32(bytes, start);
  const withRuns = (cookie & 0xffff) === cookieWithRuns;
  const count = withRuns ? (cookie >>> 16) + 1 : u32(bytes, start + 4);
  const runFlags = withRuns ? start + 4 : 0;
  const keys = withRuns ? runFlags + ((count + 7) >> 3) : start + 8;
  const offsets = withRuns && count < offsetsFrom ? 0 : count * 4;
  return { count, runFlags, keys, first: keys + count * 4 + offsets };
}

const isRun = (bytes: Uint8Array, { runFlags }: Containers, index: number): boolean =>
  runFlags !== 0 && ((bytes[runFlags + (index >> 3)] >> (index & 7)) & 1) === 1;

/** Bytes of the container at `at`. */
function containerBytes(bytes: Uint8Array, at: number, run: boolean, cardinality: number): number {
  if (run) return 2 + u16(bytes, at) * 4;
  return cardinality <= arrayMax ? cardinality * 2 : bitsBytes;
}

/** Sets the bits of the bitmap's rows within the window; returns how many. The bytes must have been checked. */
export function setRoaring(bytes: Uint8Array, start: number, window: RowWindow): number {
  const containers = containersOf(bytes, start);
  let at = containers.first;
  let population = 0;
  for (let index = 0; index < containers.count; index++) {
    const entry = containers.keys + index * 4;
    const base = u16(bytes, entry) * 65_536;
    if (base >= window.until) break;
    const cardinality = u16(bytes, entry + 2) + 1;
    const run = isRun(bytes, containers, index);
    const size = containerBytes(bytes, at, run, cardinality);
    if (base + 65_536 > window.from)
      population += setContainer(bytes, at, base, { run, cardinality }, window);
    at += size;
  }
  return population;
}

interface ContainerKind {
  readonly run: boolean;
  readonly cardinality: number;
}

function setContainer(
  bytes: Uint8Array,
  at: number,
  base: number,
  { run, cardinality }: ContainerKind,
  window: RowWindow,
): number {
  let population = 0;
  if (run) {
    const runs = u16(bytes, at);
    for (let index = 0, place = at + 2; index < runs; index++, place += 4) {
      const first = base + u16(bytes, place);
      population += setRows(window, first, first + u16(bytes, place + 2) + 1);
    }
  } else if (cardinality <= arrayMax) {
    for (let index = 0; index < cardinality; index++) {
      population += setRow(window, base + u16(bytes, at + index * 2));
    }
  } else population = setBitContainer(bytes, at, base, window);
  return population;
}

function setBitContainer(bytes: Uint8Array, at: number, base: number, window: RowWindow): number {
  const whole = base === window.from;
  let population = 0;
  for (let word = 0; word < bitsBytes / 4; word++) {
    let bits = u32(bytes, at + word * 4);
    if (bits === 0) continue;
    if (whole && base + word * 32 + 32 <= window.until) {
      window.words[window.at + word] |= bits;
      population += bitCount(bits);
      continue;
    }
    for (; bits !== 0; bits &= bits - 1)
      population += setRow(window, base + word * 32 + 31 - Math.clz32(bits & -bits));
  }
  return population;
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Checks a bitmap of `bytes` bytes: within bounds, ascending, `cardinality` rows, all below `rows`. */
export function checkRoaring(from: ByteReader, size: number, cardinality: number, rows: number): void {
  const start = from.skip(size);
  const end = start + size;
  const bytes = from.source;
  const cookie = size >= 8 ? u32(bytes, start) : 0;
  const known = cookie === cookieWithoutRuns || (cookie & 0xffff) === cookieWithRuns;
  from.check(known, "a Roaring bitmap", `cookie ${cookie}`);
  const containers = containersOf(bytes, start);
  from.check(
    containers.count <= 65_536 && containers.first <= end,
    "containers within the bitmap",
    containers.count,
  );
  let at = containers.first;
  let total = 0;
  let keyBefore = -1;
  for (let index = 0; index < containers.count; index++) {
    const entry = containers.keys + index * 4;
    const key = u16(bytes, entry);
    const declared = u16(bytes, entry + 2) + 1;
    from.check(key > keyBefore && at + 2 <= end, "ascending containers within the bitmap", key);
    const run = isRun(bytes, containers, index);
    const next = at + containerBytes(bytes, at, run, declared);
    from.check(next <= end, "a container within the bitmap", next - end);
    const { count, last } = contentOf(from, at, { run, cardinality: declared });
    from.check(count === declared && key * 65_536 + last < rows, `${declared} rows below ${rows}`, count);
    total += count;
    at = next;
    keyBefore = key;
  }
  from.check(at === end && total === cardinality, `${cardinality} rows`, total);
}

/** How many values a container has, and its last; fails when they do not ascend. */
function contentOf(
  from: ByteReader,
  at: number,
  { run, cardinality }: ContainerKind,
): { count: number; last: number } {
  const bytes = from.source;
  let count = 0;
  let last = -1;
  if (run) {
    const runs = u16(bytes, at);
    for (let index = 0, place = at + 2; index < runs; index++, place += 4) {
      const first = u16(bytes, place);
      const length = u16(bytes, place + 2) + 1;
      from.check(first > last && first + length <= 65_536, "ascending runs", first);
      last = first + length - 1;
      count += length;
    }
  } else if (cardinality <= arrayMax) {
    for (let index = 0; index < cardinality; index++) {
      const value = u16(bytes, at + index * 2);
      from.check(value > last, "ascending rows", value);
      last = value;
    }
    count = cardinality;
  } else {
    for (let word = 0; word < bitsBytes / 4; word++) {
      const bits = u32(bytes, at + word * 4);
      count += bitCount(bits);
      if (bits !== 0) last = word * 32 + 31 - Math.clz32(bits);
    }
  }
  return { count, last };
}
