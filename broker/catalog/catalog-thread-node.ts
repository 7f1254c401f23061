/** Opens the process's catalog: SQLite on its own thread, or PostgreSQL when a DATABASE_URL is given. */
import { Worker } from "node:worker_threads";
import type { CatalogClient } from "#schemas/catalog";
import { type ErrorCode, StoreError } from "#schemas/errors";
import { connectCalls } from "#schemas/wire/calls";
import { openPostgresCatalog } from "./postgres-node.ts";

/** The thread's young generation, MiB: it hands on rows of SQLite. */
const youngMb = 8;

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly at: string | undefined;
}

/** SQLite in `path` on a thread of its own. CATALOG_CORRUPT names the file. */
export async function openSqliteThread(path: string): Promise<CatalogClient> {
  const worker = new Worker(new URL("./worker-catalog-node.ts", import.meta.url), {
    workerData: { path },
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });
  const opened = Promise.withResolvers<void>();
  const connection = connectCalls<CatalogClient>(
    {
      post: (message) => worker.postMessage(message),
      listen: (handler) => worker.on("message", handler),
    },
    (name, value) => {
      if (name === "opened") return opened.resolve();
      const { code, message, at } = value as Refusal;
      opened.reject(new StoreError(code, message, at === undefined ? {} : { at }));
    },
  );
  const ended = (cause?: unknown) => {
    const error = new StoreError("SHUTTING_DOWN", "the catalog's thread has ended", { cause });
    opened.reject(error);
    connection.fail(error);
  };
  worker.on("error", ended);
  worker.on("exit", () => ended());
  try {
    await opened.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  const { remote } = connection;
  const close = async () => {
    await remote.close();
    await worker.terminate();
  };
  return new Proxy(remote, {
    get: (target, method) => (method === "close" ? close : Reflect.get(target, method)),
  });
}

/** The catalog that the environment asks for. */
export const openCatalog = (options: {
  sqlitePath: string;
  databaseUrl: string | undefined;
}): Promise<CatalogClient> =>
  options.databaseUrl === undefined
    ? openSqliteThread(options.sqlitePath)
    : openPostgresCatalog(options.databaseUrl);
