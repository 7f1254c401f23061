/** Kafka's four codecs. What a batch may unpack to is bounded, so a small batch cannot fill memory. */
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { decompressFrameSync } from "lz4-napi";
import snappy from "snappyjs";

const gzip = 1;
const snappyCodec = 2;
const lz4 = 3;
const zstd = 4;

/** xerial's framing around snappy blocks, which Java producers write: magic, two versions, then length-led blocks. */
const xerialMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const xerialHeaderBytes = 16;

const tooLarge = (bytesMax: number) => new RangeError(`it unpacks to more than ${bytesMax} bytes`);

/** The length that a raw snappy block says it unpacks to. */
function snappyLength(block: Uint8Array): number {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length;
  }
  throw new RangeError("a snappy block has no length");
}

function unsnap(block: Uint8Array, bytesMax: number): Uint8Array {
  if (snappyLength(block) > bytesMax) throw tooLarge(bytesMax);
  return snappy.uncompress(block, bytesMax);
}

function unsnapFramed(packed: Uint8Array, bytesMax: number): Uint8Array {
  if (!xerialMagic.every((byte, index) => packed[index] === byte)) return unsnap(packed, bytesMax);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const blocks: Uint8Array[] = [];
  let total = 0;
  for (let at = xerialHeaderBytes; at < packed.length; ) {
    const length = view.getUint32(at);
    if (at + 4 + length > packed.length) throw new RangeError("a snappy block runs past the end");
    const block = unsnap(packed.subarray(at + 4, at + 4 + length), bytesMax - total);
    blocks.push(block);
    total += block.length;
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

const lz4BlockBytes = [0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20];

/** Walks an LZ4 frame's block lengths: the most it can unpack to. Format: lz4_Frame_format.md. */
function lz4BytesMost(packed: Uint8Array): number {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 7 || view.getUint32(0, true) !== 0x184d2204)
    throw new RangeError("an LZ4 frame has another magic");
  const flags = packed[4] as number;
  const blockBytes = lz4BlockBytes[((packed[5] as number) >> 4) & 7] as number;
  let at = 7 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4);
  let most = 0;
  while (at + 4 <= packed.length) {
    const length = view.getUint32(at, true);
    if (length === 0) break;
    at += 4 + (length & 0x7fffffff) + ((flags & 16) === 0 ? 0 : 4);
    most += blockBytes;
  }
  return most;
}

function unlz4(packed: Uint8Array, bytesMax: number): Uint8Array {
  const most = lz4BytesMost(packed);
  // Full blocks but the last: what it surely unpacks to is one block less.
  if (most - (4 << 20) > bytesMax) throw tooLarge(bytesMax);
  const bytes = decompressFrameSync(packed as Buffer);
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return bytes;
}

/** A batch's records, unpacked. `codec` is Kafka's number; throws RangeError past `bytesMax` and on damaged input. */
export function decompress(codec: number, packed: Uint8Array, bytesMax: number): Uint8Array {
  switch (codec) {
    case gzip:
      return gunzipSync(packed, { maxOutputLength: bytesMax });
    case snappyCodec:
      return unsnapFramed(packed, bytesMax);
    case lz4:
      return unlz4(packed, bytesMax);
    case zstd:
      return zstdDecompressSync(packed, { maxOutputLength: bytesMax });
    default:
      throw new RangeError(`codec ${codec} is not one of gzip, snappy, lz4, zstd`);
  }
}
