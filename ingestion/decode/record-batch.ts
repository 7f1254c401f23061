/**
 * Kafka's record batches, magic 2, as brokers store and send them.
 * Source: kafka.apache.org, "Record Batch"; every number big-endian, varints zigzag.
 *
 * RecordSet  => RecordBatch*            (the last one may be cut off by the fetch's byte bound)
 * RecordBatch => baseOffset:i64 batchLength:i32 partitionLeaderEpoch:i32 magic:i8 crc:u32
 *                attributes:i16 lastOffsetDelta:i32 baseTimestamp:i64 maxTimestamp:i64
 *                producerId:i64 producerEpoch:i16 baseSequence:i32 count:i32 records
 *   batchLength counts the bytes after itself; crc is CRC-32C over attributes and all that follows.
 *   attributes: bits 0–2 codec, 3 log-append time, 4 transactional, 5 control.
 */
import { crc32c } from "@node-rs/crc32";
import { decompress, decompressPieces } from "#ingestion/decode/decompress";
import { RecordGroup, RecordReader, recordGroups } from "#ingestion/decode/record-groups";
import { messageOf, StoreError } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import { BatchCorrupt, type RawBatch } from "#schemas/source";

const batchHeaderBytes = 61;
const lengthEnd = 12;
const crcAt = 17;
const attributesAt = 21;
const supportedMagic = 2;
const codecMask = 7;
const transactionalBit = 16;
const controlBit = 32;

