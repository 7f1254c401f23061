/**
 * Schemas and table configs that come in over HTTP or from files, against the tables there are. Each is decided in the
 * turn of its table's name and checked whole before anything is written: what is refused leaves everything as it was.
 */
import type { HttpParts } from "#broker/http/parts";
import {
  createTable,
  type DefinitionChange,
  type NamedTable,
  type TableAdmin,
  type TableDefinitions,
  tableExists,
} from "#schemas/admin";
import type { TableDefinition, TableRecord } from "#schemas/catalog";
import { definitionError } from "#schemas/definition/check";
import { defineTable, plainTableName } from "#schemas/definition/define";
import { keepSecrets, maskSecrets } from "#schemas/definition/secrets";
import type { TableConfig } from "#schemas/definition/table-config";
import { StoreError } from "#schemas/errors";
import { writeExactJson } from "#schemas/exact-json";
import type { Limits } from "#schemas/limits";
import { didYouMean } from "#schemas/suggest";
import type { Table } from "#schemas/table";

export interface DefinitionDesk {
  readonly definitions: TableDefinitions;
  readonly limits: Limits;
  readonly nowMs: () => number;
}

export const deskOf = ({ admin, limits, world }: HttpParts): DefinitionDesk => ({
  definitions: admin.definitions,
  limits,
  nowMs: () => world.clock.nowMs(),
});

/** The record of a name in any of Pinot's spellings (`"default".t`, `t_REALTIME`), or TABLE_UNKNOWN with a near name. */
export function knownTable({ definitions }: Pick<TableAdmin, "definitions">, name: string): TableRecord {
  const record = definitions.record(name) ?? definitions.record(plainTableName(name));
  if (record === undefined) throw noTable({ definitions }, name);
  return record;
}

function noTable({ definitions }: Pick<TableAdmin, "definitions">, name: string): StoreError {
  const names = definitions.records().map(({ table }) => table.name);
  return new StoreError("TABLE_UNKNOWN", `there is no table "${name}".${didYouMean(name, names)}`);
}

/** A table's config as Pinot shows it, by table type, secrets masked; a table of a schema alone has one too. */
export function shownConfig({ table, configJson }: TableRecord): {
  readonly type: "REALTIME" | "OFFLINE";
  readonly config: TableConfig;
} {
  const whole = { tableName: `${table.name}_REALTIME`, tableType: "REALTIME" } as const;
  const config = (configJson === null ? whole : maskSecrets(configJson)) as TableConfig;
  return { type: config.tableType ?? "REALTIME", config };
}

const textIn = (json: unknown, field: string): string => {
  const found = (json as Record<string, unknown> | null | undefined)?.[field];
  return typeof found === "string" ? found : "";
};

const schemaNameOf = (schemaJson: unknown): string => textIn(schemaJson, "schemaName");
const tableNameOf = (configJson: unknown): string => plainTableName(textIn(configJson, "tableName"));

/** What a definition asks for, and what of it has no meaning here. */
interface Defined {
  readonly definition: TableDefinition;
  readonly ignored: readonly string[];
}

function defined(
  desk: DefinitionDesk,
  { schemaJson, configJson }: Pick<TableDefinition, "schemaJson" | "configJson">,
  previous: Table | null,
): Defined {
  const { limits } = desk;
  const { table, ignored } = defineTable(schemaJson, configJson, { previous, nowMs: desk.nowMs(), limits });
  return { definition: { table, schemaJson, configJson: configJson ?? null }, ignored };
}

const isSame = (left: TableDefinition, right: TableDefinition): boolean => {
  const textOf = ({ table, schemaJson, configJson }: TableDefinition) =>
    writeExactJson([{ ...table, version: 0 }, schemaJson, configJson]);
  return textOf(left) === textOf(right);
};

/** What becomes of a name: what is there already stays, and a table that nobody has used may still choose its stream. */
function changeTo(
  desk: DefinitionDesk,
  given: Pick<TableDefinition, "schemaJson" | "configJson">,
  current: NamedTable | null,
): { readonly change: DefinitionChange; readonly ignored: readonly string[] } {
  const configJson = keepSecrets(given.configJson, current?.record.configJson ?? null);
  const json = { ...given, configJson };
  const fresh = defined(desk, json, null);
  const { definition } = fresh;
  if (current === null) return { change: { kind: "create", definition }, ignored: fresh.ignored };
  const { record, isUntouched } = current;
  if (record.table.name !== definition.table.name)
    throw tableExists(desk.definitions, record, `Names ignore case: write it "${record.table.name}"`);
  const isSameStream = writeExactJson(definition.table.stream) === writeExactJson(record.table.stream);
  if (isUntouched && !isSameStream)
    return { change: { kind: "replace", definition }, ignored: fresh.ignored };
  const next = defined(desk, json, record.table);
  const change: DefinitionChange = isSame(next.definition, record)
    ? { kind: "none" }
    : { kind: "alter", definition: next.definition };
  return { change, ignored: next.ignored };
}

/** Decides in the turn of a name; resolves with what was ignored when that is carried out. */
async function changed(
  desk: DefinitionDesk,
  name: string,
  decide: (current: NamedTable | null) => {
    readonly change: DefinitionChange;
    readonly ignored: readonly string[];
  },
): Promise<readonly string[]> {
  let ignored: readonly string[] = [];
  await desk.definitions.change(name, (current) => {
    const decided = decide(current);
    ({ ignored } = decided);
    return decided.change;
  });
  return ignored;
}

