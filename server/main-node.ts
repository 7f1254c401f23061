/**
 * The server's composition: lock and folder, catalog, arenas, threads, tables. The workers it starts run this
 * same file under a role, because only here may ingestion and server meet.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { openCatalog } from "#broker/catalog/catalog-thread-node";
import { readKafkaBatch, recordCrcIn } from "#ingestion/decode/record-batch";
import { Host } from "#ingestion/host";
import { KafkaSource } from "#ingestion/source/kafka-node";
import { KafkaTopics } from "#ingestion/source/kafka-topics-node";
import type { TableAdmin } from "#schemas/admin";
import type { CatalogClient } from "#schemas/catalog";
import { StoreError } from "#schemas/errors";
import type { IngestEnvironment } from "#schemas/ingest";
import {
  arenaBytesWithin,
  checkLimits,
  type Limits,
  limitsWithin,
  serverBounds,
  limits as usualLimits,
} from "#schemas/limits";
import type { Metric } from "#schemas/metric";
import type { ServerClient } from "#schemas/plan/server-client";
import type { Log, World } from "#schemas/world";
import type { Arena } from "#server/arena/arena";
import { ArenaPool } from "#server/arena/pool";
import { collectAtRest } from "#server/collect-node";
import { compose } from "#server/compose";
import { ThreadPool } from "#server/execute/threads/pool-node";
import { lockFolderPatiently } from "#server/folder-lock-node";
import type { IngestListener, IngestPort } from "#server/ingest/port";
import { IngestSide, type MakeHost } from "#server/ingest/side";
import { compileAssemblyScript } from "#server/kernels/build-node";
import { type KernelSource, kernelsFor } from "#server/kernels/instance";
import { loadKernels } from "#server/kernels/load-kernels-node";
import { metricsOf } from "#server/metrics";
import { prepareFolder } from "#server/private-folder-node";
import { makeScanner } from "#server/scanner";
import type { Sealer } from "#server/sealing/port";
import { readRecord } from "#server/sealing/read-record";
import { SealSide } from "#server/sealing/side";
import { Cache } from "#server/segment/cache";
import { openSegment } from "#server/segment/open";
import { type Scanner, type Topics, usualPace } from "#server/server";
import { roleData, startThread, type Thread, workerSide } from "#server/threads-node";
import { realWorld } from "#server/world-node";

export interface ServerOptions {
  /** Made when it is missing. START_FAILED when another process has it or it cannot be written. */
  readonly dataFolder: string;
  /** The process's Kafka; none: the embedded stream. Which of the two is fixed at the folder's first start. */
  readonly kafkaBrokers?: readonly string[];
  readonly limits?: Limits;
  /** What the process may hold, arenas, heaps and buffers; by default two thirds of what there is. */
  readonly memoryBytes?: number;
  readonly threads?: { readonly ingest: number; readonly scan: number } | "inline";
  /** PostgreSQL instead of the embedded catalog. */
  readonly databaseUrl?: string | undefined;
  /** What $hostName says; "localhost" by default. */
  readonly hostName?: string;
  readonly log?: Log;
  /** A thread died: the process must end and start again. */
  readonly onFatal?: (error: Error) => void;
}

export interface RunningServer {
  readonly client: ServerClient;
  readonly admin: TableAdmin;
  readonly catalog: CatalogClient;
  readonly world: World;
  readonly limits: Limits;
  readonly metrics: () => readonly Metric[];
  close(): Promise<void>;
}

/** What every worker of the server is given. */
interface RoleData {
  readonly role: "ingest" | "seal";
  readonly dataFolder: string;
  readonly limits: Limits;
  readonly memories: readonly WebAssembly.Memory[];
  readonly kernels: KernelSource;
  readonly extractor: WebAssembly.Module | null;
  readonly kafkaBrokers: readonly string[];
}

/** Ingestion's host as this process's real sources and this thread's sinks make it. */
const hostMaker =
  (
    parts: Pick<IngestEnvironment, "world" | "limits" | "extractor"> & { kafkaBrokers: readonly string[] },
  ): MakeHost =>
  ({ openSink, events }) => {
    const { world, limits, extractor, kafkaBrokers } = parts;
    return new Host({
      world,
      limits,
      extractor,
      openSink,
      events,
      openSource: ({ stream }) =>
        stream.kind === "embedded"
          ? null
          : new KafkaSource({
              brokers: stream.brokers.length > 0 ? stream.brokers : kafkaBrokers,
              properties: stream.properties,
              topic: stream.topic,
              limits,
              log: world.log,
            }),
      sliceKafka: (batch) => readKafkaBatch(batch, limits),
      crcKafka: (batch, offset) => recordCrcIn(batch, offset, limits),
    });
  };

