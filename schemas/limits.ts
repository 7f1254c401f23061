/**
 * Every bound in one place, with its unit in its name. Limits are an argument everywhere, so tests pass smaller ones.
 * What hits a limit reports the limit's name and by how much it was exceeded.
 */
import { assert } from "#schemas/errors";

export interface Limits {
  /** Rows of one chunk: the unit of zone maps, bitmaps and kernel calls. Any value ≥ 1. */
  readonly chunkRows: number;
  /** Chunks of one slice: the unit of work of a scan thread; sums are merged slice by slice, in order. */
  readonly sliceChunks: number;
  /** A mutable segment seals at this many rows (or the table's own threshold, if smaller). */
  readonly segmentRows: number;
  readonly segmentMs: number;
  readonly segmentBytes: number;
  /** Unsealed bytes of one table; past it the source pauses, visibly. */
  readonly unsealedBytes: number;
  /** Rows of one staged decode batch. */
  readonly stageRows: number;
  readonly stageTextBytes: number;
  /** One record with its key and headers; a larger one is a dead letter. */
  readonly recordBytes: number;
  /** Of a record batch in memory unpacked; one that unpacks to more is read in several rounds. */
  readonly unpackedBytes: number;
  readonly tableColumns: number;
  /** Faults of one definition that an answer lists. */
  readonly definitionFaults: number;
  readonly textBytes: number;
  readonly deadLetters: number;
  readonly deadLetterBytes: number;
  readonly bodyBytes: number;
  /** Rows of one push: each costs some thirty bytes beside its own while it is looked at. */
  readonly bodyRows: number;
  /** A request's first line and headers together. */
  readonly headerBytes: number;
  /** How long requests under way may take to end when the process is asked to stop. */
  readonly drainMs: number;
  /** Rows that inference looks at, and characters of a CSV that tell how it is written. */
  readonly sampleRows: number;
  readonly csvSampleBytes: number;
  readonly sqlBytes: number;
  readonly sqlDepth: number;
  readonly frameBytes: number;
  readonly queriesRunning: number;
  readonly queriesQueued: number;
  readonly queryMs: number;
  readonly queryBytes: number;
  /** Flat aggregation state of one slice; past it keys are hashed. */
  readonly stateBytes: number;
  readonly resultRows: number;
  readonly resultBytes: number;
  readonly resultCacheBytes: number;
  /** A statement runs on the calling thread when its estimated cost is below this. */
  readonly inlineNs: number;
  readonly arenaBytes: number;
  readonly logFileBytes: number;
  readonly idempotencyMs: number;
  /** How long a start waits for the process that has its data folder: one that was killed needs a moment to end. */
  readonly ownerMs: number;
  /** Of one partition, and what they and the answers they stand for hold; the oldest are forgotten first. */
  readonly idempotencyKeys: number;
  readonly idempotencyBytes: number;
  readonly liveSubscriptions: number;
  readonly liveTickMs: number;
  /** Watched tables are looked at, and told of, at most this often. */
  readonly liveTablesMs: number;
  /** Rows of one live result: more is a table to query, not a panel to watch. */
  readonly liveRows: number;
  readonly liveClients: number;
  readonly requestsPerSecond: number;
}

const kibi = 1024;
const mebi = 1024 * kibi;
const gibi = 1024 * mebi;

export const limits: Limits = {
  chunkRows: 65_536,
  sliceChunks: 16,
  segmentRows: 1 << 20,
  segmentMs: 6 * 3_600_000,
  segmentBytes: 512 * mebi,
  unsealedBytes: 2 * gibi,
  stageRows: 8192,
  stageTextBytes: 32 * mebi,
  recordBytes: 16 * mebi,
  unpackedBytes: 16 * mebi,
  tableColumns: 512,
  definitionFaults: 100,
  textBytes: 1 * mebi,
  deadLetters: 10_000,
  deadLetterBytes: 4 * kibi,
  bodyBytes: 64 * mebi,
  bodyRows: 4 * mebi,
  headerBytes: 32 * kibi,
  drainMs: 2000,
  sampleRows: 10_000,
  csvSampleBytes: 256 * kibi,
  sqlBytes: 1 * mebi,
  sqlDepth: 128,
  frameBytes: 256 * mebi,
  queriesRunning: 8,
  queriesQueued: 256,
  queryMs: 10_000,
  queryBytes: 1 * gibi,
  stateBytes: 64 * mebi,
  resultRows: 1_000_000,
  resultBytes: 256 * mebi,
  resultCacheBytes: 128 * mebi,
  inlineNs: 400_000,
  arenaBytes: 1 * gibi,
  logFileBytes: 64 * mebi,
  idempotencyMs: 24 * 3_600_000,
  ownerMs: 5000,
  idempotencyKeys: 100_000,
  idempotencyBytes: 64 * mebi,
  liveSubscriptions: 256,
  liveTickMs: 200,
  liveTablesMs: 1000,
  liveRows: 50_000,
  liveClients: 1024,
  requestsPerSecond: 5000,
};

/** The relations between limits, checked when a process starts with its own. */
export function checkLimits(checked: Limits): Limits {
  assert(checked.chunkRows >= 1, "a chunk holds a row");
  assert(checked.sliceChunks >= 1, "a slice holds a chunk");
  assert(checked.segmentRows >= 1, "a segment holds a row");
  assert(checked.stageTextBytes >= checked.recordBytes, "a stage holds the largest record");
  assert(checked.frameBytes >= checked.bodyBytes, "a request body fits one frame");
  assert(checked.segmentBytes <= checked.unsealedBytes, "one segment fits the unsealed bytes");
  return checked;
}
checkLimits(limits);

/** Bounds of the browser app: what a page can hold, draw and keep. What is past one of them is said where it would be. */
export const appLimits = {
  /** Rows and bytes that the console asks for; the CSV has all of them. */
  consoleRows: 10_000,
  consoleBytes: 32 * mebi,
  /** Places along an axis of bars, points of a line, positions × series of a chart. */
  chartBars: 2000,
  chartPoints: 50_000,
  chartCells: 200_000,
  /** Series of one chart; slices of a ring, of which the last is the rest. */
  chartSeries: 50,
  chartSlices: 24,
  /** Columns that a table shows all of; more are drawn as they come into sight. */
  gridColumns: 40,
  /** Characters of a cell that a table draws; a file has all of them. */
  cellChars: 1000,
  /** Segments of the strip along time. */
  stripSegments: 500,
  /** Tables and columns that the schema tree lists before it asks. */
  treeTables: 100,
  treeColumns: 100,
  /** Tabs, and those of them that hold the rows of their last run. */
  consoleTabs: 30,
  consoleResults: 8,
  historyEntries: 200,
  /** Longest statement that the history and an address carry. */
  historySqlChars: 20_000,
  addressSqlChars: 8000,
  undoSteps: 100,
} as const;
