/**
 * Which rows have a value.
 *
 * Validity => kind:u8 body       kind 0: all rows, 1: none, 2: bits u8[ceil(rows / 8)], 1 = value present,
 * zeros after
 */
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";

const kinds = { all: 0, none: 1, bits: 2 } as const;

/** Writes one byte a row (nonzero: NULL) as bits; null when no row is NULL. */
export function writeValidity(to: ByteWriter, nulls: Uint8Array | null, rows: number): void {
  if (nulls === null) {
    to.u8(kinds.all);
    return;
  }
  let count = 0;
  for (let row = 0; row < rows; row++) count += +(nulls[row] !== 0);
  if (count === 0 || count === rows) {
    to.u8(count === 0 ? kinds.all : kinds.none);
    return;
  }
  to.u8(kinds.bits);
  const bits = to.take(Math.ceil(rows / 8));
  for (let row = 0; row < rows; row++) if (nulls[row] === 0) bits[row >> 3] |= 1 << (row & 7);
}

/** Bytes that `decodeValidity` fills. */
export const validityBytes = (rows: number): number => Math.ceil(rows / 64) * 8;

/** Fills the bitmap at `pointer` of `target`; returns the number of NULL rows. */
export function decodeValidity(from: ByteReader, rows: number, target: Uint8Array, pointer: number): number {
  const kind = from.u8AtMost(kinds.bits, "kind of validity");
  target.fill(0, pointer, pointer + validityBytes(rows));
  if (kind === kinds.none) return rows;
  if (kind === kinds.all) {
    setRange(target, pointer, rows);
    return 0;
  }
  const bytes = Math.ceil(rows / 8);
  const start = from.skip(bytes);
  let present = 0;
  for (let at = 0; at < bytes; at++) {
    const byte = from.source[start + at];
    target[pointer + at] = byte;
    present += population[byte];
  }
  const tail = rows & 7;
  from.check(
    tail === 0 || from.source[start + bytes - 1] >> tail === 0,
    "zero bits after the last row",
    "others",
  );
  return rows - present;
}

function setRange(target: Uint8Array, pointer: number, rows: number): void {
  target.fill(255, pointer, pointer + (rows >> 3));
  if ((rows & 7) !== 0) target[pointer + (rows >> 3)] = (1 << (rows & 7)) - 1;
}

const population = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) bits++;
  return bits;
});
