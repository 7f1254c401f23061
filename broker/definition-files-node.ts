/**
 * Tables from a folder of Pinot JSON files, whatever they are called: a file with `schemaName` is a schema, one with
 * `tableName` a table config, and the two belong together by that name.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DefinitionDesk, putWhole } from "#broker/http/definitions";
import { plainTableName } from "#schemas/definition/define";
import { messageOf, StoreError } from "#schemas/errors";

export interface DefinitionFile {
  readonly name: string;
  readonly path: string;
  readonly schemaJson: unknown;
  readonly configJson: unknown;
}

const startFault = (path: string, message: string) =>
  new StoreError("START_FAILED", `${path}: ${message}`, { at: path });

function readJson(path: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch (error) {
    throw startFault(path, messageOf(error));
  }
  throw startFault(path, "expected a JSON object with schemaName or tableName");
}

/** Every schema of a folder with its table config, if any. START_FAILED names the file at fault. */
export function readDefinitions(folder: string): DefinitionFile[] {
  const schemas = new Map<string, DefinitionFile>();
  const configs = new Map<string, { path: string; json: unknown }>();
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch (error) {
    throw startFault(folder, messageOf(error));
  }
  for (const file of names.sort()) {
    const path = join(folder, file);
    const json = readJson(path);
    const { schemaName, tableName } = json;
    if (typeof schemaName === "string")
      schemas.set(schemaName, { name: schemaName, path, schemaJson: json, configJson: null });
    else if (typeof tableName === "string") configs.set(plainTableName(tableName), { path, json });
    else throw startFault(path, "expected a schema (with schemaName) or a table config (with tableName)");
  }
  for (const [name, { path, json }] of configs) {
    const schemaName =
      (json as { segmentsConfig?: { schemaName?: string } }).segmentsConfig?.schemaName ?? name;
    const schema = schemas.get(name) ?? schemas.get(schemaName);
    if (schema === undefined) throw startFault(path, `no file of ${folder} has the schema "${schemaName}"`);
    schemas.set(schema.name, { ...schema, path, configJson: json });
  }
  return [...schemas.values()];
}

/** Creates what is not there and amends what changed; returns the names of new tables. */
export async function applyDefinitions(
  desk: DefinitionDesk,
  files: readonly DefinitionFile[],
): Promise<string[]> {
  const created: string[] = [];
  for (const { path, schemaJson, configJson } of files) {
    try {
      const { name, isNew } = await putWhole(desk, schemaJson, configJson);
      if (isNew) created.push(name);
    } catch (error) {
      throw startFault(path, messageOf(error));
    }
  }
  return created;
}
