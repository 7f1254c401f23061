/**
 * The production catalog over SQLite in memory, for mortal processes: a statement is a step at which the process may
 * die, and a transaction that was open then is rolled back, as SQLite does when it next opens the file.
 */
import {
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteDialect,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { openSqliteFile, type SqliteFile, sqliteCatalog } from "#broker/catalog/sqlite-node";
import type { CatalogClient } from "#schemas/catalog";
import type { Mortal } from "./mortal.ts";

export const catalogFile = (): SqliteFile => openSqliteFile(":memory:");

class MortalDriver implements Driver {
  readonly #driver: Driver;
  readonly #mortal: Mortal;
  /** Planted bug: every statement commits by itself. */
  readonly #outside: boolean;
  constructor(driver: Driver, mortal: Mortal, outside: boolean) {
    this.#driver = driver;
    this.#mortal = mortal;
    this.#outside = outside;
  }
  init() {
    return this.#driver.init();
  }
  async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await this.#driver.acquireConnection();
    return {
      executeQuery: (query) => this.#mortal.run(`catalog ${query.sql}`, () => connection.executeQuery(query)),
      streamQuery: () => {
        throw new Error("the catalog does not stream");
      },
    };
  }
  async beginTransaction(connection: DatabaseConnection) {
    if (!this.#outside) await this.#driver.beginTransaction(connection, {});
  }
  async commitTransaction(connection: DatabaseConnection) {
    if (!this.#outside) await this.#driver.commitTransaction(connection);
  }
  async rollbackTransaction(connection: DatabaseConnection) {
    if (!this.#outside) await this.#driver.rollbackTransaction(connection);
  }
  releaseConnection(connection: DatabaseConnection) {
    return this.#driver.releaseConnection(connection);
  }
  async destroy() {}
}

/** The catalog as the next process finds it. */
export function mortalCatalog(
  file: SqliteFile,
  mortal: Mortal,
  bugs: { readonly commitsOutside: boolean },
): Promise<CatalogClient> {
  if (file.inTransaction) file.exec("rollback");
  const real = new SqliteDialect({ database: file });
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new MortalDriver(real.createDriver(), mortal, bugs.commitsOutside),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return sqliteCatalog(file, dialect);
}
