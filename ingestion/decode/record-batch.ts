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
 * Record => length:varint attributes:i8 timestampDelta:varlong offsetDelta:varint
 *           keyLength:varint key valueLength:varint value headers
 */
import { crc32c } from "@node-rs/crc32";
import { decompress } from "#ingestion/decode/decompress";
import { StoreError } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import type { RawBatch } from "#schemas/source";

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

const corrupt = (message: string, offset: bigint): StoreError =>
  new StoreError("STREAM_CORRUPT", `record batch at offset ${offset}: ${message}`);

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
export function checkBatchCrc(batch: Uint8Array, baseOffset: bigint): void {
  const carried = viewOf(batch).getUint32(crcAt);
  const found = crc32c(batch.subarray(attributesAt));
  if (carried !== found) throw corrupt(`its CRC is ${carried} but its bytes give ${found}`, baseOffset);
}

/** The control record of a transaction's end: true for an abort marker. */
export function isAbortMarker(batch: Uint8Array): boolean {
  const reader = new RecordReader(batch, batchHeaderBytes);
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

/** Walks records; bounds are checked against the buffer at every length. */
class RecordReader {
  readonly #bytes: Uint8Array;
  #at: number;
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  offsetDelta = 0;
  timestampDelta = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** A zigzag varint of up to 64 bits as a number: exact to 2⁵³, which lengths and deltas stay below. */
  #varint(): number {
    const bytes = this.#bytes;
    let low = bytes[this.#at++] as number;
    if (low < 0x80) return (low >>> 1) ^ -(low & 1);
    low &= 0x7f;
    let scale = 128;
    let value = low;
    for (let count = 1; count < 10; count++) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw new RangeError("a varint runs past the end");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError("a varint is longer than ten bytes");
  }

  #span(length: number): number {
    const start = this.#at;
    if (length > 0) this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("a length runs past the end");
    return start;
  }

  /** Moves to the next record and leaves its parts in the fields. */
  record(): void {
    const length = this.#varint();
    const start = this.#at;
    if (length < 0 || start + length > this.#bytes.length)
      throw new RangeError(`a record of ${length} bytes cannot be`);
    this.#at++; // attributes: none are defined
    this.timestampDelta = this.#varint();
    this.offsetDelta = this.#varint();
    this.keyLength = this.#varint();
    this.keyStart = this.#span(this.keyLength);
    this.valueLength = this.#varint();
    this.valueStart = this.#span(this.valueLength);
    this.#at = start + length; // headers are not read
  }
}

/** Records with an upper bound that a lying header cannot pass: a record takes at least seven bytes. */
function checkCount(header: BatchHeader, recordBytes: number): void {
  if (header.count < 0 || header.count > recordBytes / 7) {
    throw corrupt(`a count of ${header.count} in ${recordBytes} bytes cannot be`, header.baseOffset);
  }
}

function noRecords(batch: RawBatch): RecordSlices {
  const none = new Int32Array(0);
  return {
    bytes: batch.bytes,
    count: 0,
    starts: none,
    lengths: none,
    offsets: new BigInt64Array(0),
    newestMs: null,
  };
}

/**
 * The values of one batch as slices of one buffer (the batch itself, or its decompressed records of at most
 * `bytesMax`). Control batches have none. Throws STREAM_CORRUPT naming the offset.
 */
export function sliceKafkaBatch(batch: RawBatch, bytesMax: number): RecordSlices {
  const header = readBatchHeader(batch.bytes, 0);
  if (header === null) throw corrupt(`only ${batch.bytes.length} of its bytes are there`, batch.baseOffset);
  checkBatchCrc(batch.bytes.subarray(0, header.bytes), header.baseOffset);
  if (header.control || header.count === 0) return noRecords(batch);
  const packed = batch.bytes.subarray(batchHeaderBytes, header.bytes);
  try {
    const plain = header.codec === 0;
    const bytes = plain ? batch.bytes.subarray(0, header.bytes) : decompress(header.codec, packed, bytesMax);
    checkCount(header, plain ? packed.length : bytes.length);
    return readRecords(bytes, plain ? batchHeaderBytes : 0, header);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw corrupt(String((error as Error).message), header.baseOffset);
  }
}

function readRecords(bytes: Uint8Array, start: number, header: BatchHeader): RecordSlices {
  const { count, baseOffset } = header;
  const starts = new Int32Array(count);
  const lengths = new Int32Array(count);
  const offsets = new BigInt64Array(count);
  const reader = new RecordReader(bytes, start);
  const offsetsMax = Number(header.endOffset - baseOffset);
  for (let row = 0; row < count; row++) {
    reader.record();
    starts[row] = reader.valueStart;
    lengths[row] = reader.valueLength;
    if (reader.offsetDelta < 0 || reader.offsetDelta >= offsetsMax)
      throw new RangeError("an offset lies outside its batch");
    offsets[row] = baseOffset + BigInt(reader.offsetDelta);
  }
  return {
    bytes,
    count,
    starts,
    lengths,
    offsets,
    newestMs: header.maxTimestampMs >= 0 ? header.maxTimestampMs : null,
  };
}
