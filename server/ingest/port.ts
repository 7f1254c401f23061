/**
 * Between the server's main thread and an ingest thread. Both directions are asynchronous calls with plain data, so
 * the same two classes talk over a message port or, inline, directly. Calls of one direction arrive in order.
 */
import type { PushOptions } from "#schemas/admin";
import type { ConsumeFrom, DeadLetters, IngestAnswer, PartitionStatus } from "#schemas/api/tables";
import type { TableStart, UnknownField } from "#schemas/ingest";
import type { Gap, Reservation, SourcePlace } from "#schemas/segment";
import type { Table } from "#schemas/table";
import type { MutableHandle } from "#server/segment/mutable-layout";

/** A mutable segment that takes no more rows. */
export interface FrozenSegment {
  readonly id: string;
  readonly table: string;
  readonly partition: number;
  /** Offsets [start, end) of the partition. */
  readonly start: bigint;
  readonly end: bigint;
  readonly rows: number;
  readonly bytes: number;
  /** The definition that it was filled under. */
  readonly definition: Table;
}

export interface IngestStatus {
  readonly partitions: readonly PartitionStatus[];
  /** Why the source does not say which partitions there are. */
  readonly sourceError: string | null;
  readonly unknownFields: readonly UnknownField[];
  readonly rejected: number;
  /** Arena bytes of segments that are not sealed. */
  readonly unsealedBytes: number;
  /** Bytes of its logs on disk. */
  readonly logBytes: number;
}

/** What the main thread asks of an ingest thread. */
export interface IngestPort {
  /** `incarnation` goes into segment ids: it tells this table from an earlier one of its name. */
  addTable(start: TableStart, incarnation: string): Promise<void>;
  alterTable(table: Table): Promise<void>;
  /** Rejects when the table's stream cannot be read as it is configured; touches nothing. */
  check(table: Table): Promise<void>;
  /** No row was ever pushed to the table. */
  isUntouched(table: string): Promise<boolean>;
  dropTable(table: string): Promise<void>;
  pause(table: string): Promise<void>;
  resume(table: string): Promise<void>;
  continueFrom(table: string, from: ConsumeFrom): Promise<readonly number[]>;
  push(table: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer>;
  /** Freezes the current segments; answers their ids when the main thread has been told. */
  rotate(table: string): Promise<readonly string[]>;
  /** Rows before `offset` are committed: the log lets go of them. */
  trim(table: string, partition: number, offset: bigint): Promise<void>;
  recordCrc(table: string, partition: number, offset: bigint): Promise<number | null>;
  /** No snapshot sees these mutable segments any more. */
  free(ids: readonly string[]): Promise<void>;
  status(table: string): Promise<IngestStatus>;
  deadLetters(table: string): Promise<DeadLetters>;
  close(): Promise<void>;
}

/** What an ingest thread tells the main one. */
export interface IngestListener {
  opened(handle: MutableHandle): Promise<void>;
  frozen(segment: FrozenSegment): Promise<void>;
  /** A partition that the catalog does not know begins here; consumption waits for the answer. */
  started(table: string, partition: number, offset: bigint): Promise<void>;
  /** Offsets [start, end) are lost for ever; consumption waits until the catalog has that. */
  gap(table: string, gap: Gap, place: SourcePlace | null): Promise<void>;
  /** The catalog keeps which stream a partition reads. */
  placed(table: string, partition: number, place: SourcePlace): Promise<void>;
  /** Pushes may be given these offsets when this resolves. */
  reserve(table: string, partition: number, reservation: Reservation): Promise<void>;
  published(table: string): Promise<void>;
  status(table: string): Promise<void>;
  /** No memory for rows in this arena. */
  pressed(arena: number): Promise<void>;
}
