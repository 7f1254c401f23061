/**
 * Puts a server together from parts, whichever threads they are on: the tables come up from catalog and logs,
 * then the background work begins. server/main-node.ts gives it workers and a real disk, the simulation plain
 * objects.
 */
import type { TableAdmin } from "#schemas/admin";
import type { IngestListener, IngestPort } from "#server/ingest/port";
import { type ReadRecord, recover } from "#server/recover";
import { Server, type ServerParts } from "#server/server";
import { tableAdmin } from "#server/tables/admin";

export interface Composition extends ServerParts {
  /** Starts the ingest threads, which call the listener. */
  readonly startIngest: (listener: IngestListener) => Promise<readonly IngestPort[]>;
  /** What a segment file says of itself, for a lost catalog. */
  readonly readRecord: ReadRecord;
}

export interface Composed {
  readonly server: Server;
  readonly admin: TableAdmin;
}

/** Resolves when everything that was acknowledged before can be queried. */
export async function compose(parts: Composition): Promise<Composed> {
  const server = new Server(parts);
  server.attach(await parts.startIngest(server));
  await recover(server, parts.readRecord);
  // The first answer already says what a stopped partition keeps from it.
  await server.refresh();
  server.run();
  return { server, admin: tableAdmin(server) };
}
