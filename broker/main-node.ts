/**
 * The broker's composition: the statement path, HTTP, the live hub. It is handed a server (in process or over the
 * wire), the catalog and the expression evaluator, and listens on one port.
 */
import type { FastifyInstance } from "fastify";
import { Broker } from "#broker/broker";
import { ClientBytes } from "#broker/client-bytes";
import { knownTable } from "#broker/http/definitions";
import { Drain } from "#broker/http/drain-node";
import type { HttpParts } from "#broker/http/parts";
import { buildHttp } from "#broker/http-node";
import { LiveHub } from "#broker/live/subscriptions";
import { brokerCatalog, liveBroker, queryDoor, timersOf } from "#broker/query-door";
import { messageOf, StoreError } from "#schemas/errors";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { ServerClient } from "#schemas/plan/server-client";

export interface BrokerStart extends Omit<HttpParts, "queries" | "address" | "stopping"> {
  readonly servers: readonly ServerClient[];
  readonly evaluate: Evaluate;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly allowedHosts: readonly string[];
}

export interface RunningBroker {
  /** What to open: http://host:port */
  readonly url: string;
  readonly port: number;
  /** Takes no new work: requests are answered SHUTTING_DOWN; resolves when none is under way any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const inUse = (host: string, port: number) =>
  new StoreError(
    "START_FAILED",
    `port ${port} of ${host} is taken; stop what listens there, or start with --port N`,
  );

async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") throw inUse(host, port);
    throw new StoreError("START_FAILED", `cannot listen on ${host}:${port}: ${messageOf(error)}`);
  }
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** How a browser on this machine calls a listening address. */
export const shownHost = (host: string): string => {
  if (host === "0.0.0.0" || host === "::" || host === "127.0.0.1" || host === "::1") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

/** Builds everything and listens; START_FAILED when the port cannot be had. */
export async function startBroker(start: BrokerStart): Promise<RunningBroker> {
  const { servers, evaluate, host, port, allowedHosts, ...parts } = start;
  const clients = new ClientBytes(parts.limits);
  const broker = new Broker({
    clients,
    id: `Broker_${shownHost(host)}_${port}`,
    catalog: brokerCatalog(parts.admin.definitions),
    servers,
    evaluate,
    limits: parts.limits,
    clock: parts.world.clock,
    log: parts.log,
  });
  const live = new LiveHub({
    broker: liveBroker(broker),
    tables: {
      summaries: () => parts.admin.descriptions.summaries(),
      detail: async (name) => await parts.admin.descriptions.detail(knownTable(parts.admin, name).table.name),
    },
    timers: timersOf(parts.world.clock, parts.log),
    log: parts.log,
    limits: parts.limits,
    version: parts.version,
  });
  const stopHearing = parts.admin.changes.onChange((table) => live.tableChanged(table));
  const drain = new Drain();
  const app = await buildHttp({
    drain,
    clients,
    parts: {
      ...parts,
      stopping: drain.signal,
      metrics: () => [...broker.metrics(), ...clients.metrics(), ...parts.metrics()],
      queries: queryDoor(broker, parts.limits),
      address: { host: shownHost(host), port },
    },
    live,
    allowedHosts: [
      "localhost",
      shownHost(host).toLowerCase(),
      ...allowedHosts.map((name) => name.toLowerCase()),
    ],
  });
  const listening = await listen(app, host, port);
  return {
    url: `http://${shownHost(host)}:${listening}`,
    port: listening,
    drain: async () => {
      stopHearing();
      live.close();
      await drain.begin(parts.limits.drainMs);
    },
    close: async () => {
      stopHearing();
      await app.close();
    },
  };
}
