/**
 * Shared memory under load: a writer at full speed with a growing dictionary, two scanners that check every
 * snapshot they are given, sealing and freeing all the time, freed memory poisoned. Ends with the first
 * fault. Usage: node test/server/arena/stress-node.ts [seconds, default 60] [ms between seals, default 2000]
 */
import { Worker } from "node:worker_threads";
import { messageOf } from "#schemas/errors";
import { createArena } from "#server/arena/attach";
import { Epochs } from "#server/arena/epoch";
import { kernelsFor } from "#server/kernels/instance";
import { loadKernelModule } from "#server/kernels/load-kernels-node";
import { Cache } from "#server/segment/cache";
import type { MutableHandle } from "#server/segment/mutable-layout";
import { openMutable } from "#server/segment/mutable-reader";
import { openSegment } from "#server/segment/open";
import type { SegmentReader } from "#server/segment/reader";
import { encodeSegment } from "#server/segment/seal/seal";
import {
  type PlainChunk,
  type PlainColumn,
  type StressData,
  type StressMessage,
  stressColumns,
  stressTable,
} from "#test/server/arena/stress-rows";
import { memoryDisk } from "#test/server/segment/disk";

const seconds = Number(process.argv[2] ?? 60);
const sealMs = Number(process.argv[3] ?? 2000);
const segmentsMax = 4;
const chunksPerScan = 24;

const arena = createArena(256 << 20, 0, { poison: true });
const module = await loadKernelModule();
const kernels = kernelsFor(arena, { kind: "compiled", module });
const epochs = new Epochs();
const cache = new Cache(64 << 20);
const disk = memoryDisk();

/** The table's segments, oldest first; the last one is being written. */
interface Listed {
  readonly reader: () => SegmentReader;
  readonly drop: () => void;
  readonly firstRow: number;
}
let listed: Listed[] = [];
/** Once set, nothing new is begun: a thread that is terminated while it allocates would leave the arena locked. */
let stopping = false;
let stopped = false;
/** First rows of segments that wait for their seal. */
const frozen: number[] = [];
const totals = { snapshots: 0, rows: 0, seals: 0, frees: 0, written: 0 };
let fault: string | null = null;

function start(role: StressData["role"], listen: (message: StressMessage) => void): Worker {
  const workerData: StressData = { role, memory: arena.memory, module, sealMs };
  const worker = new Worker(new URL("./stress-worker-node.ts", import.meta.url), { workerData });
  worker.on("message", listen);
  worker.on("error", (error) => {
    fault ??= messageOf(error);
  });
  return worker;
}

function onWriter(message: StressMessage): void {
  if (message.kind === "fault") fault ??= `writer: ${message.text}`;
  if (message.kind === "stopped") stopped = true;
  if (message.kind !== "segment") return;
  const handle = message.handle as MutableHandle;
  const firstRow = Number(handle.startOffset);
  if (message.frozen) {
    frozen.push(firstRow);
    totals.written += message.rows;
    return;
  }
  const view = openMutable(handle, arena);
  const free = () => {
    totals.frees++;
    writer.postMessage(handle.id);
  };
  listed.push({ reader: () => view.reader(), drop: () => epochs.retire(free), firstRow });
}

/**
 * Seals what is frozen, with a turn for everybody else after each: a seal takes longer than the writer needs to fill the
 * next segment, so sealing as messages come would leave this thread no other turn.
 */
