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
  /** Bodies that are coming in and answers that are not read yet, of all clients together, half for each. */
  readonly clientBytes: number;
  /** How long a request may take to arrive whole, and how long an answer may wait without a byte being read. */
  readonly requestMs: number;
  readonly unreadMs: number;
  /** A body that defines something: a schema, a table, a dashboard, rows to guess columns from. */
  readonly definitionBytes: number;
  /** Arrays and objects of JSON within each other. */
  readonly jsonDepth: number;
  /** Values of a body that is read as JSON. */
  readonly jsonItems: number;
  /** A request's first line and headers together. */
  readonly headerBytes: number;
  /** How long requests under way may take to end when the process is asked to stop. */
  readonly drainMs: number;
  /** Rows that inference looks at, and characters of a CSV that tell how it is written. */
  readonly sampleRows: number;
  readonly csvSampleBytes: number;
  readonly sqlBytes: number;
  readonly sqlDepth: number;
  /** Expressions of one statement, all together; literals of lists are counted by listItems alone. */
  readonly sqlNodes: number;
  readonly selectItems: number;
  readonly groupKeys: number;
  readonly orderKeys: number;
  /** Items of IN (…). */
  readonly listItems: number;
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
  /** Characters of one live result as JSON. */
  readonly liveBytes: number;
  /** Characters of one page's statements, all together. */
  readonly liveSqlBytes: number;
  readonly liveClients: number;
  /** One frame of a page. */
  readonly liveMessageBytes: number;
  /** What one page may send; past it the page is cut off. */
  readonly liveMessagesPerSecond: number;
  readonly liveBytesPerSecond: number;
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
  clientBytes: 512 * mebi,
  requestMs: 120_000,
  unreadMs: 30_000,
  definitionBytes: 4 * mebi,
  jsonDepth: 512,
  jsonItems: 100_000,
  headerBytes: 32 * kibi,
  drainMs: 2000,
  sampleRows: 10_000,
  csvSampleBytes: 256 * kibi,
  sqlBytes: 32 * mebi,
  sqlDepth: 128,
  sqlNodes: 100_000,
  selectItems: 4096,
  groupKeys: 1024,
  orderKeys: 1024,
  listItems: 1 << 20,
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
  liveBytes: 8 * mebi,
  liveSqlBytes: 4 * mebi,
  liveClients: 1024,
  liveMessageBytes: 1 * mebi,
  liveMessagesPerSecond: 2000,
  liveBytesPerSecond: 8 * mebi,
  requestsPerSecond: 5000,
};

/** The relations between limits, checked when a process starts with its own. */
export function checkLimits(checked: Limits): Limits {
  assert(checked.chunkRows >= 1, "a chunk holds a row");
  assert(checked.sliceChunks >= 1, "a slice holds a chunk");
  assert(checked.segmentRows >= 1, "a segment holds a row");
  assert(checked.stageTextBytes >= checked.recordBytes, "a stage holds the largest record");
  assert(checked.frameBytes >= checked.bodyBytes, "a request body fits one frame");
  assert(checked.bodyBytes * 2 <= checked.clientBytes, "a body fits what clients may make us hold");
  assert(checked.segmentBytes <= checked.unsealedBytes, "one segment fits the unsealed bytes");
  return checked;
}
checkLimits(limits);

/** What a process takes before it holds a row: code, threads, their heaps. */
const processBytes = 256 * mebi;
/** Of the rest: columns, indexes and states in arenas; what remains is for heaps and buffers. */
const arenaShare = 0.7;

/** Arenas of a process that may hold `memoryBytes` in all. */
export const arenaBytesWithin = (memoryBytes: number): number =>
  Math.max(64 * mebi, Math.floor((memoryBytes - processBytes) * arenaShare));

/** The limits of a process that may hold `memoryBytes` in all: what a query, a client or a cache may take of it. */
export function limitsWithin(memoryBytes: number, usual: Limits): Limits {
  const share = (bytes: number, part: number) => Math.min(bytes, Math.floor(memoryBytes / part));
  return checkLimits({
    ...usual,
    bodyBytes: share(usual.bodyBytes, 16),
    clientBytes: share(usual.clientBytes, 8),
    queryBytes: share(usual.queryBytes, 8),
    resultBytes: share(usual.resultBytes, 8),
    resultCacheBytes: share(usual.resultCacheBytes, 32),
    queriesRunning: Math.max(2, Math.min(usual.queriesRunning, Math.floor(memoryBytes / (256 * mebi)))),
  });
}

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

