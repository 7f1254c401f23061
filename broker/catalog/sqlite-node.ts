/**
 * The embedded catalog: one SQLite file, WAL with synchronous=FULL, so a commit that returned survives a power cut.
 * A file that SQLite does not accept is refused by name before anything is served; it is never repaired silently.
 */
import { existsSync, statSync } from "node:fs";
import SqliteDatabase from "better-sqlite3";
import { type Dialect, type Driver, Kysely, SqliteDialect } from "kysely";
import { messageOf, StoreError } from "#schemas/errors";
import { checkRows } from "./checked-rows-node.ts";
import { CatalogRepository } from "./repository-node.ts";
import { type CatalogTables, migrate } from "./tables-node.ts";

export type SqliteFile = SqliteDatabase.Database;

const advice =
  "move it away with its -wal and -shm files and start again: tables are then rebuilt from the segment files " +
  "(dashboards and saved queries are not; a copy of the whole data folder has them)";

/** What SQLite's error codes mean here. */
const errorIn =
  (path: string) =>
  (error: unknown): StoreError => {
    const code = String((error as { code?: unknown } | null)?.code ?? "");
    const detail = { at: path, cause: error };
    if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB")
      return new StoreError(
        "CATALOG_CORRUPT",
        `the catalog ${path} is damaged (${messageOf(error)}); ${advice}`,
        detail,
      );
    if (code.startsWith("SQLITE_CONSTRAINT"))
      return new StoreError("CATALOG_CONFLICT", messageOf(error), detail);
    if (code === "SQLITE_FULL")
      return new StoreError("DISK_FULL", `no space left for the catalog ${path}`, detail);
    return new StoreError("DISK_FAILED", `the catalog ${path} failed: ${messageOf(error)}`, detail);
  };

/** Opens the file and checks all of it; `:memory:` keeps it in this process. */
export function openSqliteFile(path: string): SqliteFile {
  if (existsSync(path) && statSync(path).size === 0)
    throw new StoreError("CATALOG_CORRUPT", `the catalog ${path} is damaged (the file is empty); ${advice}`, {
      at: path,
    });
  try {
    const file = new SqliteDatabase(path);
    file.defaultSafeIntegers(true);
    file.pragma("journal_mode = WAL");
    file.pragma("synchronous = FULL");
    file.pragma("busy_timeout = 5000");
    // The long check: it also finds an index that misses a row, which a look-up would then not see.
    const found = file.pragma("integrity_check(1)", { simple: true });
    if (found !== "ok") throw Object.assign(new Error(String(found)), { code: "SQLITE_CORRUPT" });
    return file;
  } catch (error) {
    throw errorIn(path)(error);
  }
}

/**
 * SQLite rolls back by itself when the disk is full. A second rollback would fail, and that failure would hide
 * the first one.
 */
class OneRollback extends SqliteDialect {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    super({ database: file });
    this.#file = file;
  }

  override createDriver(): Driver {
    const driver = super.createDriver();
    const rollback = driver.rollbackTransaction.bind(driver);
    driver.rollbackTransaction = async (connection) => {
      if (this.#file.inTransaction) await rollback(connection);
    };
    return driver;
  }
}

/** The catalog in an open file; `dialect` lets the simulation put itself between Kysely and the file. */
export async function sqliteCatalog(
  file: SqliteFile,
  dialect: Dialect = new OneRollback(file),
): Promise<CatalogRepository> {
  const database = new Kysely<CatalogTables>({ dialect });
  const errorOf = errorIn(file.name);
  try {
    await migrate(database, file.name);
    await checkRows(database, file.name);
  } catch (error) {
    throw error instanceof StoreError ? error : errorOf(error);
  }
  return new CatalogRepository({ database, place: file.name, errorOf });
}