async function sealFrozen(): Promise<void> {
  while (!stopping && fault === null) {
    const firstRow = frozen.shift();
    if (firstRow !== undefined) seal(firstRow);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Replaces the frozen segment by its sealed form and drops the oldest beyond the few that are kept. */
function seal(firstRow: number): void {
  const segment = listed.find((candidate) => candidate.firstRow === firstRow) as Listed;
  const reader = segment.reader();
  const path = `sealed-${firstRow}`;
  const options = { id: path, table: stressTable, path, chunkRows: 8192, lineage: [], keepFromMs: null };
  const { chunks } = encodeSegment([reader], { ...options, createdMs: 0 });
  reader.release();
  disk.files.set(path, Buffer.concat(chunks));
  const sealed = openSegment({ disk, path, arena, kernels, cache });
  const close = () => {
    totals.frees++;
    sealed.close();
    disk.files.delete(path);
  };
  const replacement = { reader: () => sealed.reader(), drop: () => epochs.retire(close), firstRow };
  listed = listed.map((other) => (other === segment ? replacement : other));
  segment.drop();
  totals.seals++;
  while (listed.length > segmentsMax) listed.shift()?.drop();
}

function plain(reader: SegmentReader, columnId: number, chunk: number): PlainColumn {
  const forward = reader.column(columnId)?.forward(chunk);
  if (forward === undefined || forward.kind === "bytes") throw new TypeError("a fixed-width column");
  const { pointer, validity } = forward;
  if (forward.kind === "doubles") return { pointer, validity, width: 8, base: 0n };
  return { pointer, validity, width: forward.width, base: forward.kind === "ints" ? forward.base : 0n };
}

function chunkOf(reader: SegmentReader, chunk: number, firstRow: number): PlainChunk {
  const dictionary = reader.column(stressColumns.name)?.dictionary;
  if (dictionary === null || dictionary === undefined) throw new TypeError("a dictionary column");
  const { layout } = dictionary;
  return {
    firstRow,
    rows: reader.rowsOf(chunk),
    id: plain(reader, stressColumns.id, chunk),
    half: plain(reader, stressColumns.half, chunk),
    name: plain(reader, stressColumns.name, chunk),
    packed: layout.kind === "packed",
    entries: layout.kind === "packed" ? layout.offsets : layout.directory,
    bytes: layout.kind === "packed" ? layout.bytes : 0,
    dictionaryCount: dictionary.count,
  };
}

/** Takes a snapshot, sends a scanner some chunks of it (always the newest ones), releases it when they are checked. */
function scanOnce(scanner: Worker, release: { done: () => void }): void {
  if (stopping) return;
  const snapshot = epochs.take();
  const readers = listed.map((segment) => ({ reader: segment.reader(), firstRow: segment.firstRow }));
  const chunks: PlainChunk[] = [];
  for (const { reader, firstRow } of readers) {
    let row = firstRow;
    for (let chunk = 0; chunk < reader.chunks; chunk++) {
      const isTail = chunk >= reader.chunks - 2;
      if (isTail || Math.random() < chunksPerScan / (reader.chunks * readers.length))
        chunks.push(chunkOf(reader, chunk, row));
      row += reader.rowsOf(chunk);
    }
  }
  totals.snapshots++;
  release.done = () => {
    for (const { reader } of readers) reader.release();
    snapshot.release();
  };
  scanner.postMessage(chunks);
}

function startScanner(): Worker {
  const release = { done: () => {} };
  const scanner = start("scanner", (message) => {
    if (message.kind === "fault") fault ??= `scanner: ${message.text}`;
    if (message.kind !== "scanned") return;
    totals.rows += message.rows;
    release.done();
    // A pause now and then, so that snapshots of many ages overlap.
    setTimeout(() => scanOnce(scanner, release), Math.random() < 0.1 ? 20 : 0);
  });
  setTimeout(() => scanOnce(scanner, release), 50);
  return scanner;
}

const writer = start("writer", onWriter);
const scanners = [startScanner(), startScanner()];
const sealing = sealFrozen();
const endMs = Date.now() + seconds * 1000;
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
while (fault === null && Date.now() < endMs) await pause();
stopping = true;
await sealing;
writer.postMessage("stop");
while (fault === null && !(stopped && epochs.snapshots() === 0)) await pause();
await Promise.all([writer, ...scanners].map((worker) => worker.terminate()));
console.log(JSON.stringify({ ...totals, waiting: epochs.waiting(), bytesUsed: arena.bytesUsed() }));
if (fault !== null) {
  console.error(`fault: ${fault}`);
  process.exit(1);
}
if (totals.snapshots === 0 || totals.seals === 0 || totals.frees === 0) {
  console.error("nothing was scanned, sealed or freed: the stress did not happen");
  process.exit(1);
}
