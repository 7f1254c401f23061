/** Schemas and table configs that come in over HTTP or from files, against the tables there are. */
import type { HttpParts } from "#broker/http/parts";
import type { TableAdmin } from "#schemas/admin";
import type { TableDefinition, TableRecord } from "#schemas/catalog";
import { definitionError } from "#schemas/definition/check";
import { defineTable, plainTableName } from "#schemas/definition/define";
import { StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import { didYouMean } from "#schemas/suggest";

export interface DefinitionDesk {
  readonly admin: TableAdmin;
  readonly limits: Limits;
  readonly nowMs: () => number;
}

export const deskOf = ({ admin, limits, world }: HttpParts): DefinitionDesk => ({
  admin,
  limits,
  nowMs: () => world.clock.nowMs(),
});

/** The record of a name in any of Pinot's spellings (`"default".t`, `t_REALTIME`), or TABLE_UNKNOWN with a near name. */
export function knownTable(admin: TableAdmin, name: string): TableRecord {
  const record = admin.record(name) ?? admin.record(plainTableName(name));
  if (record !== undefined) return record;
  const hint = didYouMean(
    name,
    admin.records().map(({ table }) => table.name),
  );
  throw new StoreError("TABLE_UNKNOWN", `there is no table "${name}".${hint}`);
}

const schemaNameOf = (schemaJson: unknown): string => {
  const name = (schemaJson as { schemaName?: unknown } | null)?.schemaName;
  return typeof name === "string" ? name : "";
};

const tableNameOf = (configJson: unknown): string => {
  const name = (configJson as { tableName?: unknown } | null)?.tableName;
  return typeof name === "string" ? plainTableName(name) : "";
};

function recordOf(
  schemaJson: unknown,
  configJson: unknown,
  desk: DefinitionDesk,
  previous: TableRecord | undefined,
) {
  const { table, ignored } = defineTable(schemaJson, configJson, {
    previous: previous?.table ?? null,
    nowMs: desk.nowMs(),
    limits: desk.limits,
  });
  return { record: { table, schemaJson, configJson: configJson ?? null } satisfies TableDefinition, ignored };
}

/** A schema: makes a table fed by pushes, or changes the columns of the one there is. */
export async function putSchema(desk: DefinitionDesk, schemaJson: unknown): Promise<readonly string[]> {
  const previous = desk.admin.record(schemaNameOf(schemaJson));
  const { record, ignored } = recordOf(schemaJson, previous?.configJson ?? null, desk, previous);
  await (previous === undefined ? desk.admin.create(record) : desk.admin.alter(record));
  return ignored;
}

/** True when the schema made a table that nobody has used yet: its stream may still be chosen. */
function isUntouched(desk: DefinitionDesk, record: TableRecord): boolean {
  if (record.configJson !== null) return false;
  const summary = desk.admin.summaries().find(({ name }) => name === record.table.name);
  return summary === undefined || (summary.rows === 0 && summary.sealedSegments === 0);
}

/** A table config: amends the table that its schema made. `mode` says whether it may, or must, be there already. */
export async function putTable(
  desk: DefinitionDesk,
  configJson: unknown,
  mode: "create" | "change",
): Promise<readonly string[]> {
  const name = tableNameOf(configJson);
  const schemaName = (configJson as { segmentsConfig?: { schemaName?: unknown } } | null)?.segmentsConfig
    ?.schemaName;
  const base =
    desk.admin.record(name) ?? (typeof schemaName === "string" ? desk.admin.record(schemaName) : undefined);
  if (base === undefined) {
    if (name === "") recordOf({ schemaName: "t", dimensionFieldSpecs: [] }, configJson, desk, undefined);
    throw new StoreError("TABLE_UNKNOWN", `there is no schema "${name}"; POST it to /schemas first.`, {
      at: "$.tableName",
    });
  }
  const same = base.table.name.toLowerCase() === name.toLowerCase();
  if (mode === "create" && same && base.configJson !== null) {
    throw new StoreError("TABLE_EXISTS", `table "${name}" exists; PUT /tables/${name} changes it.`, {
      at: "$.tableName",
    });
  }
  const fresh = !same || isUntouched(desk, base);
  const { record, ignored } = recordOf(base.schemaJson, configJson, desk, fresh ? undefined : base);
  if (!fresh) {
    await desk.admin.alter(record);
    return ignored;
  }
  if (same) await desk.admin.drop(base.table.name);
  await desk.admin.create(record);
  return ignored;
}

/** Checks without doing: what would be ignored, or the error. */
export function validate(desk: DefinitionDesk, schemaJson: unknown, configJson: unknown): readonly string[] {
  return recordOf(schemaJson, configJson, desk, undefined).ignored;
}

/** A PUT changes what its path names: a body about another one is a mistake, not another change. */
export function bodyNames(body: unknown, field: "schemaName" | "tableName", name: string): void {
  const wanted = plainTableName(name);
  const found = (body as Record<string, unknown> | null | undefined)?.[field];
  if (typeof found !== "string" || plainTableName(found).toLowerCase() === wanted.toLowerCase()) return;
  throw definitionError(`$.${field}`, `expected "${wanted}" as in the path but found "${found}".`);
}
