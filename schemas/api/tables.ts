/** What the app's /api routes say of tables. Big integers travel as decimal strings. */
import type { SqlType } from "#schemas/types";

export interface PartitionStatus {
  readonly partition: number;
  readonly state: "consuming" | "paused" | "retrying" | "stopped" | "starting";
  readonly nextOffset: string;
  /** The source's end offset; null while unknown. */
  readonly endOffset: string | null;
  readonly lagRows: number | null;
  readonly lagMs: number | null;
  readonly rowsPerSecond: number;
  readonly lastError: string | null;
  /** Code of `lastError` (ERRORS.md). */
  readonly lastErrorCode?: string;
  readonly retryInMs: number | null;
}

export interface ColumnInfo {
  readonly id: number;
  readonly name: string;
  readonly type: SqlType;
  readonly role: "dimension" | "metric" | "dateTime";
  readonly notNull: boolean;
  /** "dictionary", "raw", "delta", … of the newest sealed segment; "mutable" before the first seal. */
  readonly encoding: string;
  readonly indexes: readonly string[];
  /** Estimated over segments; null when unknown. */
  readonly distinct: number | null;
  readonly nulls: number;
  readonly min: string | null;
  readonly max: string | null;
}

export interface SegmentSummary {
  readonly id: string;
  readonly state: "consuming" | "sealing" | "sealed" | "dropped" | "corrupt";
  readonly rows: number;
  readonly bytes: number;
  readonly ranges: readonly { readonly partition: number; readonly start: string; readonly end: string }[];
  readonly timeMinMs: number | null;
  readonly timeMaxMs: number | null;
  readonly error: string | null;
}

export interface TableSummary {
  readonly name: string;
  readonly stream: "embedded" | "kafka";
  readonly topic: string;
  readonly rows: number;
  /** On disk: sealed files and the tail log. */
  readonly bytes: number;
  /** Unsealed rows, and what is decoded of sealed ones. */
  readonly memoryBytes: number;
  readonly rowsPerSecond: number;
  readonly rejected: number;
  readonly sealedSegments: number;
  readonly consumingSegments: number;
  readonly timeColumn: string | null;
  readonly newestEventMs: number | null;
  /** Now minus the arrival of the newest visible row. */
  readonly freshnessMs: number | null;
  readonly lagRows: number | null;
  readonly lagMs: number | null;
  readonly state: "running" | "paused" | "degraded" | "stopped";
  readonly message: string | null;
}

export interface TableDetail extends TableSummary {
  readonly columns: readonly ColumnInfo[];
  readonly partitions: readonly PartitionStatus[];
  readonly segments: readonly SegmentSummary[];
  /** Fields of the source that the schema does not have, with how often each was seen. */
  readonly unknownFields: readonly { readonly name: string; readonly count: number }[];
  readonly gaps: readonly {
    readonly partition: number;
    readonly start: string;
    readonly end: string;
    readonly reason: string;
    readonly foundMs: number;
  }[];
  /** Pinot schema and table config as given. */
  readonly schemaJson: unknown;
  readonly configJson: unknown;
}

export interface DeadLetter {
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
  readonly payload: string;
  readonly atMs: number;
}

export interface DeadLetters {
  readonly total: number;
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly samples: readonly DeadLetter[];
}

/** GET /api/topics: what can be made into a table. */
export interface TopicInfo {
  readonly name: string;
  readonly partitions: number;
  readonly table: string | null;
}

/** POST /api/infer {rows?: string, topic?: string, table?: string}: an editable proposal. */
export interface InferredTable {
  readonly schema: unknown;
  readonly config: unknown;
  readonly sample: readonly Record<string, unknown>[];
  readonly notes: readonly string[];
}

/** POST /ingest/{table} */
export interface IngestAnswer {
  readonly accepted: number;
  readonly rejected: number;
  readonly rejects: readonly { readonly line: number; readonly reason: string }[];
  readonly partition: number;
  /** Offset after the last accepted row. */
  readonly offset: string;
}

/** POST /tables and /schemas answer Pinot's `status` plus what was ignored. */
export interface DefinitionAnswer {
  readonly status: string;
  readonly ignored: readonly string[];
}
