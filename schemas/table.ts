/**
 * A table as the engine knows it, made by `schemas/definition` from Pinot's schema and table-config JSON.
 * Columns carry ids that never change or return, so a rename is a label and a dropped column's bytes are skipped.
 */
import type { SqlType, Value } from "#schemas/types";

/**
 * How a date-time column's source values read. A TIMESTAMP column converts them to ms; a column of another type keeps
 * the value as it came (an epoch of seconds stays seconds) and the format says what it means:
 * an epoch value v is v · size · unitMs milliseconds.
 */
export type TimeFormat =
  | { readonly kind: "epoch"; readonly unitMs: number; readonly size: number; readonly micros: boolean }
  | { readonly kind: "timestamp" }
  | { readonly kind: "pattern"; readonly pattern: string; readonly zone: string };

export interface Column {
  /** Stable for the table's life; never reused. $offset is −1, $partition −2; see below for the other negative ones. */
  readonly id: number;
  readonly name: string;
  readonly type: SqlType;
  readonly role: "dimension" | "metric" | "dateTime";
  readonly notNull: boolean;
  /** Written in the schema: used for a missing value. Absent: a missing value is NULL. */
  readonly defaultValue?: Value;
  /** Written in the schema: longer text is trimmed. */
  readonly textLengthMax?: number;
  readonly timeFormat?: TimeFormat;
}

export const streamKinds = ["embedded", "kafka"] as const;

export interface Stream {
  readonly kind: (typeof streamKinds)[number];
  readonly topic: string;
  /** Embedded only: how many partitions. */
  readonly partitions: number;
  /** Kafka only: host:port list; empty means the process's --kafka. */
  readonly brokers: readonly string[];
  readonly start: "smallest" | "largest" | { readonly timestampMs: number };
  /** Kafka client settings as Pinot names them (security.protocol, sasl.*, ssl.*). */
  readonly properties: Readonly<Record<string, string>>;
}

export interface Table {
  readonly name: string;
  /** Grows with every accepted change of the definition. */
  readonly version: number;
  readonly columns: readonly Column[];
  /** The next column id to hand out. */
  readonly nextColumnId: number;
  /** The main time column, if any. Rows seal sorted by `sortedColumn`, else by it. */
  readonly timeColumn: string | null;
  readonly sortedColumn: string | null;
  readonly invertedColumns: readonly string[];
  /** Columns kept without a dictionary when the user says so. */
  readonly rawColumns: readonly string[];
  readonly stream: Stream;
  readonly flushRows: number | null;
  readonly flushMs: number | null;
  readonly flushBytes: number | null;
  readonly retentionMs: number | null;
  readonly primaryKeyColumns: readonly string[];
  /** True when the user's config asks for it; queries then see NULL as Pinot's default when enableNullHandling=false. */
  readonly paused: boolean;
}

export const columnNamed = (table: Table, name: string): Column | undefined => {
  const wanted = name.toLowerCase();
  return table.columns.find((column) => column.name.toLowerCase() === wanted);
};

/** Hidden columns that every row has. */
export const offsetColumn: Column = {
  id: -1,
  name: "$offset",
  type: "LONG",
  role: "dimension",
  notNull: true,
};
export const partitionColumn: Column = {
  id: -2,
  name: "$partition",
  type: "INT",
  role: "dimension",
  notNull: true,
};

/** Hidden columns that no segment stores: what a row's place says of it. −3 and −4 are HOP's window bounds. */
export const segmentNameColumn: Column = {
  id: -5,
  name: "$segmentName",
  type: "STRING",
  role: "dimension",
  notNull: true,
};
/** The row's number within its segment. */
export const docIdColumn: Column = {
  id: -6,
  name: "$docId",
  type: "INT",
  role: "dimension",
  notNull: true,
};
/** The host of the server that holds the row, as `/instances/{name}` calls it. */
export const hostNameColumn: Column = {
  id: -7,
  name: "$hostName",
  type: "STRING",
  role: "dimension",
  notNull: true,
};

/** Hidden columns: a query can name them, `*` leaves them out. */
export const hiddenColumns: readonly Column[] = [
  offsetColumn,
  partitionColumn,
  segmentNameColumn,
  docIdColumn,
  hostNameColumn,
];
