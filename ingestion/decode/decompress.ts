/**
 * Kafka's four codecs, in two ways: at once for what is small, which nearly everything is, and piece by piece for
 * batches that unpack to more than should be in memory. How much that is, a batch does not say before.
 */
import { constants, createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from "node:zlib";
import { decompressFrameSync } from "lz4-napi";
import snappy from "snappyjs";
import { lz4BytesMost, readLz4Frame, unlz4Pieces } from "#ingestion/decode/lz4";
import { snappyLength, unsnapPieces } from "#ingestion/decode/snappy";
import { ingestionBounds } from "#schemas/limits";
import { breathe } from "#schemas/turns";

const gzip = 1;
const snappyCodec = 2;
const lz4 = 3;
const zstd = 4;

/** xerial's framing around snappy blocks, which Java producers write: magic, two versions, then length-led blocks. */
const xerialMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const xerialHeaderBytes = 16;

const pieceBytes = ingestionBounds.unpackPieceBytes;
const turnBytes = ingestionBounds.unpackTurnBytes;
/** The largest window that a zstd frame may ask for: 128 MiB, which is what zstd itself takes without being told. */
const zstdWindowLog = 27;

const unknownCodec = (codec: number) =>
  new RangeError(`codec ${codec} is not one of gzip, snappy, lz4, zstd`);

/** The snappy blocks in order. */
function snappyBlocks(packed: Uint8Array): Uint8Array[] {
  if (!xerialMagic.every((byte, index) => packed[index] === byte)) return [packed];
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const blocks: Uint8Array[] = [];
  for (let at = xerialHeaderBytes; at < packed.length; ) {
    const length = view.getUint32(at);
    if (at + 4 + length > packed.length) throw new RangeError("a snappy block runs past the end");
    blocks.push(packed.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

function unsnap(packed: Uint8Array, bytesMax: number): Uint8Array | null {
  const blocks = snappyBlocks(packed);
  const total = blocks.reduce((sum, block) => sum + snappyLength(block).length, 0);
  if (total > bytesMax) return null;
  const [first] = blocks;
  if (blocks.length === 1 && first !== undefined) return snappy.uncompress(first);
  return Buffer.concat(blocks.map((block) => snappy.uncompress(block)));
}

function unlz4(packed: Uint8Array, bytesMax: number): Uint8Array | null {
  // Blocks are full but the last one.
  return lz4BytesMost(readLz4Frame(packed)) > bytesMax ? null : decompressFrameSync(packed as Buffer);
}

/** null instead of zlib's own complaint about more than `maxOutputLength`. */
function bounded(run: () => Uint8Array): Uint8Array | null {
  try {
    return run();
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
}

/**
 * A batch's records, unpacked; null when they are, or may be, more than `bytesMax`. `codec` is Kafka's number. Throws
 * RangeError, or zlib's errors, on damaged input.
 */
export function decompress(codec: number, packed: Uint8Array, bytesMax: number): Uint8Array | null {
  switch (codec) {
    case gzip:
      return bounded(() => gunzipSync(packed, { maxOutputLength: bytesMax }));
    case snappyCodec:
      return unsnap(packed, bytesMax);
    case lz4:
      return unlz4(packed, bytesMax);
    case zstd:
      return bounded(() => zstdDecompressSync(packed, { maxOutputLength: bytesMax }));
    default:
      throw unknownCodec(codec);
  }
}

/** The same in pieces; each is valid until the next is asked for. Ending early costs what was unpacked so far. */
export function decompressPieces(codec: number, packed: Uint8Array): AsyncIterable<Uint8Array> {
  switch (codec) {
    case gzip:
      return fed(createGunzip({ chunkSize: pieceBytes }), packed);
    case snappyCodec:
      return inTurns(snappyPieces(packed));
    case lz4:
      return inTurns(unlz4Pieces(readLz4Frame(packed)));
    case zstd: {
      const params = { [constants.ZSTD_d_windowLogMax]: zstdWindowLog };
      return fed(createZstdDecompress({ chunkSize: pieceBytes, params }), packed);
    }
    default:
      throw unknownCodec(codec);
  }
}

function fed(stream: ReturnType<typeof createGunzip>, packed: Uint8Array): AsyncIterable<Uint8Array> {
  stream.end(packed);
  return stream;
}

function* snappyPieces(packed: Uint8Array): Generator<Uint8Array> {
  for (const block of snappyBlocks(packed)) {
    if (snappyLength(block).length > turnBytes) yield* unsnapPieces(block);
    else yield snappy.uncompress(block);
  }
}

async function* inTurns(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for (const piece of pieces) {
    yield piece;
    bytes += piece.length;
    if (bytes < turnBytes) continue;
    bytes = 0;
    await breathe();
  }
}
