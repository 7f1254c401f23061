/**
 * Raw text of one chunk: lengths, then all bytes. The block around it is compressed.
 *
 * Texts => textBytes:u32 Unsigned(lengths) u8[textBytes]         NULL rows have length 0
 */
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";
import { readUnsigned, writeUnsigned } from "#server/encode/unsigned";

/** Writes rows 0 … rows − 1, row r at starts[r] … starts[r] + lengths[r] of `sources[r's input]`. */
export function writeTexts(
  to: ByteWriter,
  lengths: Uint32Array,
  rows: number,
  copyTo: (target: Uint8Array) => void,
): void {
  let textBytes = 0;
  for (let row = 0; row < rows; row++) textBytes += lengths[row];
  to.u32(textBytes);
  writeUnsigned(to, lengths, rows);
  copyTo(to.take(textBytes));
}

/** Reads how many bytes of text follow. */
export const readTextsHead = (from: ByteReader): number => from.u32AtMost(from.left(), "bytes of text");

/** Decodes to u32[rows + 1] at `offsets` and the bytes at `pointer`. */
export function decodeTexts(
  from: ByteReader,
  rows: number,
  textBytes: number,
  target: {
    readonly u8: Uint8Array;
    readonly u32: Uint32Array;
    readonly offsets: number;
    readonly pointer: number;
  },
): void {
  const lengths = readUnsigned(from, rows);
  const offsets = target.offsets >> 2;
  let end = 0;
  target.u32[offsets] = 0;
  for (let row = 0; row < rows; row++) {
    end += lengths[row];
    from.check(end <= textBytes, `${textBytes} bytes of text`, end);
    target.u32[offsets + row + 1] = end;
  }
  from.check(end === textBytes, `${textBytes} bytes of text`, end);
  const start = from.skip(textBytes);
  target.u8.set(from.source.subarray(start, start + textBytes), target.pointer);
}
