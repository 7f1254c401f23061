/** The whole process but its command line: production's server and broker, on one thread, listening on a free port. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, RouteOptions } from "fastify";
import { startBroker } from "#broker/main-node";
import { inferTable } from "#ingestion/infer/infer";
import type { CatalogClient } from "#schemas/catalog";
import { type Limits, limits as usualLimits } from "#schemas/limits";
import { evaluate } from "#server/execute/functions/evaluate";
import { type ServerOptions, startServer } from "#server/main-node";
import { root } from "#test/setup/sources-node";

export interface Served {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  /** The data folder. */
  readonly data: string;
  /** What an earlier version may have written goes in here. */
  readonly catalog: CatalogClient;
  /** "GET /tables/:name" of every route that the router knows; HEAD goes without saying. */
  readonly registered: readonly string[];
  /** What a stop does first. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Hears of every route of the applications made while `work` runs, from the framework itself. */
async function hearingRoutes<T>(work: () => Promise<T>): Promise<{ result: T; registered: string[] }> {
  const registered: string[] = [];
  const hear = (message: unknown) => {
    const { fastify } = message as { readonly fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url }: RouteOptions) => {
      for (const one of [method].flat()) if (one !== "HEAD") registered.push(`${one} ${url}`);
    });
  };
  subscribe("fastify.initialization", hear);
  try {
    return { result: await work(), registered };
  } finally {
    unsubscribe("fastify.initialization", hear);
  }
}

/** A web app of one page, so that its routes are there too. */
function webPage(folder: string): string {
  mkdirSync(join(folder, "web/assets"), { recursive: true });
  writeFileSync(join(folder, "web/index.html"), "<!doctype html>");
  return join(folder, "web");
}

/** With limits of a test's own; with threads, or all on this one. */
export async function serve(
  options: { readonly limits?: Partial<Limits>; readonly threads?: ServerOptions["threads"] } = {},
): Promise<Served> {
  const { limits = {}, threads = "inline" } = options;
  const folder = mkdtempSync(join(tmpdir(), "freshet-serve-"));
  const log = () => {};
  const server = await startServer({
    dataFolder: join(folder, "data"),
    memoryBytes: 512 << 20,
    threads,
    limits: { ...usualLimits, ...limits },
    log,
  });
  const { result: broker, registered } = await hearingRoutes(() =>
    startBroker({
      ...server,
      servers: [server.client],
      evaluate,
      infer: inferTable,
      host: "127.0.0.1",
      port: 0,
      allowedHosts: [],
      version: "1.2.3",
      kafkaBrokers: [],
      webFolder: webPage(folder),
      log,
    }),
  );
  return {
    url: broker.url.replace("localhost", "127.0.0.1"),
    data: join(folder, "data"),
    catalog: server.catalog,
    registered,
    drain: () => broker.drain(),
    close: async () => {
      await broker.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What comes back over a socket for these very bytes; ends when the server ends the connection. */
export const exchange = (url: string, text: string): Promise<string> =>
  new Promise((done, failed) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8").on("data", (data) => (answer += data));
    socket.on("error", failed).on("close", () => done(answer));
  });

/** A definition that the repository carries. */
export const definition = (path: string): unknown =>
  JSON.parse(readFileSync(join(root, "schemas/tables", path), "utf8"));
