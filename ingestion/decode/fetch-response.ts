/**
 * Kafka's Fetch response, version 10, for one partition: raw batches out, nothing decoded.
 *
 * Response => throttleMs:i32 errorCode:i16 sessionId:i32 topics:array(topic:string partitions:array(Partition))
 * Partition => partition:i32 errorCode:i16 highWatermark:i64 lastStableOffset:i64 logStartOffset:i64
 *              aborted:array(producerId:i64 firstOffset:i64) recordBytes:i32 RecordSet
 */
import {
  type BatchHeader,
  checkBatchCrc,
  emptiedBatch,
  isAbortMarker,
  readBatchHeader,
} from "#ingestion/decode/record-batch";
import { StoreError } from "#schemas/errors";
import { BatchCorrupt, type RawBatch } from "#schemas/source";

export interface FetchedPartition {
  readonly errorCode: number;
  /** End of what a reader of committed records may see. */
  readonly endOffset: bigint;
  readonly startOffset: bigint;
  readonly batches: readonly RawBatch[];
  readonly newestMs: number | null;
}

interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** A reader of big-endian fields; past the end is STREAM_CORRUPT. */
class FieldReader {
  readonly #view: DataView;
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count < 0 || at + count > this.bytes.length) {
      throw new StoreError(
        "STREAM_CORRUPT",
        `a fetch response ends at byte ${this.bytes.length}, inside a field at ${at}`,
      );
    }
    this.#at += count;
    return at;
  }

  i16 = () => this.#view.getInt16(this.#take(2));
  i32 = () => this.#view.getInt32(this.#take(4));
  i64 = () => this.#view.getBigInt64(this.#take(8));

  skipString(): void {
    this.#take(Math.max(0, this.i16()));
  }

  /** The next `count` bytes, not copied. */
  span(count: number): Uint8Array {
    const at = this.#take(count);
    return this.bytes.subarray(at, at + count);
  }
}

function readAborted(reader: FieldReader): Aborted[] {
  const count = Math.max(0, reader.i32());
  const aborted: Aborted[] = [];
  for (let index = 0; index < count; index++)
    aborted.push({ producerId: reader.i64(), firstOffset: reader.i64() });
  return aborted;
}

/**
 * Cuts a record set into whole batches from `offset` on, CRCs checked. Batches of aborted transactions keep their
 * offsets and lose their records.
 */
function cutBatches(
  records: Uint8Array,
  offset: bigint,
  aborted: readonly Aborted[],
): { batches: RawBatch[]; newestMs: number | null } {
  const batches: RawBatch[] = [];
  const open = [...aborted].sort((left, right) => (left.firstOffset < right.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  let newestMs: number | null = null;
  for (let at = 0; ; ) {
    const header = soundHeader(records, at, batches.length > 0);
    if (header === null) return { batches, newestMs };
    const bytes = records.subarray(at, at + header.bytes);
    at += header.bytes;
    while (open.length > 0 && (open[0] as Aborted).firstOffset <= header.baseOffset)
      aborting.add((open.shift() as Aborted).producerId);
    if (header.control && isAbortMarker(bytes)) aborting.delete(header.producerId);
    if (header.endOffset <= offset) continue;
    const dropped = header.transactional && !header.control && aborting.has(header.producerId);
    const kept = dropped ? emptiedBatch(bytes) : bytes;
    batches.push({ kind: "kafka", baseOffset: header.baseOffset, endOffset: header.endOffset, bytes: kept });
    if (!dropped && header.maxTimestampMs >= 0) newestMs = Math.max(newestMs ?? 0, header.maxTimestampMs);
  }
}

/** The next whole batch. A damaged one behind sound ones is met by the fetch that begins with it. */
function soundHeader(records: Uint8Array, at: number, isBehindSound: boolean): BatchHeader | null {
  try {
    const header = readBatchHeader(records, at);
    if (header !== null) checkBatchCrc(records.subarray(at, at + header.bytes), header);
    return header;
  } catch (error) {
    if (isBehindSound && error instanceof BatchCorrupt) return null;
    throw error;
  }
}

/** Reads the answer to a request for one partition at `offset`. */
export function readFetchResponse(response: Uint8Array, offset: bigint): FetchedPartition {
  const reader = new FieldReader(response);
  reader.i32();
  const errorCode = reader.i16();
  reader.i32();
  const topics = reader.i32();
  if (errorCode !== 0 || topics !== 1)
    return { errorCode, endOffset: offset, startOffset: offset, batches: [], newestMs: null };
  reader.skipString();
  reader.i32();
  reader.i32();
  const partitionError = reader.i16();
  reader.i64();
  const endOffset = reader.i64();
  const startOffset = reader.i64();
  const aborted = readAborted(reader);
  const recordBytes = reader.i32();
  const records = recordBytes > 0 ? reader.span(recordBytes) : new Uint8Array(0);
  if (partitionError !== 0)
    return { errorCode: partitionError, endOffset, startOffset, batches: [], newestMs: null };
  return { errorCode: 0, endOffset, startOffset, ...cutBatches(records, offset, aborted) };
}
