/** The broker as the HTTP routes and the live hub see it. */
import type { Broker } from "#broker/broker";
import type { QueryDoor } from "#broker/http/parts";
import type { LiveBroker, LiveTimers } from "#broker/live/live-broker";
import type { BrokerCatalog } from "#broker/prepare";
import { encode } from "#broker/response/encode";
import { responseOf } from "#broker/response/json";
import type { Snapshot } from "#broker/snapshot";
import type { TableDefinitions } from "#schemas/admin";
import { identityOf } from "#schemas/catalog";
import { plainTableName } from "#schemas/definition/define";
import { assert, messageOf, StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { SnapshotSet } from "#schemas/plan/snapshot";
import type { Clock, Log } from "#schemas/world";

/** Tables by name, case ignored, in any of Pinot's spellings. */
export function brokerCatalog(definitions: Pick<TableDefinitions, "record" | "records">): BrokerCatalog {
  const find = (name: string) => definitions.record(name) ?? definitions.record(plainTableName(name));
  return {
    table: (name) => find(name)?.table,
    names: () => definitions.records().map(({ table }) => table.name),
    identity: (name) => {
      const found = find(name);
      return found === undefined ? undefined : identityOf(found);
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
  const held = new Map<SnapshotSet, Snapshot>();
  return {
    tablesOf: async (sql, signal) => {
      const asked = { sql, queryOptions: "", dialect: "native", timeZone: "UTC" } as const;
      const { plan } = await broker.prepare(asked, broker.parts.clock.nowMs(), signal);
      const { fragment } = plan;
      if (fragment === null) throw new StoreError("SQL_UNSUPPORTED", "a live statement reads a table");
      return [fragment.table];
    },
    snapshot: async (tables, nowMs) => {
      const snapshot = await broker.snapshot(tables, nowMs);
      held.set(snapshot, snapshot);
      return snapshot;
    },
    release: (set) => {
      const snapshot = held.get(set);
      held.delete(set);
      if (snapshot !== undefined) broker.release(snapshot);
    },
    ask: async (sql, { snapshot: set, timeZone, signal }) => {
      const snapshot = held.get(set);
      assert(snapshot !== undefined, "a live tick holds its snapshot");
      const base = { sql, queryOptions: "", dialect: "native", clientQueryId: null, client: "live" } as const;
      const { liveRows: rows, liveBytes: bytes } = broker.parts.limits;
      const most = { rows, bytes, words: "a live result" };
      return await broker.respond({ ...base, timeZone, snapshot, signal }, (answer) =>
        responseOf(answer, most),
      );
    },
  };
}

/** One-shot timers of the process's clock. */
export function timersOf(clock: Clock, log: Log): LiveTimers {
  return {
    nowMs: () => clock.nowMs(),
    after: (delayMs, callback) => {
      const stop = new AbortController();
      const due = clock.sleep(delayMs, stop.signal).then(
        () => true,
        () => false,
      );
      due
        .then((isDue) => (isDue ? callback() : undefined))
        .catch((error: unknown) => log("error", "a timer failed inside", { error: messageOf(error) }));
      return () => stop.abort();
    },
  };
}
