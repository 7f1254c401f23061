/**
 * The catalog's relations, in the subset of SQL that SQLite and PostgreSQL share: text and 64-bit integers only, and
 * every integer arrives as a bigint. Documents (definitions, segment records, dashboards) are exact JSON in one
 * column; what a compare-and-set reads has a column of its own.
 */
import { type Kysely, sql } from "kysely";
import { StoreError } from "#schemas/errors";
import { checkedRow, type Relation, withChecksum } from "./checked-rows-node.ts";

/** Every row carries a checksum of the rest of it: see `checked-rows-node.ts`. */
export interface CatalogTables {
  settings: { key: string; value: string; checksum: bigint };
  tables: { name: string; version: bigint; record: string; checksum: bigint };
  partitions: {
    table_name: string;
    partition: bigint;
    next_offset: bigint;
    epoch: bigint;
    last_record_crc: bigint | null;
    reserved_end: bigint | null;
    reserved_file: bigint | null;
    reserved_durable: bigint | null;
    source_id: string | null;
    source_shift: bigint | null;
    checksum: bigint;
  };
  segments: { id: string; table_name: string; record: string; checksum: bigint };
  gaps: {
    table_name: string;
    partition: bigint;
    start_offset: bigint;
    end_offset: bigint;
    reason: string;
    found_ms: bigint;
    checksum: bigint;
  };
  dashboards: { id: string; version: bigint; record: string; checksum: bigint };
  saved_queries: { id: string; name: string; statement: string; updated_ms: bigint; checksum: bigint };
}

export type CatalogDatabase = Kysely<CatalogTables>;

/** As they were when rows got checksums. */
const relations = [
  "settings",
  "tables",
  "partitions",
  "segments",
  "gaps",
  "dashboards",
  "saved_queries",
] as const satisfies readonly Relation[];

/** Rows of before are taken to be sound: nothing can tell. */
async function addChecksums(database: CatalogDatabase): Promise<void> {
  for (const relation of relations) {
    const rows = await database.selectFrom(relation).selectAll().execute();
    await database.deleteFrom(relation).execute();
    for (const row of rows)
      await database
        .insertInto(relation)
        .values(withChecksum(relation, row) as never)
        .execute();
  }
}

/** One step a schema version; a step that was released is never edited. */
const migrations: readonly ((database: CatalogDatabase) => Promise<void>)[] = [
  async ({ schema }) => {
    await schema
      .createTable("settings")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("value", "text", (column) => column.notNull())
      .execute();
    await schema
      .createTable("tables")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("version", "bigint", (column) => column.notNull())
      .addColumn("record", "text", (column) => column.notNull())
      .execute();
    await schema
      .createTable("partitions")
      .addColumn("table_name", "text", (column) => column.notNull())
      .addColumn("partition", "bigint", (column) => column.notNull())
      .addColumn("next_offset", "bigint", (column) => column.notNull())
      .addColumn("epoch", "bigint", (column) => column.notNull())
      .addColumn("last_record_crc", "bigint")
      .addPrimaryKeyConstraint("partitions_key", ["table_name", "partition"])
      .execute();
    await schema
      .createTable("segments")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("table_name", "text", (column) => column.notNull())
      .addColumn("record", "text", (column) => column.notNull())
      .execute();
    await schema.createIndex("segments_of_table").on("segments").column("table_name").execute();
    await schema
      .createTable("gaps")
      .addColumn("table_name", "text", (column) => column.notNull())
      .addColumn("partition", "bigint", (column) => column.notNull())
      .addColumn("start_offset", "bigint", (column) => column.notNull())
      .addColumn("end_offset", "bigint", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("found_ms", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("gaps_key", ["table_name", "partition", "start_offset"])
      .execute();
    await schema
      .createTable("dashboards")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("version", "bigint", (column) => column.notNull())
      .addColumn("record", "text", (column) => column.notNull())
      .execute();
    await schema
      .createTable("saved_queries")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("statement", "text", (column) => column.notNull())
      .addColumn("updated_ms", "bigint", (column) => column.notNull())
      .execute();
  },
  async ({ schema }) => {
    await schema.alterTable("partitions").addColumn("reserved_end", "bigint").execute();
    await schema.alterTable("partitions").addColumn("reserved_file", "bigint").execute();
  },
  async (database) => {
    const { schema } = database;
    await schema.alterTable("partitions").addColumn("reserved_durable", "bigint").execute();
    await schema.alterTable("partitions").addColumn("source_id", "text").execute();
    await schema.alterTable("partitions").addColumn("source_shift", "bigint").execute();
    for (const relation of relations)
      await schema.alterTable(relation).addColumn("checksum", "bigint").execute();
    await addChecksums(database);
  },
];

const versionKey = "catalogVersion";

async function storedVersion(database: CatalogDatabase, place: string): Promise<number> {
  const row = await database
    .selectFrom("settings")
    .selectAll()
    .where("key", "=", versionKey)
    .executeTakeFirst();
  if (row === undefined) {
    const message = `the catalog ${place} is damaged: in settings, the row "${versionKey}" is not there; put back a copy`;
    throw new StoreError("CATALOG_CORRUPT", message, { at: place });
  }
  // Rows of the first versions have none.
  if (Object.hasOwn(row, "checksum")) checkedRow(place, "settings", row);
  return Number(row.value);
}

async function isEmpty(database: CatalogDatabase): Promise<boolean> {
  const known = await database.introspection.getTables();
  return !known.some((table) => table.name === "settings");
}

/**
 * Brings the relations to this program's version, in one transaction; a newer catalog is refused. `alone` is what
 * makes a second process that starts now wait.
 */
export async function migrate(
  database: CatalogDatabase,
  place: string,
  alone: (transaction: CatalogDatabase) => Promise<unknown> = async () => {},
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await alone(transaction);
    const version = (await isEmpty(transaction)) ? 0 : await storedVersion(transaction, place);
    if (version > migrations.length)
      throw new StoreError(
        "START_FAILED",
        `the catalog ${place} has version ${version}, written by a newer Freshet; this one knows ${migrations.length}`,
        { at: place },
      );
    if (version === migrations.length) return;
    for (const step of migrations.slice(version)) await step(transaction);
    await sql`delete from settings where key = ${versionKey}`.execute(transaction);
    await transaction
      .insertInto("settings")
      .values(withChecksum("settings", { key: versionKey, value: String(migrations.length) }))
      .execute();
  });
}
