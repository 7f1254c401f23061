/** The broker as the HTTP routes and the live hub see it. */
import type { Broker } from "#broker/broker";
import type { QueryDoor } from "#broker/http/parts";
import type { LiveBroker, LiveTimers } from "#broker/live/live-broker";
import type { BrokerCatalog } from "#broker/prepare";
import { encode } from "#broker/response/encode";
import { responseOf } from "#broker/response/json";
import type { Snapshot } from "#broker/snapshot";
import type { TableAdmin } from "#schemas/admin";
import { plainTableName } from "#schemas/definition/define";
import { assert, StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { SnapshotInfo } from "#schemas/plan/server-client";
import type { Table } from "#schemas/table";
import type { Clock } from "#schemas/world";

/** Tables by name, case ignored, in any of Pinot's spellings; the version grows with every definition change. */
export function brokerCatalog(admin: TableAdmin): BrokerCatalog {
  const known = () => admin.records();
  const find = (name: string) => {
    const wanted = name.toLowerCase();
    return known().find(({ table }) => table.name.toLowerCase() === wanted)?.table;
  };
  let seen: readonly Table[] = [];
  let version = 0;
  return {
    table: (name) => find(name) ?? find(plainTableName(name)),
    names: () => known().map(({ table }) => table.name),
    version: () => {
      const now = known().map(({ table }) => table);
      // By identity: a table dropped and made anew begins again at version 1.
      if (now.length !== seen.length || now.some((table, at) => table !== seen[at])) version++;
      seen = now;
      return version;
    },
  };
}

/** Statements over HTTP. */
export function queryDoor(broker: Broker, limits: Limits): QueryDoor {
  return {
    answer: async (request, { accept, dialect, signal, client }) => {
      if (request.sql.length > limits.sqlBytes) {
        throw new StoreError("BODY_BYTES", `the statement is longer than sqlBytes = ${limits.sqlBytes}`);
      }
      const question = {
        sql: request.sql,
        queryOptions: request.queryOptions ?? "",
        dialect,
        timeZone: "UTC",
        clientQueryId: request.clientQueryId ?? null,
        client,
        nowMs: null,
        snapshot: null,
        signal,
      };
      return await broker.respond(question, (answer) => encode(answer, accept));
    },
    cancel: (id) => broker.cancel(id),
    running: () => broker.running(),
  };
}

/** Statements of live pages: from one snapshot a tick, answered as the app reads them. */
export function liveBroker(broker: Broker): LiveBroker {
  const held = new Map<string, Snapshot>();
  return {
    tableOf: (sql) => {
      const asked = { sql, queryOptions: "", dialect: "native", timeZone: "UTC" } as const;
      const { fragment } = broker.prepare(asked, broker.parts.clock.nowMs()).plan;
      if (fragment === null) throw new StoreError("SQL_UNSUPPORTED", "a live statement reads a table");
      return fragment.table;
    },
    snapshot: async (table) => {
      const snapshot = await broker.snapshot(table);
      held.set(snapshot.info.id, snapshot);
      return snapshot.info;
    },
    release: ({ id }: SnapshotInfo) => {
      const snapshot = held.get(id);
      held.delete(id);
      if (snapshot !== undefined) broker.release(snapshot);
    },
    ask: async (sql, { snapshot: { id }, nowMs, timeZone, signal }) => {
      const snapshot = held.get(id);
      assert(snapshot !== undefined, "a live tick holds its snapshot");
      const base = { sql, queryOptions: "", dialect: "native", clientQueryId: null, client: "live" } as const;
      return responseOf(await broker.ask({ ...base, timeZone, nowMs, snapshot, signal }));
    },
  };
}

/** One-shot timers of the process's clock. */
export function timersOf(clock: Clock): LiveTimers {
  return {
    nowMs: () => clock.nowMs(),
    after: (delayMs, callback) => {
      const stop = new AbortController();
      clock.sleep(delayMs, stop.signal).then(callback, () => undefined);
      return () => stop.abort();
    },
  };
}
