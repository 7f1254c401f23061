/** The stress's threads: a writer at full speed, or a scanner that checks what it is given the addresses of. */
import { parentPort, workerData } from "node:worker_threads";
import { assert, messageOf } from "#schemas/errors";
import type { Stage, StageColumn } from "#schemas/stage";
import { stageTags } from "#schemas/stage";
import { attachArena } from "#server/arena/attach";
import { kernelsFor } from "#server/kernels/instance";
import { createMutable, type MutableSegment } from "#server/segment/mutable";
import {
  isNull,
  type PlainChunk,
  type StressData,
  type StressMessage,
  stressTable,
  textOf,
} from "#test/server/arena/stress-rows";

const { role, memory, module, sealMs } = workerData as StressData;
const arena = attachArena(memory, 0);
const kernels = kernelsFor(arena, { kind: "compiled", module });
const { u8, u32, i64, f64 } = arena.views;
const port = parentPort;
assert(port !== null, "runs as a worker");
const tell = (message: StressMessage) => port.postMessage(message);

const stageRows = 1024;
const segmentRows = 1 << 18;
/** Past these the writer waits, as a source does past the unsealed bytes of a table: readers and seals need room and time. */
const pauseBytes = memory.buffer.byteLength * 0.6;
const heldMax = 3;

function makeStage(): Stage {
  const columnBytes = stageRows * 9;
  const textBytes = stageRows * 32;
  const block = arena.allocate(4 * columnBytes + textBytes, "stage");
  const columns = stressTable.columns.map((_, index): StageColumn => {
    const tags = block + index * columnBytes;
    return { tags, values: tags + stageRows };
  });
  const offsets = block + 3 * columnBytes;
  return { memory, rows: stageRows, columns, offsets, text: block + 4 * columnBytes, textBytes };
}

/** Stages rows from `first` on; their texts lie one after another. */
function fill(stage: Stage, first: number): void {
  const [id, half, name] = stage.columns;
  const encoder = new TextEncoder();
  let text = stage.text;
  let known = "";
  let bytes = 0;
  for (let at = 0; at < stageRows; at++) {
    const row = first + at;
    u8[id.tags + at] = stageTags.int;
    i64[(id.values >> 3) + at] = BigInt(row);
    u8[half.tags + at] = isNull(row) ? stageTags.null : stageTags.double;
    f64[(half.values >> 3) + at] = isNull(row) ? 0 : row / 2;
    u8[name.tags + at] = isNull(row) ? stageTags.null : stageTags.text;
    const wanted = textOf(row);
    if (wanted !== known) {
      text += bytes;
      const encoded = encoder.encode(wanted);
      u8.set(encoded, text);
      bytes = encoded.length;
      known = wanted;
    }
    u32[(name.values >> 2) + at * 2] = text;
    u32[(name.values >> 2) + at * 2 + 1] = bytes;
    i64[(stage.offsets >> 3) + at] = BigInt(row);
  }
}

async function write(): Promise<void> {
  const stage = makeStage();
  const held = new Map<string, MutableSegment>();
  let stopping = false;
  port?.on("message", (id: string) => {
    if (id === "stop") stopping = true;
    held.get(id)?.freeAll();
    held.delete(id);
  });
  let row = 0;
  const open = () => {
    const limits = { chunkRows: 8192, segmentRows, stageRows };
    const id = `from-${row}`;
    const segment = createMutable({
      id,
      table: stressTable,
      partition: 0,
      startOffset: BigInt(row),
      arena,
      kernels,
      limits,
    });
    held.set(id, segment);
    tell({ kind: "segment", handle: segment.handle, frozen: false, rows: 0 });
    return segment;
  };
  let segment = open();
  for (let sealAt = Date.now() + sealMs; !stopping; ) {
    fill(stage, row);
    segment.append(stage, stageRows, BigInt(row + stageRows));
    row += stageRows;
    segment.publish(Date.now());
    if (Date.now() >= sealAt || segment.rows >= segmentRows) {
      sealAt = Date.now() + sealMs;
      segment.freeze();
      tell({ kind: "segment", handle: segment.handle, frozen: true, rows: segment.rows });
      segment = open();
    }
    // Messages are only heard between turns.
    if ((row & 0xffff) === 0) await new Promise((resolve) => setImmediate(resolve));
    while (!stopping && (held.size > heldMax || arena.bytesUsed() > pauseBytes))
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function textAt(chunk: PlainChunk, id: number): Uint8Array {
  const at = (chunk.entries >> 2) + (chunk.packed ? id : id * 2);
  if (chunk.packed) return u8.subarray(chunk.bytes + u32[at], chunk.bytes + u32[at + 1]);
  return u8.subarray(u32[at], u32[at] + u32[at + 1]);
}

const decoder = new TextDecoder();
const state = arena.allocate(64, "scratch");

/** Totals by kernels, single rows by hand. */
function scan(chunk: PlainChunk): void {
  const { firstRow, rows, id, half, name } = chunk;
  u8.fill(0, state, state + 64);
  kernels.sumInts(id.width as 1 | 2 | 4 | 8, id.pointer, id.base, rows, id.validity, state);
  const sum = i64[(state >> 3) + 1];
  const expected = (BigInt(rows) * BigInt(2 * firstRow + rows - 1)) / 2n;
  assert(i64[state >> 3] === BigInt(rows) && sum === expected, `ids sum to ${expected}, found ${sum}`);
  const ids = name.width === 1 ? u8 : name.width === 2 ? arena.views.u16 : u32;
  for (let at = 0; at < rows; at += 61) {
    const row = firstRow + at;
    const present = half.validity === 0 || ((u8[half.validity + (at >> 3)] >> (at & 7)) & 1) === 1;
    assert(present === !isNull(row), `validity of row ${row}`);
    if (present) assert(f64[(half.pointer >> 3) + at] === row / 2, `double of row ${row}`);
    const entry = ids[name.pointer / name.width + at];
    assert(entry <= chunk.dictionaryCount, `row ${row} has id ${entry} of ${chunk.dictionaryCount}`);
    const text = entry === 0 ? null : decoder.decode(textAt(chunk, entry).slice());
    assert(text === (isNull(row) ? null : textOf(row)), `row ${row} reads "${text}"`);
  }
}

function listen(): void {
  port?.on("message", (chunks: readonly PlainChunk[]) => {
    try {
      for (const chunk of chunks) scan(chunk);
      const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
      tell({ kind: "scanned", chunks: chunks.length, rows });
    } catch (error) {
      tell({ kind: "fault", text: messageOf(error) });
    }
  });
}

if (role === "writer")
  write()
    .then(() => tell({ kind: "stopped" }))
    .catch((error) => tell({ kind: "fault", text: messageOf(error) }));
else listen();
