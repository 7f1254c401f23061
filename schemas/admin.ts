/** What HTTP asks of the tables: implemented by the server's composition, in process or on the far side of a wire. */
import type {
  DeadLetters,
  InferredTable,
  IngestAnswer,
  TableDetail,
  TableSummary,
  TopicInfo,
} from "#schemas/api/tables";
import type { TableDefinition, TableRecord } from "#schemas/catalog";
import type { CsvOptions } from "#schemas/csv";
import type { Limits } from "#schemas/limits";

export interface PushOptions {
  readonly format: "ndjson" | "json" | "csv";
  readonly csv?: CsvOptions;
  readonly idempotencyKey: string | null;
  /** Answer when the rows are queryable, not only durable. */
  readonly sync: boolean;
}

export interface TableAdmin {
  /** Known tables, from memory. */
  records(): readonly TableRecord[];
  record(name: string): TableRecord | undefined;
  /** Durable in the catalog and consuming when it returns. TABLE_EXISTS when the name (case ignored) is taken. */
  create(definition: TableDefinition): Promise<void>;
  /** The same table with a new version: added columns, indexes, thresholds, retention. */
  alter(definition: TableDefinition): Promise<void>;
  drop(name: string): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Seals everything consumed so far; returns the ids of the segments that are being sealed. */
  forceCommit(name: string): Promise<readonly string[]>;
  summaries(): readonly TableSummary[];
  detail(name: string): Promise<TableDetail>;
  deadLetters(name: string): Promise<DeadLetters>;
  /** `body` is handed over: the caller does not use it again. */
  push(name: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer>;
  /** Topics of the process's stream. */
  topics(): Promise<readonly TopicInfo[]>;
  /** Newest rows of a topic as text, for inference. */
  sampleTopic(topic: string, rowsMax: number): Promise<readonly string[]>;
  /** Calls back when visible rows, segments or definitions of a table changed; returns the unsubscriber. */
  onChange(listener: (table: string) => void): () => void;
}

export interface InferOptions {
  /** The name to propose. */
  readonly table: string;
  /** How to read CSV; null: the rows are a topic's records, which are JSON. */
  readonly csv: CsvOptions | null;
  readonly limits: Limits;
}

/** Sample rows as text (JSON objects, an array of them, or CSV) → a proposal. */
export type Infer = (rows: string, options: InferOptions) => Omit<InferredTable, "existing">;
