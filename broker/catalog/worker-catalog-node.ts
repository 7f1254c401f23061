/** Entry of the catalog's thread: commits fsync, and a commit beside heavy writes must not hold up the main thread. */
import { parentPort, workerData } from "node:worker_threads";
import { assert, storeErrorOf } from "#schemas/errors";
import { postEvent, serveCalls } from "#schemas/wire/calls";
import { openSqliteFile, sqliteCatalog } from "./sqlite-node.ts";

assert(parentPort !== null, "the catalog's thread is started by catalog-thread-node.ts");
const messages = parentPort;
const port = {
  post: (message: unknown) => messages.postMessage(message),
  listen: (handler: (message: unknown) => void) => messages.on("message", handler),
};
try {
  serveCalls(port, await sqliteCatalog(openSqliteFile((workerData as { path: string }).path)));
  postEvent(port, "opened", null);
} catch (error) {
  const { code, message, detail } = storeErrorOf(error);
  postEvent(port, "refused", { code, message, at: detail.at });
}
