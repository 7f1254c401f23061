/**
 * The seam between ingestion's host (one thread's consumers) and the server that owns the tables.
 * Everything that crosses is plain data (structured-cloneable), so a host runs in a worker or, in the
 * simulation, inline. `ingestion/host.ts` implements `IngestHost`; the composition root gives it an
 * `IngestEnvironment`.
 */
import type { PushOptions } from "#schemas/admin";
import type { ConsumeFrom, DeadLetters, IngestAnswer, PartitionStatus } from "#schemas/api/tables";
import type { Limits } from "#schemas/limits";
import type { Gap, Reservation, SourcePlace } from "#schemas/segment";
import type { RawBatch, Source } from "#schemas/source";
import type { RowSink } from "#schemas/stage";
import type { Table } from "#schemas/table";
import type { World } from "#schemas/world";

/**
 * Where a partition's sealed rows end, as the catalog has it. Partitions that the catalog does not know are
 * left out.
 */
export interface CommittedPartition {
  readonly partition: number;
  readonly nextOffset: bigint;
  /** CRC of the record at nextOffset − 1, from `IngestHost.recordCrc`, null when it was not known. */
  readonly lastRecordCrc: number | null;
  /** What pushes may have been given; null for streams that have their own storage, and before the first push. */
  readonly reserved: Reservation | null;
  readonly place: SourcePlace;
}

export interface TableStart {
  readonly table: Table;
  readonly committed: readonly CommittedPartition[];
  /** The partitions that this host consumes; null: all of them, also those that appear later. */
  readonly partitions: readonly number[] | null;
  readonly paused: boolean;
}

/**
 * Records of a raw batch: values as slices of one buffer. A null value (a tombstone) has length −1. A record that is
 * too large has its true length, and of its bytes perhaps only the first.
 */
export interface RecordSlices {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly offsets: BigInt64Array;
  /** Largest record timestamp, ms; null when there is none. */
  readonly newestMs: number | null;
}

/**
 * Decodes a raw batch of kind "kafka", in as many groups as it needs to stay within its memory; each is valid until the
 * next is asked for. Throws STREAM_CORRUPT. Control batches have count 0.
 */
type SliceRecords = (batch: RawBatch) => AsyncIterable<RecordSlices>;

/** What a host tells its server. Promises are awaited before the consumer goes on. */
export interface IngestEvents {
  /** A partition begins where the catalog knew nothing; keep it with the first commit's start offset. */
  readonly started: (table: string, partition: number, offset: bigint) => Promise<void>;
  /**
   * Offsets that the source does not have any more; consumption goes on at gap.end when this resolves, in another place
   * of the source when one is given.
   */
  readonly gap: (table: string, gap: Gap, place: SourcePlace | null) => Promise<void>;
  /** The catalog keeps which stream a partition reads. */
  readonly placed: (table: string, partition: number, place: SourcePlace) => Promise<void>;
  /** The catalog keeps this before an offset of it is given to a push. */
  readonly reserve: (table: string, partition: number, reservation: Reservation) => Promise<void>;
  /** A partition's status changed (state, error); figures are read with `status`. */
  readonly status: (table: string, status: PartitionStatus) => void;
  /** New rows are visible. */
  readonly published: (table: string, partition: number, nextOffset: bigint) => void;
}

export interface IngestEnvironment {
  readonly world: World;
  readonly limits: Limits;
  /**
   * decode/extract.as.ts and what it imports, compiled with shared memory imported; null: the TypeScript
   * decoder does all rows.
   */
  readonly extractor: WebAssembly.Module | null;
  /**
   * A table partition's rows from `startOffset` on. Called again, at the then next offset, when the table
   * is altered.
   */
  readonly openSink: (table: Table, partition: number, startOffset: bigint) => RowSink;
  /** null for tables on the embedded stream. */
  readonly openSource: (table: Table) => Source | null;
  readonly sliceKafka: SliceRecords;
  /**
   * What `Source.recordCrc` would say of a record, from a batch at hand; null when the batch does not hold
   * it.
   */
  readonly crcKafka: (batch: RawBatch, offset: bigint) => Promise<number | null>;
  readonly events: IngestEvents;
}

/** What the decoder has met since the table was added to this host. */
export interface UnknownField {
  readonly name: string;
  readonly count: number;
}

/** The consumers of one thread. Table names are exact. A method of an unknown table throws TABLE_UNKNOWN. */
export interface IngestHost {
  /**
   * Recovers each partition (replays its log into the sink) and begins to consume; resolves when recovered.
   */
  addTable(start: TableStart): Promise<void>;
  /** The same table with a new version; every consumer changes over between two batches. */
  alterTable(table: Table): Promise<void>;
  /** Rejects when the table's stream cannot be read as it is configured; touches nothing. */
  check(table: Table): Promise<void>;
  /** No row was ever pushed to it. */
  isUntouched(table: string): boolean;
  /** Stops, and removes the logs. */
  dropTable(table: string): Promise<void>;
  /** The user's pause; pushes are then refused with INGESTION_PAUSED. */
  pause(table: string): Promise<void>;
  resume(table: string): Promise<void>;
  /** Partitions that stopped go on where somebody said; answers which. */
  continueFrom(table: string, from: ConsumeFrom): Promise<readonly number[]>;
  push(table: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer>;
  /** Rows before `offset` are sealed and committed: the log lets go of them. */
  trim(table: string, partition: number, offset: bigint): Promise<void>;
  /** For SegmentCommit.lastRecordCrcs: the CRC of the record at `offset`; null when the source cannot say. */
  recordCrc(table: string, partition: number, offset: bigint): Promise<number | null>;
  status(table: string): readonly PartitionStatus[];
  /** Why it is not known which partitions there are; null when at least one is. */
  sourceError(table: string): string | null;
  /** Bytes of the table's logs on disk. */
  logBytes(table: string): number;
  unknownFields(table: string): readonly UnknownField[];
  deadLetters(table: string): DeadLetters;
  /** Finishes what is in hand, syncs and closes. */
  close(): Promise<void>;
}