export interface BatchHeader {
  readonly baseOffset: bigint;
  readonly endOffset: bigint;
  /** Of the whole batch, header included. */
  readonly bytes: number;
  readonly codec: number;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly count: number;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const corrupt = (message: string, offset: bigint, endOffset = offset + 1n): StoreError =>
  new BatchCorrupt(`record batch at offset ${offset}: ${message}`, endOffset);

/** The header at `start`; null when fewer bytes than the whole batch are there. */
export function readBatchHeader(bytes: Uint8Array, start: number): BatchHeader | null {
  if (bytes.length - start < batchHeaderBytes) return null;
  const view = viewOf(bytes);
  const baseOffset = view.getBigInt64(start);
  const length = view.getInt32(start + 8);
  const magic = view.getInt8(start + 16);
  if (magic !== supportedMagic)
    throw corrupt(`expected magic ${supportedMagic} but found ${magic}`, baseOffset);
  if (length < batchHeaderBytes - lengthEnd)
    throw corrupt(`a length of ${length} bytes cannot be`, baseOffset);
  if (start + lengthEnd + length > bytes.length) return null;
  const attributes = view.getInt16(start + attributesAt);
  return {
    baseOffset,
    endOffset: baseOffset + BigInt(view.getInt32(start + 23)) + 1n,
    bytes: lengthEnd + length,
    codec: attributes & codecMask,
    transactional: (attributes & transactionalBit) !== 0,
    control: (attributes & controlBit) !== 0,
    maxTimestampMs: Number(view.getBigInt64(start + 35)),
    producerId: view.getBigInt64(start + 43),
    count: view.getInt32(start + 57),
  };
}

/** Compares the CRC a batch carries with its bytes; throws STREAM_CORRUPT. */
export function checkBatchCrc(
  batch: Uint8Array,
  { baseOffset, endOffset }: Pick<BatchHeader, "baseOffset" | "endOffset">,
): void {
  const carried = viewOf(batch).getUint32(crcAt);
  const found = crc32c(batch.subarray(attributesAt));
  if (carried !== found)
    throw corrupt(`its CRC is ${carried} but its bytes give ${found}`, baseOffset, endOffset);
}

/** The control record of a transaction's end: true for an abort marker. */
export function isAbortMarker(batch: Uint8Array): boolean {
  const reader = new RecordReader(batch);
  reader.at = batchHeaderBytes;
  reader.record();
  return reader.keyLength >= 4 && viewOf(batch).getInt16(reader.keyStart + 2) === 0;
}

/**
 * The same offsets without records: what a consumer keeps of an aborted transaction's batch, so that the log stays
 * without holes and a replay sees what the first reading saw.
 */
export function emptiedBatch(batch: Uint8Array): Uint8Array {
  const empty = batch.slice(0, batchHeaderBytes);
  const view = viewOf(empty);
  view.setInt32(8, batchHeaderBytes - lengthEnd);
  view.setInt16(attributesAt, view.getInt16(attributesAt) & ~codecMask);
  view.setInt32(57, 0);
  view.setUint32(crcAt, crc32c(empty.subarray(attributesAt)));
  return empty;
}

/** Records with an upper bound that a lying header cannot pass: a record takes at least seven bytes. */
function checkCount(header: BatchHeader, recordBytes: number): void {
  if (header.count < 0 || header.count > recordBytes / 7) {
    throw new RangeError(`a count of ${header.count} in ${recordBytes} bytes cannot be`);
  }
}

const noRecords = (bytes: Uint8Array): RecordSlices => ({
  bytes,
  count: 0,
  starts: new Int32Array(0),
  lengths: new Int32Array(0),
  offsets: new BigInt64Array(0),
  newestMs: null,
});

/** How much of a batch may be in memory unpacked. */
export interface UnpackLimits {
  /** Of all its records at once; what has more comes in groups of about this size. */
  readonly unpackedBytes: number;
  /** Of one record; a larger one comes alone, with its true length and only its first bytes. */
  readonly recordBytes: number;
}

/**
 * The values of one batch in order, as slices of one buffer (the batch itself, or what was unpacked of it). Mostly one
 * group; a batch that unpacks to more comes in several, each valid until the next is asked for. Control batches have no
 * records. Offsets are those of `batch`, which may be moved against the ones in its bytes. Throws STREAM_CORRUPT naming
 * the offset.
 */
export async function* readKafkaBatch(batch: RawBatch, limits: UnpackLimits): AsyncGenerator<RecordSlices> {
  const found = readBatchHeader(batch.bytes, 0);
  if (found === null) throw corrupt(`only ${batch.bytes.length} of its bytes are there`, batch.baseOffset);
  const header = { ...found, baseOffset: batch.baseOffset, endOffset: batch.endOffset };
  checkBatchCrc(batch.bytes.subarray(0, header.bytes), header);
  if (header.control || header.count === 0) return yield noRecords(batch.bytes);
  const packed = batch.bytes.subarray(batchHeaderBytes, header.bytes);
  try {
    const whole = header.codec === 0 ? packed : decompress(header.codec, packed, limits.unpackedBytes);
    if (whole === null) yield* recordGroups(decompressPieces(header.codec, packed), header, limits);
    else yield readRecords(whole, header, limits.recordBytes);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw corrupt(messageOf(error), header.baseOffset, header.endOffset);
  }
}

function readRecords(bytes: Uint8Array, header: BatchHeader, recordBytesMax: number): RecordSlices {
  checkCount(header, bytes.length);
  const group = new RecordGroup(header, header.count);
  const reader = new RecordReader(bytes);
  for (let row = 0; row < header.count; row++) {
    const length = reader.record();
    // Too large by its key or headers: its length says so, as it would in a batch that is read in groups.
    if (length > recordBytesMax) reader.valueLength = length;
    group.add(reader);
  }
  return group.slices(bytes);
}

/** CRC-32C of the value of the record at `offset`, to notice another stream; null when the batch does not hold it. */
export async function recordCrcIn(
  batch: RawBatch,
  offset: bigint,
  limits: UnpackLimits,
): Promise<number | null> {
  for await (const { bytes, starts, lengths, offsets } of readKafkaBatch(batch, limits)) {
    const row = offsets.indexOf(offset);
    if (row < 0) continue;
    const start = starts[row] as number;
    return crc32c(bytes.subarray(start, start + Math.max(0, lengths[row] as number)));
  }
  return null;
}
