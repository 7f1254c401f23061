/**
 * Doubles: decimals as scaled integers, 32-bit floats where all are, else as they are. Whatever is smallest.
 *
 * Doubles => align 8 codec:u8 body
 * body    => 0 plain: align 8 f64[rows] | 1 single: align 4 f32[rows] | 2: Alp
 * NULL rows are written as 0 (plain, single) or anything (Alp).
 */
import { type AlpKernels, decodeAlp, planAlp, writeAlp } from "#server/encode/alp";
import type { ByteReader } from "#server/encode/byte-reader";
import { ByteWriter } from "#server/encode/byte-writer";
import type { DecodeViews } from "#server/encode/integers";

const codecs = { plain: 0, single: 1, alp: 2 } as const;

/** Writes `rows` doubles; rows with a nonzero `nulls` byte are NULL. */
export function writeDoubles(
  to: ByteWriter,
  values: Float64Array,
  rows: number,
  nulls: Uint8Array | null,
): void {
  to.align(8);
  const single = areSingles(values, rows);
  const plain = rows * (single ? 4 : 8);
  const plan = planAlp(values, rows, nulls, single);
  if (plan !== null) {
    const alp = new ByteWriter(plain);
    alp.u8(codecs.alp);
    writeAlp(alp, plan, values, rows, nulls);
    if (alp.length <= plain + 8) {
      to.raw(alp.bytes());
      return;
    }
  }
  to.u8(single ? codecs.single : codecs.plain);
  to.align(single ? 4 : 8);
  const copy = single ? new Float32Array(rows) : new Float64Array(rows);
  for (let row = 0; row < rows; row++) copy[row] = nulls !== null && nulls[row] !== 0 ? 0 : values[row];
  to.raw(new Uint8Array(copy.buffer));
}

function areSingles(values: Float64Array, rows: number): boolean {
  for (let row = 0; row < rows; row++) if (!Object.is(Math.fround(values[row]), values[row])) return false;
  return true;
}

/** Decodes `rows` doubles to `pointer`; `scratch(bytes)` lends arena memory until the call ends. */
export function decodeDoubles(
  from: ByteReader,
  rows: number,
  views: DecodeViews,
  pointer: number,
  scratch: (bytes: number) => number,
  kernels: AlpKernels,
): void {
  from.align(8, 0);
  const codec = from.u8AtMost(codecs.alp, "codec of doubles");
  if (codec === codecs.alp) {
    decodeAlp(from, rows, views, pointer, scratch(Math.ceil(rows / 128) * 1024), kernels);
    return;
  }
  if (codec === codecs.plain) {
    from.align(8, 0);
    const start = from.skip(rows * 8);
    views.u8.set(from.source.subarray(start, start + rows * 8), pointer);
    return;
  }
  from.align(4, 0);
  const start = from.skip(rows * 4);
  const singles = new Float32Array(from.source.slice(start, start + rows * 4).buffer);
  views.f64.set(singles, pointer >> 3);
}
