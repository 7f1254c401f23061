/**
 * One block of a file, compressed where that pays: text does, packed integers hardly.
 *
 * Compressed => method:u8 (0 stored, 1 zstd) pad:u8[3] plainBytes:u32 body
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { messageOf } from "#schemas/errors";
import type { ByteReader } from "#server/encode/byte-reader";

const compressedHeadBytes = 8;
const zstdLevel = 3;
/** Blocks larger than this are compressed only when a piece of this size is worth it. */
const sampleBytes = 16_384;

/** How much smaller compressing has to make a block, as plain / compressed. */
export type Gain = number;

const compressed = (plain: Uint8Array): Uint8Array =>
  zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } });

/** The block with its head; compressed when that makes it `gain` times smaller. */
export function compressBlock(plain: Uint8Array, gain: Gain): readonly Uint8Array[] {
  const head = new Uint8Array(compressedHeadBytes);
  new DataView(head.buffer).setUint32(4, plain.length, true);
  if (plain.length >= 64 && samplePays(plain, gain)) {
    const body = compressed(plain);
    if (body.length * gain <= plain.length) {
      head[0] = 1;
      return [head, body];
    }
  }
  return [head, plain];
}

/** Packed integers are mostly noise: a piece from the middle tells, at a fraction of the cost. */
function samplePays(plain: Uint8Array, gain: Gain): boolean {
  if (plain.length <= sampleBytes * 2) return true;
  const start = (plain.length - sampleBytes) >> 1;
  return compressed(plain.subarray(start, start + sampleBytes)).length * Math.sqrt(gain) <= sampleBytes;
}

export interface CompressedHead {
  readonly compressed: boolean;
  readonly plainBytes: number;
}

/** Reads the head; `plainBytesMax` bounds what will be allocated. */
export function readCompressedHead(from: ByteReader, plainBytesMax: number): CompressedHead {
  const method = from.u8AtMost(1, "compression method");
  from.skip(3);
  const plainBytes = from.u32AtMost(plainBytesMax, "bytes of a block");
  if (method === 0) from.check(plainBytes === from.left(), `${plainBytes} bytes`, from.left());
  return { compressed: method === 1, plainBytes };
}

/** Decompresses what follows the head. */
export function decompress(from: ByteReader, plainBytes: number): Uint8Array {
  let plain: Uint8Array;
  try {
    plain = zstdDecompressSync(from.raw(from.left()), { maxOutputLength: Math.max(1, plainBytes) });
  } catch (error) {
    return from.fail("a zstd frame", messageOf(error));
  }
  from.check(plain.length === plainBytes, `${plainBytes} bytes`, plain.length);
  return plain;
}