/** A schema: makes a table fed by pushes, or changes the columns of the one there is. */
export const putSchema = (desk: DefinitionDesk, schemaJson: unknown): Promise<readonly string[]> =>
  changed(desk, schemaNameOf(schemaJson), (current) =>
    changeTo(desk, { schemaJson, configJson: current?.record.configJson ?? null }, current),
  );

/** A table config: amends the table that its schema made. `mode` says whether it may, or must, be there already. */
export function putTable(
  desk: DefinitionDesk,
  configJson: unknown,
  mode: "create" | "change",
): Promise<readonly string[]> {
  const name = tableNameOf(configJson);
  return changed(desk, name, (current) => {
    const { schemaJson } = current?.record ?? schemaFor(desk, configJson);
    if (mode === "create" && current !== null && current.record.configJson !== null)
      throw tableExists(desk.definitions, current.record, `PUT /tables/${name} changes it`);
    return changeTo(desk, { schemaJson, configJson }, current);
  });
}

/** The schema that a config without a table of its own stands on: it may bear another name. */
function schemaFor({ definitions, ...desk }: DefinitionDesk, configJson: unknown): TableRecord {
  const name = tableNameOf(configJson);
  const segments = (configJson as { segmentsConfig?: unknown } | null | undefined)?.segmentsConfig;
  const schemaName = textIn(segments, "schemaName");
  const found = schemaName === "" ? undefined : definitions.record(schemaName);
  if (found !== undefined) return found;
  // A config without a name is at fault itself.
  const schemaJson = { schemaName: "t", dimensionFieldSpecs: [] };
  if (name === "") defined({ definitions, ...desk }, { schemaJson, configJson }, null);
  throw new StoreError("TABLE_UNKNOWN", `there is no schema "${name}"; POST it to /schemas first.`, {
    at: "$.tableName",
  });
}

/** Schema and config in one request: a new table, or TABLE_EXISTS and nothing is changed. */
export async function createWhole(
  desk: DefinitionDesk,
  schemaJson: unknown,
  configJson: unknown,
): Promise<{ readonly name: string; readonly ignored: readonly string[] }> {
  const json = { schemaJson, configJson: keepSecrets(configJson, null) };
  const { definition, ignored } = defined(desk, json, null);
  await createTable(desk.definitions, definition);
  return { name: definition.table.name, ignored };
}

/** Schema and config in one request, as `mode` has it: for a table that is new, but for its schema, or is there. */
export async function putConfigs(
  desk: DefinitionDesk,
  { schemaJson, configJson }: Pick<TableDefinition, "schemaJson" | "configJson">,
  mode: "create" | "change",
): Promise<readonly string[]> {
  const { name } = defined(desk, { schemaJson, configJson }, null).definition.table;
  return await changed(desk, name, (current) => {
    if (mode === "change" && current === null) throw noTable(desk, name);
    if (mode === "create" && current !== null && current.record.configJson !== null)
      throw tableExists(desk.definitions, current.record, `PUT /tableConfigs/${name} changes it`);
    return changeTo(desk, { schemaJson, configJson }, current);
  });
}

/** Drops a table's config and rows; its schema stays, as the empty table that it alone makes. */
export const dropConfig = (desk: DefinitionDesk, name: string): Promise<void> =>
  desk.definitions.change(name, (current) => {
    if (current === null) throw noTable(desk, name);
    const { schemaJson } = current.record;
    return { kind: "replace", definition: defined(desk, { schemaJson, configJson: null }, null).definition };
  });

/** Schema and config in one request, whether the table is there or not. */
export async function putWhole(
  desk: DefinitionDesk,
  schemaJson: unknown,
  configJson: unknown,
): Promise<{ readonly name: string; readonly isNew: boolean; readonly ignored: readonly string[] }> {
  const { name } = defined(desk, { schemaJson, configJson }, null).definition.table;
  let isNew = false;
  const ignored = await changed(desk, name, (current) => {
    isNew = current === null;
    return changeTo(desk, { schemaJson, configJson }, current);
  });
  return { name, isNew, ignored };
}

/** Drops a schema with its rows; TABLE_EXISTS when a table config stands on it by then. */
export const dropSchema = (desk: DefinitionDesk, name: string): Promise<void> =>
  desk.definitions.change(name, (current) => {
    const config = current?.record.configJson ?? null;
    if (config === null) return { kind: "drop" };
    throw new StoreError("TABLE_EXISTS", `schema "${name}" has a table; DELETE /tables/${name} first.`);
  });

/** Checks without doing: what would be ignored, or the error. */
export const validate = (desk: DefinitionDesk, schemaJson: unknown, configJson: unknown): readonly string[] =>
  defined(desk, { schemaJson, configJson }, null).ignored;

/** A PUT changes what its path names: a body about another one is a mistake, not another change. */
export function bodyNames(body: unknown, field: "schemaName" | "tableName", name: string): void {
  const wanted = plainTableName(name);
  const found = (body as Record<string, unknown> | null | undefined)?.[field];
  if (typeof found !== "string" || plainTableName(found).toLowerCase() === wanted.toLowerCase()) return;
  throw definitionError(`$.${field}`, `expected "${wanted}" as in the path but found "${found}".`);
}
