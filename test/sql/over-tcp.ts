/** A store whose servers each listen on a port, with the broker's real clients in front: the same answers, by wire. */
import { TcpServerClient } from "#broker/server-client-node";
import { limits } from "#schemas/limits";
import type { Fragment } from "#schemas/plan/plan";
import type { ExecuteOptions, ServerClient } from "#schemas/plan/server-client";
import type { Clock } from "#schemas/world";
import { type Listener, listenFrames } from "#server/listen-node";
import type { TestStore } from "#test/sql/store";

/** A client that is there before its server listens. */
class WiredServer implements ServerClient {
  readonly name: string;
  readonly #listener: Promise<Listener>;
  readonly #client: Promise<TcpServerClient>;

  constructor(server: ServerClient, clock: Clock) {
    this.name = server.name;
    const host = "127.0.0.1";
    this.#listener = listenFrames({ server, host, port: 0, limits, clock, log: () => undefined });
    this.#client = this.#listener.then(
      ({ port }) => new TcpServerClient({ name: server.name, host, port }, { limits, clock }),
    );
  }

  async snapshot(tables: readonly string[]) {
    return (await this.#client).snapshot(tables);
  }

  release(snapshotId: string): void {
    this.#client.then((client) => client.release(snapshotId)).catch(() => undefined);
  }

  async execute(snapshotId: string, fragment: Fragment, options: ExecuteOptions, signal: AbortSignal) {
    return (await this.#client).execute(snapshotId, fragment, options, signal);
  }

  async explain(snapshotId: string, fragment: Fragment) {
    return (await this.#client).explain(snapshotId, fragment);
  }

  async close(): Promise<void> {
    await (await this.#client).close();
    await (await this.#listener).close();
  }
}

/** The store behind sockets. */
export function overTcp(store: TestStore, clock: Clock): TestStore {
  const servers = store.servers.map((server) => new WiredServer(server, clock));
  return {
    servers,
    put: (table) => store.put(table),
    close: async () => {
      for (const server of servers) await server.close();
      await store.close();
    },
  };
}
