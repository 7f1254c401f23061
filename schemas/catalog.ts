/**
 * What the catalog keeps, and the one commit that everything hangs on. Two stores behind it (SQLite on its own
 * thread, PostgreSQL), one test suite over both. Every method is atomic.
 */
import type { Dashboard, DashboardSummary } from "#schemas/api/dashboards";
import type { SavedQuery } from "#schemas/api/query";
import type { TableIdentity } from "#schemas/plan/snapshot";
import type { Gap, Reservation, SegmentRecord, SourcePlace, SourceRange } from "#schemas/segment";
import type { Table } from "#schemas/table";

/** What defines a table. */
export interface TableDefinition {
  readonly table: Table;
  /** Pinot's JSON as the user gave it. */
  readonly schemaJson: unknown;
  readonly configJson: unknown;
}

/** A table that there is. */
export interface TableRecord extends TableDefinition {
  /** Tells it from an earlier table of its name; handed out when it is made, and kept for its life. */
  readonly incarnation: string;
}

export const identityOf = ({ incarnation, table }: TableRecord): TableIdentity => ({
  incarnation,
  definition: table.version,
});

/** Where a partition's sealed rows end. */
export interface PartitionRecord {
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly epoch: number;
  /** CRC of the last committed record, to notice a recreated topic; null before the first. */
  readonly lastRecordCrc: number | null;
  /** Embedded streams: offsets that pushes may have been given. */
  readonly reserved: Reservation | null;
  readonly place: SourcePlace;
}

export interface SegmentCommit {
  readonly segment: SegmentRecord;
  readonly epoch: number;
  /** Compare-and-set per range: the partition's nextOffset must equal `start`; it becomes `end`. */
  readonly lastRecordCrcs: Readonly<Record<number, number | null>>;
}

export interface CatalogClient {
  /** Folder-wide facts, such as the stream kind fixed at the first start. */
  setting(key: string): Promise<string | null>;
  setSetting(key: string, value: string): Promise<void>;

  tables(): Promise<readonly TableRecord[]>;
  /** Creates, or replaces when `record.table.version` is one above the stored; else CATALOG_CONFLICT. */
  putTable(record: TableRecord): Promise<void>;
  dropTable(name: string): Promise<void>;

  partitions(table: string): Promise<readonly PartitionRecord[]>;
  /**
   * Takes a partition for this process: makes its row at `firstOffset` when there is none, and raises its epoch, so
   * that a commit of an earlier owner is refused. Returns what is stored then.
   */
  claimPartition(table: string, partition: number, firstOffset: bigint): Promise<PartitionRecord>;
  segments(table: string): Promise<readonly SegmentRecord[]>;
  /** Segment row + next offsets in one transaction; CATALOG_CONFLICT when an offset or the epoch moved. */
  commitSegment(commit: SegmentCommit): Promise<void>;
  /** Offsets without rows (rejects, control records): the partition moves over them, compared as in commitSegment. */
  passOver(table: string, range: SourceRange, epoch: number): Promise<void>;
  /** Background merge, retention: drops `removed`, adds `added`, in one transaction; CATALOG_CONFLICT when one is gone. */
  replaceSegments(table: string, removed: readonly string[], added: readonly SegmentRecord[]): Promise<void>;
  /** A gap moves the partition's nextOffset over it in the same transaction, and to another place of its source. */
  recordGap(table: string, gap: Gap, place: SourcePlace | null): Promise<void>;
  /** Which stream a claimed partition reads. */
  placePartition(table: string, partition: number, place: SourcePlace): Promise<void>;
  gaps(table: string): Promise<readonly Gap[]>;
  /** Of a claimed partition. */
  reserveOffsets(table: string, partition: number, reservation: Reservation): Promise<void>;

  dashboards(): Promise<readonly DashboardSummary[]>;
  dashboard(id: string): Promise<Dashboard | null>;
  /** Stores version + 1 when `version` is the stored one (0: new); else DASHBOARD_CONFLICT. Returns what is stored. */
  putDashboard(dashboard: Dashboard): Promise<Dashboard>;
  dropDashboard(id: string): Promise<void>;

  savedQueries(): Promise<readonly SavedQuery[]>;
  putSavedQuery(query: SavedQuery): Promise<void>;
  dropSavedQuery(id: string): Promise<void>;

  close(): Promise<void>;
}
