/**
 * An LZ4 frame, unpacked block by block: each gives at most 4 MiB. Format: lz4_Frame_format.md.
 *
 * Frame => magic:u32 flags:u8 blockSize:u8 contentBytes?:u64 dictionary?:u32 headerCheck:u8
 *          Block* end:u32=0 contentCheck?:u32
 * Block => bytes:u32 (its top bit: not packed) data blockCheck?:u32       (little-endian)
 */
import { uncompressSync } from "lz4-napi";

const magic = 0x184d2204;
const blockBytesBySize = [0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/** How far back a block that is not independent may reach into those before it. */
const historyBytes = 64 << 10;

interface Lz4Block {
  readonly bytes: Uint8Array;
  readonly isPacked: boolean;
}

export interface Lz4Frame {
  readonly blocks: readonly Lz4Block[];
  /** The most that one block unpacks to. */
  readonly blockBytes: number;
  readonly isLinked: boolean;
}

/** Finds the blocks; nothing is unpacked. Throws RangeError. */
export function readLz4Frame(packed: Uint8Array): Lz4Frame {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 7 || view.getUint32(0, true) !== magic)
    throw new RangeError("an LZ4 frame has another magic");
  const flags = packed[4] as number;
  const blockBytes = blockBytesBySize[((packed[5] as number) >> 4) & 7] as number;
  if (blockBytes === 0) throw new RangeError("an LZ4 frame has an unknown block size");
  const checkBytes = (flags & 16) === 0 ? 0 : 4;
  const blocks: Lz4Block[] = [];
  for (let at = 7 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4); at + 4 <= packed.length; ) {
    const word = view.getUint32(at, true);
    if (word === 0) break;
    const length = word & 0x7fffffff;
    if (at + 4 + length > packed.length) throw new RangeError("an LZ4 block runs past the end");
    blocks.push({ bytes: packed.subarray(at + 4, at + 4 + length), isPacked: word >>> 31 === 0 });
    at += 4 + length + checkBytes;
  }
  return { blocks, blockBytes, isLinked: (flags & 32) === 0 };
}

/** The most that a frame unpacks to. */
export const lz4BytesMost = ({ blocks, blockBytes }: Lz4Frame): number => blocks.length * blockBytes;

/** The frame's bytes in order, a block a piece. */
export function* unlz4Pieces({ blocks, blockBytes, isLinked }: Lz4Frame): Generator<Uint8Array> {
  let history: Uint8Array = new Uint8Array(0);
  for (const block of blocks) {
    const piece = block.isPacked ? unpackBlock(block.bytes, blockBytes, history) : block.bytes;
    if (isLinked) history = Buffer.concat([history, piece]).subarray(-historyBytes);
    yield piece;
  }
}

/** The library wants the length before the block; a bound does, as it cuts what it did not need. */
function unpackBlock(block: Uint8Array, blockBytes: number, history: Uint8Array): Uint8Array {
  const led = Buffer.alloc(4 + block.length);
  led.writeUInt32LE(blockBytes, 0);
  led.set(block, 4);
  return history.length === 0 ? uncompressSync(led) : uncompressSync(led, history);
}
