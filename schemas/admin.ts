/**
 * What HTTP asks of the tables, by kind of question: implemented by the server's composition, in process or on the far
 * side of a wire. Whoever needs one kind takes that alone.
 */
import { numberedId } from "#schemas/api/ids";
import type {
  ConsumeFrom,
  DeadLetters,
  InferredTable,
  IngestAnswer,
  TableDetail,
  TableSummary,
  TopicInfo,
} from "#schemas/api/tables";
import type { TableDefinition, TableRecord } from "#schemas/catalog";
import type { CsvOptions } from "#schemas/csv";
import { StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";

/** A name as it stands when its turn has come. */
export interface NamedTable {
  readonly record: TableRecord;
  /** Made by a schema alone, and no row was ever pushed: what it reads may still be chosen. */
  readonly isUntouched: boolean;
}

/** What to do with a name, decided in its turn. */
export type DefinitionChange =
  | { readonly kind: "none" }
  | { readonly kind: "create"; readonly definition: TableDefinition }
  /** The same table under the next version of its definition. */
  | { readonly kind: "alter"; readonly definition: TableDefinition }
  /** Another table in the place of the one there is, whose rows go. */
  | { readonly kind: "replace"; readonly definition: TableDefinition }
  | { readonly kind: "drop" };

/** Which tables there are. */
export interface TableDefinitions {
  /** Known tables, from memory, by name. */
  records(): readonly TableRecord[];
  /** By name, case ignored. */
  record(name: string): TableRecord | undefined;
  /**
   * Changes what a name means. `decide` is asked in the name's turn (case ignored): nothing else changes it until the
   * decision is carried out, pushes wait, and what it throws leaves everything as it was. A definition is durable and
   * its table consumes when this resolves; when it rejects, the name is what it was. Over a wire: decide on what is
   * known, send the change with the record it was decided on, and begin again when that is not the current one.
   */
  change(name: string, decide: (current: NamedTable | null) => DefinitionChange): Promise<void>;
}

export interface TableConsumption {
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Resumes, and lets partitions that stopped go on where somebody said; answers which did. */
  continueFrom(name: string, from: ConsumeFrom): Promise<readonly number[]>;
  /** Seals everything consumed so far; returns the ids of the segments that are being sealed. */
  forceCommit(name: string): Promise<readonly string[]>;
}

export interface PushOptions {
  readonly format: "ndjson" | "json" | "csv";
  readonly csv?: CsvOptions;
  readonly idempotencyKey: string | null;
  /** Answer when the rows are queryable, not only durable. */
  readonly sync: boolean;
}

export interface TablePushes {
  /** `body` is handed over: the caller does not use it again. */
  push(name: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer>;
}

/** Topics of the process's stream. */
export interface TableTopics {
  list(): Promise<readonly TopicInfo[]>;
  /** Newest rows of a topic as text, for inference. */
  sample(topic: string, rowsMax: number): Promise<readonly string[]>;
}

export interface TableDescriptions {
  summaries(): readonly TableSummary[];
  detail(name: string): Promise<TableDetail>;
  deadLetters(name: string): Promise<DeadLetters>;
}

interface TableChanges {
  /** Calls back when visible rows, segments or definitions of a table changed; returns the unsubscriber. */
  onChange(listener: (table: string) => void): () => void;
}

export interface TableAdmin {
  readonly definitions: TableDefinitions;
  readonly consumption: TableConsumption;
  readonly pushes: TablePushes;
  readonly topics: TableTopics;
  readonly descriptions: TableDescriptions;
  readonly changes: TableChanges;
}

/** The first of NAME_2, NAME_3, … that no table has; the name itself when it is free. */
export function freeTableName(definitions: Pick<TableDefinitions, "record">, name: string): string {
  let free = name;
  for (let count = 2; definitions.record(free) !== undefined; count++) free = numberedId(name, `_${count}`);
  return free;
}

export function tableExists(
  definitions: Pick<TableDefinitions, "record">,
  { table }: TableRecord,
  advice: string,
): StoreError {
  const suggestion = freeTableName(definitions, table.name);
  const message = `there is a table "${table.name}" already. ${advice}, or choose another name: "${suggestion}" is free`;
  return new StoreError("TABLE_EXISTS", message, { at: table.name, suggestion });
}

/** Makes a table, or TABLE_EXISTS. */
export const createTable = (definitions: TableDefinitions, definition: TableDefinition): Promise<void> =>
  definitions.change(definition.table.name, (current) => {
    if (current !== null) throw tableExists(definitions, current.record, "Add the rows to it");
    return { kind: "create", definition };
  });

/** The next version of a table. */
export const alterTable = (definitions: TableDefinitions, definition: TableDefinition): Promise<void> =>
  definitions.change(definition.table.name, () => ({ kind: "alter", definition }));

/** TABLE_UNKNOWN when it is gone by then. */
export const dropTable = (definitions: TableDefinitions, name: string): Promise<void> =>
  definitions.change(name, () => ({ kind: "drop" }));

export interface InferOptions {
  /** The name to propose. */
  readonly table: string;
  /** How to read CSV; null: the rows are a topic's records, which are JSON. */
  readonly csv: CsvOptions | null;
  readonly limits: Limits;
}

/** Sample rows as text (JSON objects, an array of them, or CSV) → a proposal. */
export type Infer = (rows: string, options: InferOptions) => Omit<InferredTable, "existing">;
