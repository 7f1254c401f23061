/**
 * The definition beside a table's segments, and removing everything that a table has on disk. Files of a table that
 * the catalog does not know go only when the catalog says that it was dropped: a catalog that was put back from an
 * old copy must not cost anybody's rows.
 */

import { crc32 } from "@node-rs/crc32";
import type { CatalogClient, TableRecord } from "#schemas/catalog";
import { messageOf, StoreError } from "#schemas/errors";
import { readExactJson, writeExactJson } from "#schemas/exact-json";
import type { World } from "#schemas/world";
import { definitionPath, logsFolder, tableFolder, tablesFolder } from "#server/tables/paths";

export const droppedKey = (table: string): string => `dropped:${table}`;
/** The user's wish. */
export const pausedKey = (table: string): string => `paused:${table}`;

const checksumOf = (record: TableRecord): string =>
  crc32(writeExactJson(record)).toString(16).padStart(8, "0");

/** The accepted definition as a file beside the segments, with a checksum of the rest of it. */
export const writeDefinition = (world: World, record: TableRecord): Promise<void> =>
  world.disk.writeAtomic(definitionPath(record.table.name), [
    new TextEncoder().encode(`${writeExactJson({ ...record, checksum: checksumOf(record) })}\n`),
  ]);

/** The definition in a file; null, and said, when it cannot be what was written. Files of before have no checksum. */
export async function readDefinition(world: World, path: string): Promise<TableRecord | null> {
  try {
    const text = new TextDecoder().decode(await world.disk.read(path));
    const { checksum, ...record } = readExactJson<TableRecord & { readonly checksum?: string }>(text, path);
    if (checksum === undefined || checksum === checksumOf(record)) return record;
    const message = `expected checksum ${checksumOf(record)} but found ${checksum}`;
    throw new StoreError("CATALOG_CORRUPT", message, { at: path });
  } catch (error) {
    world.log("error", `${path} is damaged: ${messageOf(error)}`);
    return null;
  }
}

async function removeAll(world: World, folder: string): Promise<void> {
  for (const name of await world.disk.list(folder)) {
    const path = `${folder}/${name}`;
    const inside = await world.disk.list(path).catch(() => []);
    if (inside.length > 0) await removeAll(world, path);
    else await world.disk.remove(path).catch((error) => world.log("debug", messageOf(error)));
  }
}

/** Definition, segments, logs, dead letters. */
export async function removeTableFiles(world: World, table: string): Promise<void> {
  await removeAll(world, tableFolder(table));
  await removeAll(world, `${logsFolder}/${table}`);
}

/** What a kill left of dropped tables goes; files of other unknown tables are named and left. */
export async function removeDropped(
  world: World,
  catalog: CatalogClient,
  known: ReadonlySet<string>,
): Promise<void> {
  const found = [...(await world.disk.list(tablesFolder)), ...(await world.disk.list(logsFolder))];
  for (const name of new Set(found)) {
    if (known.has(name)) continue;
    if ((await catalog.setting(droppedKey(name))) === "yes") await removeTableFiles(world, name);
    else if ((await world.disk.list(tableFolder(name))).length > 0)
      world.log("warn", `the catalog does not know table ${name}; ${tableFolder(name)} is left as it is`);
  }
}