/** Bounds of the shared language: plans, patterns, decimals, turns. */
export const schemaBounds = {
  /** Keys of expressions that are longer are told by their hash: a chain's keys together would be as long as its square. */
  expressionKeyChars: 128,
  /** Nobody misspells a longer word by a few letters; comparing costs the square of its length. */
  suggestedWordChars: 64,
  /** Expressions nested deeper than this are no query that a broker sent. */
  planDepth: 1024,
  zonesKept: 1000,
  patternsKept: 256,
  /** Digits that one decimal may have, before and behind the point together. */
  decimalDigits: 4096,
  /** How long one query may keep the thread, ms. */
  turnMs: 6,
  /** Bytes of states between two steps. */
  mergeStepBytes: 1 << 20,
  /** Characters of an id of a document, and of a table's name: with what is put behind it, it is one file name. */
  idChars: 128,
  /** Of a key that a program makes up: Idempotency-Key, clientQueryId, the id of a live subscription. */
  keyChars: 256,
  /** Of a column's name: they come from headers, where whole questions stand. */
  columnNameChars: 1024,
  /** A mended value may show what its own rules say; deeper than this no definition goes. */
  definitionMends: 4,
} as const;

/** Bounds of sources, decoding and the log. */
export const ingestionBounds = {
  /** Characters that are worth turning into bytes at once. */
  csvPieceChars: 1 << 16,
  /** Refused rows listed in an answer. */
  rejectsListed: 100,
  /** Reasons counted one by one; what comes later is counted together. */
  rejectReasons: 256,
  /** What a disk that was full must have before we say it is not. */
  fullDiskRoomBytes: 4096,
  /** How long after a fetch the stream is taken to be the same without asking. */
  sourceTrustMs: 5000,
  /** A batch may have been damaged on its way; one that comes so again and again is damaged where it lies. */
  batchCorruptTries: 5,
  /** Acknowledged rows of a last group that is younger may be cut off unnoticed when the process dies too. */
  durableKeepMs: 1000,
  fullDiskRetryMs: 1000,
  kafkaMetadataMs: 60_000,
  topicSampleBytes: 1 << 20,
  kafkaConnectionMs: 3000,
  /** Questions carry little: a broker that stands still must not hold them long. */
  kafkaQuestionMs: 10_000,
  /** Partitions past this share connections, and then wait shorter so that an idle one delays a busy one little. */
  kafkaConnections: 16,
  kafkaSharedWaitMs: 20,
  kafkaRequestMs: 600_000,
  /** Durable rows that wait for the consumer; past it pushes are refused. */
  pushBacklogBytes: 256 << 20,
  fullDiskProbeMs: 1000,
  demoStepMs: 100,
  demoRetryMs: 2000,
  /** The back-fill's bound: rows of all tables together. */
  demoBackfillRows: 2_000_000,
  /** A mirror of Kafka need not be durable at once: after a crash Kafka has the rows. */
  mirrorSyncMs: 250,
  /** How often a topic is asked for partitions that were added. */
  partitionsPollMs: 15_000,
  /** `recordCrc` belongs to a commit, which should not wait for a source that does not answer. */
  recordCrcMs: 2000,
  faultRepeatMs: 60_000,
  rateWindowMs: 5000,
  fetchWaitMs: 500,
  fetchBytes: 8 << 20,
  mirrorBytes: 64 << 20,
  fetchShortWaitMs: 200,
  sourceRetryFirstMs: 250,
  /** A partition whose broker died has a new leader within seconds: waiting longer would only add to them. */
  sourceRetryLastMs: 5000,
  /**
   * An offset past the source's end may be a new leader that has not yet heard how far all replicas are. Kafka waits for a
   * replica half a minute (replica.lag.time.max.ms), and so do these tries, before it is a changed stream.
   */
  sourceAheadTries: 11,
  deadLetterSamples: 200,
  unpackPieceBytes: 256 << 10,
  /** What this thread unpacks by itself before others of it have their turn. */
  unpackTurnBytes: 4 << 20,
  jsonDepth: 128,
  unknownFields: 256,
  unknownFieldChars: 128,
  rawCells: 32,
  /** Kept of a record that is too large: its offset lies in the first bytes, and its dead letter shows some more. */
  groupHeadBytes: 64 << 10,
  /** So much is looked through at a time, when so much may be in memory. */
  groupBytes: 4 << 20,
  groupRows: 4096,
  /** Rows shown beside the proposal. */
  inferredTextChars: 100,
  csvShownChars: 80,
  /** Records that are looked at. */
  csvDialectRecords: 100,
} as const;

