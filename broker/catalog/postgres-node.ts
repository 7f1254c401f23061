/** The catalog in a PostgreSQL database: several servers may share it; commits are fenced by their epochs. */
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { messageOf, StoreError } from "#schemas/errors";
import { checkRows } from "./checked-rows-node.ts";
import { CatalogRepository } from "./repository-node.ts";
import { type CatalogTables, migrate } from "./tables-node.ts";

const int8 = pg.types.builtins.INT8;
const uniqueViolation = "23505";
const diskFull = "53100";
/** Names our migrations among the database's advisory locks. */
const migrationLock = 5_378_201;

/** 64-bit integers arrive as bigint; the rest as the driver has it. */
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === int8 ? (text: string) => BigInt(text) : pg.types.getTypeParser(oid, format as "text"),
} as pg.CustomTypesConfig;

/** The address without its password, for messages. */
function placeOf(url: string): string {
  try {
    const parsed = new URL(url);
    return `postgres://${parsed.host}${parsed.pathname}`;
  } catch {
    throw new StoreError(
      "START_FAILED",
      "expected DATABASE_URL as postgres://user:password@host:port/database",
    );
  }
}

const errorIn =
  (place: string) =>
  (error: unknown): StoreError => {
    const code = String((error as { code?: unknown } | null)?.code ?? "");
    const detail = { at: place, cause: error };
    if (code === uniqueViolation) return new StoreError("CATALOG_CONFLICT", messageOf(error), detail);
    if (code === diskFull)
      return new StoreError("DISK_FULL", `no space left for the catalog ${place}`, detail);
    return new StoreError("DISK_FAILED", `the catalog ${place} failed: ${messageOf(error)}`, detail);
  };

/** Connects and brings the relations up to date; START_FAILED when it cannot. */
export async function openPostgresCatalog(url: string): Promise<CatalogRepository> {
  const place = placeOf(url);
  const pool = new pg.Pool({ connectionString: url, max: 4, types, connectionTimeoutMillis: 10_000 });
  // An idle connection that breaks is replaced by the pool at the next statement.
  pool.on("error", () => {});
  const database = new Kysely<CatalogTables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(database, place, (transaction) =>
      sql`select pg_advisory_xact_lock(${migrationLock})`.execute(transaction),
    );
    await checkRows(database, place);
  } catch (error) {
    await database.destroy();
    if (error instanceof StoreError) throw error;
    throw new StoreError("START_FAILED", `cannot open the catalog ${place}: ${messageOf(error)}`, {
      at: place,
      cause: error,
    });
  }
  return new CatalogRepository({ database, place, errorOf: errorIn(place) });
}
