#!/usr/bin/env node
/**
 * The command line. `freshet start` makes one process: builds what is stale, starts the server, the broker and,
 * unless told otherwise, the café demo. Everything that can be wrong with a start is one clear line.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { helpText, isLoopback, openDoors, parseStart, type StartArguments } from "#broker/arguments";
import { applyDefinitions, readDefinitions } from "#broker/definition-files-node";
import { type RunningBroker, shownHost, startBroker } from "#broker/main-node";
import { checkNatives } from "#broker/native-check-node";
import { startDemo } from "#ingestion/demo-start-node";
import { inferTable } from "#ingestion/infer/infer";
import { KafkaTopics } from "#ingestion/source/kafka-topics-node";
import { messageOf, StoreError } from "#schemas/errors";
import type { Log } from "#schemas/world";
import { evaluate } from "#server/execute/functions/evaluate";
import { areKernelsBuilt, buildKernels, compileAssemblyScript, isCompiled } from "#server/kernels/build-node";
import { type RunningServer, type ServerOptions, startServer } from "#server/main-node";
import { buildWeb, isWebBuilt } from "./web/build-node.ts";

const root = dirname(fileURLToPath(import.meta.url));
const webFolder = join(root, ".build/web");
const stopMs = 5000;

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** Warnings and errors on standard error, one line each; everything with FRESHET_LOG=debug. */
const log: Log = (level, message, fields) => {
  if (level === "debug" && process.env["FRESHET_LOG"] !== "debug") return;
  if (level === "info" && process.env["FRESHET_LOG"] === undefined) return;
  const more = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${more}\n`);
};

const extractEntries = ["ingestion/decode/extract.as.ts"];

/** Bundles the app and compiles kernels where their sources changed; the app first, because it says so. */
async function build(): Promise<void> {
  const building = () =>
    process.stdout.write(`Freshet ${version} builds its pages and kernels, once: about ten seconds\n`);
  await buildWeb({ outFolder: webFolder, building });
  await buildKernels();
  await compileAssemblyScript(extractEntries, "extract");
}

/**
 * Builds in a process of its own if there is something to build: bundler and compiler leave hundreds of megabytes in a
 * heap, which a server would hold for ever.
 */
async function buildApart(): Promise<void> {
  if (isWebBuilt(webFolder) && areKernelsBuilt() && isCompiled(extractEntries, "extract")) return;
  const program = [...process.execArgv, process.argv[1] as string, "build"];
  const child = spawn(process.execPath, program, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new StoreError("START_FAILED", "the pages and kernels could not be built; see above");
}

function serverOptions(args: StartArguments): ServerOptions {
  const threads = args.threads === null ? {} : { threads: { ingest: 1, scan: args.threads } };
  const memory = args.memoryBytes === null ? {} : { memoryBytes: args.memoryBytes };
  return {
    dataFolder: resolve(args.data),
    kafkaBrokers: args.kafka,
    hostName: shownHost(args.host),
    databaseUrl: process.env["DATABASE_URL"],
    log,
    ...threads,
    ...memory,
  };
}

const brokerOf = (args: StartArguments, server: RunningServer): Promise<RunningBroker> =>
  startBroker({
    ...server,
    servers: [server.client],
    evaluate,
    infer: inferTable,
    host: args.host,
    port: args.port,
    allowedHosts: args.allowedHosts,
    version,
    kafkaBrokers: args.kafka,
    webFolder,
    log,
  });

/** Tables of --tables, then the demo's, which goes on in the background until the signal. */
async function fill(args: StartArguments, server: RunningServer, signal: AbortSignal): Promise<void> {
  const { admin, world, limits, catalog } = server;
  const desk = { definitions: admin.definitions, limits, nowMs: () => world.clock.nowMs() };
  if (args.tables !== null) await applyDefinitions(desk, readDefinitions(resolve(args.tables)));
  if (!args.demo) return;
  const kafka =
    args.kafka.length === 0
      ? null
      : { brokers: args.kafka, topics: new KafkaTopics({ brokers: args.kafka, properties: {}, log }) };
  const backfill = kafka === null || args.demoBackfill;
  await startDemo({ admin, catalog, world, limits, kafka, rate: args.demoRate, backfill, signal });
}

/** Resolves at Ctrl-C or a polite kill; a second one ends the process at once. */
const asked = (): Promise<void> =>
  new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        done();
      });
    }
  });

/** A wrong --kafka shows where it was typed, not only when a table is made. */
const tellKafka = ({ admin }: RunningServer): Promise<void> =>
  admin.topics.list().then(
    () => {},
    (error: unknown) => log("warn", `${messageOf(error)}; check --kafka. Tables are read once it answers`),
  );

async function start(args: StartArguments): Promise<void> {
  const stopped = asked();
  await checkNatives();
  await buildApart();
  const server = await startServer(serverOptions(args));
  const stop = new AbortController();
  let broker: RunningBroker | null = null;
  try {
    broker = await brokerOf(args, server);
    await fill(args, server, stop.signal);
    const page = args.demo ? "/ui/dashboards/cafe" : "/ui/";
    if (!isLoopback(args.host)) process.stderr.write(openDoors(args.host, broker.port));
    process.stdout.write(`Freshet ${version} is ready: ${broker.url}${page}\n`);
    flushCompileCache();
    if (args.kafka.length > 0) void tellKafka(server);
    await stopped;
  } finally {
    stop.abort(new Error("stopping"));
    setTimeout(() => process.exit(1), stopMs).unref();
    await broker?.drain();
    await server.close();
    await broker?.close();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const [command = "start", ...rest] = args;
  if (command === "build") return build();
  if (command === "help" || command === "--help") return void process.stdout.write(helpText);
  if (command !== "start")
    throw new StoreError("START_FAILED", `unknown command "${command}"; expected start, build or help`);
  const parsed = parseStart(rest);
  if (parsed === null) return void process.stdout.write(helpText);
  return start(parsed);
}

try {
  await main(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  const expected = error instanceof StoreError && error.code !== "INTERNAL";
  process.stderr.write(
    `freshet: ${expected ? messageOf(error) : ((error as Error).stack ?? messageOf(error))}\n`,
  );
  process.exit(1);
}