/** Bounds of storage and execution. */
export const serverBounds = {
  /** Calls within each other that the search for a function's steps looks through: each step computes them all. */
  steppedCalls: 16,
  /** Distinct times that are remembered while a column is sealed: days, most often. */
  sealedTimesKept: 1 << 16,
  /** A thread that did nothing large for this long collects what it dropped. */
  restMs: 1000,
  /** Times the listed buckets that are counted out one by one. */
  bucketsCountedOut: 16,
  sealRetryFirstMs: 250,
  sealRetryLastMs: 10_000,
  mergeSegments: 32,
  arenaBytesMost: 2 ** 31,
  scratchKeptBytes: 16 << 20,
  textBlockBytes: 1 << 22,
  /** Longer lists are sorted instead. */
  topReachRows: 16_384,
  /** Tables of fewer entries cost nothing; larger ones wait for a chunk with this share of rows. */
  memoSmallEntries: 65_536,
  memoWorthRows: 16,
  /** Tasks that may be taken but not merged: bounds the states that wait. */
  tasksAhead: 8,
  turnPauseMs: 2,
  regexKept: 200,
  regexRepeat: 1000,
  regexNesting: 200,
  /** Entries of the table of what was tried. */
  regexTriedStates: 1 << 18,
  /** Ranges wider than this are taken to hold both cases of their letters already, but for ASCII. */
  regexFoldedWidth: 4096,
  /** Counted repetitions are written out, so their product is bounded. */
  regexInstructions: 10_000,
  /** Entries of all states' tables together. */
  regexTableEntries: 200_000,
  regexReplacementsKept: 64,
  /** Expressions nested deeper than this are refused before they exhaust the stack. */
  expressionDepth: 512,
  /** Bytes of text that one vector may hold. */
  vectorTextBytes: 256 << 20,
  setsStepBytes: 4 << 20,
  /** Bits of all groups' sets together; past it (group, value) pairs are hashed. */
  setBytes: 64 << 20,
  /** Ranges wider than this are hashed. */
  numberDomainCard: 1 << 22,
  /** Most slices have few groups to map. */
  mergeBlockBytes: 256 << 10,
  /** Forty years of days. */
  bucketsListed: 1 << 14,
  bucketsEqual: 1 << 20,
  /** Boundaries guessed at a time, and sizes tried. */
  bucketRun: 256,
  bucketSizes: 12,
  /** Ranges of integers, or equal doubles, that are cheaper one by one than an expression. */
  testRanges: 16,
  /** The same where an inverted index may answer; when it does not, still no dearer. */
  indexedRanges: 128,
  /** Values for which a function is tabulated instead of run per row. */
  tabulatedKeys: 65_536,
  /** Bits of one slice's distinct sets; more are hashed. */
  setBits: 2 ** 28,
  /** With this few groups four copies of each state are faster than one. */
  copiedGroups: 64,
  invertedIds: 4096,
  /** Visible rows are announced at most this often. */
  announceMs: 4,
  /** How often segments are looked at for their age. */
  ageCheckMs: 500,
  /** How long after a failed merge the next is tried. */
  mergeRetryMs: 30_000,
  /** How long stopping waits for a definition that is being changed, and for what is being sealed. */
  stopPatienceMs: 2000,
  /** Files opened at a time. */
  segmentsOpening: 16,
  /** How often a folder in use is tried again. */
  folderRetryMs: 100,
  /** What a pressed arena gives up at a time. */
  evictBytes: 64 << 20,
  rankedValues: 65_536,
  dictionaryBlockBytes: 1 << 20,
  /** A footer larger than this is not one: it bounds what is allocated before a checksum is known. */
  footerBytes: 256 << 20,
  /** Bounds of the format: what a reader may have to allocate for numbers that a damaged file claims. */
  segmentFileRows: 1 << 26,
  chunkFileRows: 1 << 20,
} as const;

/** Bounds of questions and answers. */
export const brokerBounds = {
  /** A statement of more characters waits until few others like it are planned. */
  longSqlChars: 65_536,
  /** Long statements that are planned at once. */
  longPlansRunning: 2,
  /** How often a statement is planned anew because its table changed meanwhile. */
  plansAnew: 4,
  /** How often requests that do not arrive are looked for. */
  requestCheckMs: 2000,
  /** Requests of one page that may wait before no more are read from it. */
  liveRequestsWaiting: 64,
  hintChars: 40,
  proposalRows: 200,
  /** One after another, as HTTP allows; nobody packs more often than this. */
  bodyCodings: 4,
  /** Pending characters that are worth a write. */
  sinkPendingChars: 16_384,
  sinkBlockBytes: 1 << 18,
  /** Rows of a record batch. */
  arrowBatchRows: 16_384,
  /** Rows between two steps. */
  encodeStepRows: 512,
  /** How often a query is planned while its tables are made anew under it. */
  planTries: 3,
  /** How long past its deadline a server may take to say so itself. */
  serverGraceMs: 1000,
  /** How long a server may take to accept and greet. */
  serverGreetingMs: 5000,
  /** A row lies in at most this many windows: more would multiply the scan beyond reason. */
  hopWindows: 1000n,
  /** Plans kept, and the bytes of text of one that is worth keeping. */
  plansKept: 1024,
  planTextChars: 16_384,
  /** Statements whose cost is remembered. */
  paceCosts: 1000,
  /** The questions of a page that opens come within this time, and are answered from one snapshot. */
  liveFirstMs: 20,
  /** Silence longer than this means a lost connection, so ticks come at least this often. */
  liveSilenceMs: 5000,
  /** While rows arrive that no result shows, watermarks go on at this pace. */
  watermarkMs: 1000,
} as const;
