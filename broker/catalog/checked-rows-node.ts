/**
 * A checksum in every row of the catalog, over all that the row says, its key included. A database checks that its
 * pages hang together, not that a number in them is still the number that was written.
 */
import { crc32 } from "@node-rs/crc32";
import type { Kysely } from "kysely";
import { StoreError } from "#schemas/errors";
import type { CatalogTables } from "./tables-node.ts";

export type Relation = keyof CatalogTables;
type Cell = string | bigint | null;

/** What tells a row from the others of its relation. */
const keys = {
  settings: ["key"],
  tables: ["name"],
  partitions: ["table_name", "partition"],
  segments: ["table_name", "id"],
  gaps: ["table_name", "partition", "start_offset"],
  dashboards: ["id"],
  saved_queries: ["id"],
} as const satisfies { readonly [R in Relation]: readonly (keyof CatalogTables[R])[] };

const rebuilding =
  "put back a copy of the catalog, or move it away and start again: tables are then rebuilt from the segment files " +
  "(dashboards and saved queries are not)";

const advice: Readonly<Record<Relation, string>> = {
  settings: rebuilding,
  tables: rebuilding,
  partitions: rebuilding,
  segments: rebuilding,
  gaps: rebuilding,
  dashboards:
    "put back a copy of the catalog, or delete this dashboard and make it again; the others are as they were",
  saved_queries:
    "put back a copy of the catalog, or delete this query and save it again; the others are as they were",
};

/** Columns in the order of their names: databases give them in orders of their own. */
function checksumOf(relation: Relation, row: Readonly<Record<string, Cell>>): bigint {
  const cells = Object.keys(row)
    .filter((name) => name !== "checksum")
    .toSorted()
    .map((name) => [name, row[name] === null ? null : String(row[name])]);
  return BigInt(crc32(JSON.stringify([relation, cells])));
}

/** The row as it is stored. */
export const withChecksum = <R extends Relation>(
  relation: R,
  row: Omit<CatalogTables[R], "checksum">,
): CatalogTables[R] =>
  ({ ...row, checksum: checksumOf(relation, row as Record<string, Cell>) }) as unknown as CatalogTables[R];

/** The row as it was read, or CATALOG_CORRUPT, which names it and says what to do. */
export function checkedRow<R extends Relation>(
  place: string,
  relation: R,
  row: CatalogTables[R],
): CatalogTables[R] {
  const cells = row as unknown as Record<string, Cell>;
  const found = checksumOf(relation, cells);
  if (cells["checksum"] === found) return row;
  const key = keys[relation].map((name) => String(cells[name])).join("/");
  const message = `the catalog ${place} is damaged: in ${relation}, the row "${key}" has checksum ${cells["checksum"]} but its content gives ${found}; ${advice[relation]}`;
  throw new StoreError("CATALOG_CORRUPT", message, { at: `${place} ${relation} ${key}` });
}

/**
 * Looks at every row that tables hang on: one whose key is damaged is not found by those who ask for it, and would be
 * missing without a word. Documents are looked at one by one, when they are asked for.
 */
export async function checkRows(database: Kysely<CatalogTables>, place: string): Promise<void> {
  for (const relation of ["settings", "tables", "partitions", "segments", "gaps"] as const) {
    const rows = await database.selectFrom(relation).selectAll().execute();
    for (const row of rows) checkedRow(place, relation, row);
  }
}