const kernelsOf = (source: KernelSource) => (arena: Arena) => kernelsFor(arena, source);

function ingestSide(
  data: Omit<RoleData, "role" | "memories" | "dataFolder">,
  parts: {
    readonly world: World;
    readonly pool: ArenaPool;
    readonly listener: IngestListener;
  },
): IngestSide {
  const { world, pool, listener } = parts;
  const { limits, extractor, kafkaBrokers } = data;
  const makeHost = hostMaker({ world, limits, extractor, kafkaBrokers });
  return new IngestSide({ world, limits, pool, kernels: kernelsOf(data.kernels), listener, makeHost });
}

/** A worker's whole life. */
function runRole(data: RoleData): void {
  const side = workerSide<IngestListener>();
  const world = realWorld({ folder: data.dataFolder, log: side.log });
  const pool = ArenaPool.attach(data.memories);
  const { limits, kernels } = data;
  side.serve(
    data.role === "ingest"
      ? ingestSide(data, { world, pool, listener: side.remote })
      : new SealSide({ world, limits, pool, kernels: kernelsOf(kernels), afterwards: collectAtRest() }),
  );
}

const role = roleData<RoleData>();
if (role !== null) runRole(role);

/** Two thirds of what there is: the rest is for the page cache and everybody else. */
function usualMemoryBytes(): number {
  const allowed = process.constrainedMemory();
  const machine = totalmem();
  return Math.floor((allowed > 0 && allowed < machine ? allowed : machine) * (2 / 3));
}

/** A folder serves one kind of stream for ever: offsets of another mean something else. */
async function fixStream(catalog: CatalogClient, kafkaBrokers: readonly string[]): Promise<void> {
  const wanted = kafkaBrokers.length === 0 ? "embedded" : "kafka";
  const known = await catalog.setting("stream");
  if (known === null) return catalog.setSetting("stream", wanted);
  if (known === wanted) return;
  const advice = known === "kafka" ? "start it with --kafka" : "start it without --kafka";
  throw new StoreError(
    "START_FAILED",
    `this data folder was first started ${known === "kafka" ? "on Kafka" : "with the embedded stream"}; ${advice}, or choose another --data`,
  );
}

const topicsOf = (kafkaBrokers: readonly string[], limits: Limits, log: Log): Topics =>
  kafkaBrokers.length === 0
    ? { list: async () => [], sample: async () => [] }
    : new KafkaTopics({ brokers: kafkaBrokers, properties: {}, log }, limits);

/** Decodes plain JSON in WebAssembly; rows that it does not know go to the TypeScript decoder. */
const loadExtractor = async (): Promise<WebAssembly.Module> =>
  new WebAssembly.Module(
    readFileSync(await compileAssemblyScript(["ingestion/decode/extract.as.ts"], "extract")),
  );

const logToStderr: Log = (level, message) => {
  if (level === "warn" || level === "error") process.stderr.write(`${level}: ${message}\n`);
};

/** A dead thread leaves shared memory in an unknown state. */
const die = (error: Error): never => {
  process.stderr.write(`a thread died: ${error.stack ?? error.message}\n`);
  process.exit(70);
};

/** Tests shrink limits of a whole process: FRESHET_LIMITS='{"logFileBytes":65536}'. */
const limitsOfTests = (): Partial<Limits> => JSON.parse(process.env["FRESHET_LIMITS"] ?? "{}");

const memoryOf = ({ memoryBytes }: ServerOptions): number => memoryBytes ?? usualMemoryBytes();

const limitsOf = (options: ServerOptions): Limits =>
  checkLimits(options.limits ?? { ...limitsWithin(memoryOf(options), usualLimits), ...limitsOfTests() });

interface Threads {
  readonly sealer: Sealer;
  readonly scanner: Scanner;
  readonly startIngest: (listener: IngestListener) => Promise<readonly IngestPort[]>;
  terminate(): Promise<void>;
}

/** Everything on this thread, for tests and for debugging. */
function inlineThreads(
  data: Omit<RoleData, "role">,
  world: World,
  pool: ArenaPool,
  hostName: string,
): Threads {
  const { limits, kernels } = data;
  return {
    sealer: new SealSide({ world, limits, pool, kernels: kernelsOf(kernels) }),
    scanner: makeScanner({ pool, kernels: kernelsOf(kernels), limits, clock: world.clock, hostName }),
    startIngest: async (listener) => [ingestSide(data, { world, pool, listener })],
    terminate: async () => {},
  };
}

/** A quarter of the cores takes rows in, up to four; all of them scan when there is something to scan. */
function usualThreads(): { readonly ingest: number; readonly scan: number } {
  const cores = availableParallelism();
  return { ingest: Math.min(4, Math.max(1, cores >> 2)), scan: cores };
}

async function startThreads(
  options: ServerOptions,
  data: Omit<RoleData, "role">,
  world: World,
  pool: ArenaPool,
): Promise<Threads> {
  const { threads = usualThreads(), hostName = "localhost", onFatal = die } = options;
  if (threads === "inline") return inlineThreads(data, world, pool, hostName);
  const started: Thread<object>[] = [];
  const start = async <T extends object>(role: RoleData["role"], serve: object): Promise<T> => {
    const roleData = { ...data, role } satisfies RoleData;
    const entry = new URL(import.meta.url);
    const youngMb = role === "ingest" ? ingestYoungMb : sealYoungMb;
    const thread = await startThread<T>({ entry, data: roleData, youngMb, serve, log: world.log, onFatal });
    started.push(thread);
    return thread.remote;
  };
  const { kernels, limits, memories } = data;
  const scans = await ThreadPool.start({
    memories,
    kernels,
    threads: threads.scan,
    log: world.log,
    arenas: pool,
  });
  return {
    sealer: await start<Sealer>("seal", {}),
    scanner: makeScanner({ pool, kernels: kernelsOf(kernels), limits, clock: world.clock, hostName, scans }),
    startIngest: (listener) =>
      Promise.all(Array.from({ length: threads.ingest }, () => start<IngestPort>("ingest", listener))),
    terminate: async () => void (await Promise.all(started.map((thread) => thread.terminate()))),
  };
}

/** Young generations, in MiB: what a thread makes and drops between two small collections. */
const ingestYoungMb = 48;
const sealYoungMb = 16;

/** Shares of the memory: what sealed segments may keep decoded, the rest is for unsealed rows and for queries. */
const sealedShare = 0.5;
const evictBytes = serverBounds.evictBytes;

/** Starts everything; resolves when all rows acknowledged before can be queried. START_FAILED says why it cannot. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { dataFolder, log = logToStderr } = options;
  prepareFolder(dataFolder, log);
  const lock = await lockFolderPatiently(dataFolder, { waitMs: limitsOf(options).ownerMs, log });
  const closers: (() => unknown)[] = [() => lock.release()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await startLocked(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startLocked(
  options: ServerOptions,
  closers: (() => unknown)[],
): Promise<Omit<RunningServer, "close">> {
  const { dataFolder, kafkaBrokers = [], log = logToStderr } = options;
  const limits = limitsOf(options);
  const world = realWorld({ folder: dataFolder, log });
  const sqlitePath = join(dataFolder, "catalog.sqlite");
  const catalog = await openCatalog({ sqlitePath, databaseUrl: options.databaseUrl });
  closers.push(() => catalog.close());
  await fixStream(catalog, kafkaBrokers);
  const budgetBytes = arenaBytesWithin(memoryOf(options));
  const pool = ArenaPool.create({ budgetBytes, arenaBytes: limits.arenaBytes, poison: false });
  const [kernels, extractor] = await Promise.all([loadKernels(), loadExtractor()]);
  const data = { limits, kernels, extractor, kafkaBrokers };
  const threads = await startThreads(
    options,
    { ...data, dataFolder, memories: pool.memories() },
    world,
    pool,
  );
  closers.push(() => threads.terminate());
  const cache = new Cache(budgetBytes * sealedShare);
  let opened = 0;
  const { server, admin } = await compose({
    name: "server",
    world,
    limits,
    catalog,
    pool,
    sealer: threads.sealer,
    scanner: threads.scanner,
    openSegment: ({ path }) => {
      const arena = pool.arena(opened++ % pool.arenas.length);
      return openSegment({ disk: world.disk, path, arena, kernels: kernelsFor(arena, kernels), cache });
    },
    evict: (arena) => void cache.release(pool.arena(arena), evictBytes),
    topics: topicsOf(kafkaBrokers, limits, log),
    pace: { ...usualPace, maintainMs: Number(process.env["FRESHET_MAINTAIN_MS"] ?? usualPace.maintainMs) },
    startIngest: threads.startIngest,
    readRecord: (path) => readRecord(world, path),
  });
  closers.push(() => server.close());
  const metrics = () => metricsOf(server, cache);
  return { client: server, admin, catalog, world, limits, metrics };
}
