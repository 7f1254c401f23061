/**
 * Segments on their own: append, seal, merge, cold load, and bytes a row beside Parquet with zstd that DuckDB
 * writes of the same rows in the same order. Our files also hold $offset and $partition; their share is
 * listed. Usage: node test/bench/storage-node.ts [rows, default 1048576]
 */

import { once } from "node:events";
import { createWriteStream, mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { assert } from "#schemas/errors";
import { limits } from "#schemas/limits";
import type { Table } from "#schemas/table";
import type { SqlType, Value } from "#schemas/types";
import { createArena } from "#server/arena/attach";
import { kernelsFor } from "#server/kernels/instance";
import { loadKernels } from "#server/kernels/load-kernels-node";
import { createMutable, type MutableSegment } from "#server/segment/mutable";
import { openMutable } from "#server/segment/mutable-reader";
import type { SegmentReader } from "#server/segment/reader";
import { encodeSegment } from "#server/segment/seal/seal";
import { eventRow, seeded } from "#test/bench/events";
import { report } from "#test/bench/process-node";
import { openBytes, type Row, stageOf, tableOf } from "#test/server/segment/build";

const rows = Number(process.argv[2] ?? 1 << 20);
const stageRows = limits.stageRows;
const rounds = 3;

const columns = {
  event_id: "STRING",
  ts: "TIMESTAMP",
  user_id: "LONG",
  country: "STRING",
  device: "STRING",
  page: "STRING",
  referrer: "STRING",
  status: "INT",
  is_member: "BOOLEAN",
  seq: "LONG",
  latency_ms: "DOUBLE",
  amount: "DOUBLE",
} as const satisfies Record<string, SqlType>;
const table = tableOf("events", columns);

/** As the extractor would: whole numbers of integer columns as they are, 5 % of two columns NULL. */
function parsedRow(text: string, random: () => number): Row {
  const parsed = JSON.parse(text) as Record<string, Value>;
  if (random() < 0.05) parsed["referrer"] = null;
  if (random() < 0.05) parsed["amount"] = null;
  return parsed;
}

const arena = createArena(1 << 30, 0);
const kernels = kernelsFor(arena, await loadKernels());
const folder = join(tmpdir(), `freshet-storage-${process.pid}`);
mkdirSync(folder, { recursive: true });

const openWriter = (id: string): MutableSegment =>
  createMutable({ id, table, partition: 0, startOffset: 0n, arena, kernels, limits });

/** Appends all rows to one segment and, for the merge, to two of half the size; writes them as NDJSON for DuckDB. */
async function append(): Promise<{ writer: MutableSegment; halves: MutableSegment[] }> {
  const halves = ["half", "other half"].map((id) => openWriter(id));
  const random = seeded(7);
  const json = createWriteStream(join(folder, "rows.json"));
  const writer = openWriter("bench");
  let appendMs = 0;
  for (let from = 0; from < rows; from += stageRows) {
    const count = Math.min(stageRows, rows - from);
    const batch = Array.from({ length: count }, (_, at) => parsedRow(eventRow(from + at, random), random));
    if (!json.write(`${batch.map((row) => JSON.stringify(row)).join("\n")}\n`)) await once(json, "drain");
    const { stage, free } = stageOf(table, batch, arena, BigInt(from));
    const startedMs = performance.now();
    writer.append(stage, count, BigInt(from + count));
    writer.publish(1);
    appendMs += performance.now() - startedMs;
    halves[from * 2 < rows ? 0 : 1].append(stage, count, BigInt(from + count));
    free();
  }
  for (const half of halves) half.publish(1);
  json.end();
  await once(json, "close");
  report("append", `${((appendMs * 1e6) / rows).toFixed(0)} ns/row`, "< 500 ns/row");
  report("mutable memory", `${(writer.bytes() / rows).toFixed(1)} bytes/row`);
  writer.freeze();
  return { writer, halves };
}

/** Rows and content hashes of all that was written: a fast wrong answer must not pass. */
const hashes = new Set<string>();

function encode(readers: readonly SegmentReader[], definition: Table): Uint8Array {
  const { chunks, record } = encodeSegment(readers, {
    id: "bench",
    table: definition,
    path: "bench",
    chunkRows: limits.chunkRows,
    lineage: [],
    keepFromMs: null,
    createdMs: 0,
  });
  hashes.add(`${record.rows} ${record.contentHash}`);
  return Buffer.concat(chunks);
}

/** The best of a few rounds, ms. */
function best<T>(work: () => T): { readonly ms: number; readonly result: T } {
  let ms = Number.POSITIVE_INFINITY;
  let result: T | null = null;
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    result = work();
    ms = Math.min(ms, performance.now() - startedMs);
  }
  return { ms, result: result as T };
}

/** Decodes every chunk and dictionary; returns the decoded bytes. */
function loadAll(file: Uint8Array): number {
  const { reader, cache, segment, close } = openBytes(file, "bench", { arena, kernels });
  for (const { id } of segment.footer.columns) {
    const column = reader.column(id);
    for (let chunk = 0; chunk < reader.chunks; chunk++) column?.forward(chunk);
    if (column?.dictionary != null) void column.dictionary.layout;
  }
  const { bytes } = cache;
  close();
  return bytes;
}

function reportColumns(file: Uint8Array): void {
  const { segment, close } = openBytes(file, "bench", { arena, kernels });
  for (const { name, kind, chunks, dictionary, optional } of segment.footer.columns) {
    const data = [...chunks, ...(dictionary === null ? [] : [dictionary])].reduce(
      (sum, block) => sum + block.bytes,
      0,
    );
    const index = optional.reduce((sum, block) => sum + block.bytes, 0);
    const share = `${(data / rows).toFixed(2)} bytes/row`;
    report(`  ${name}`, `${kind}, ${share}${index > 0 ? `, index ${(index / rows).toFixed(2)}` : ""}`);
  }
  close();
}

async function parquetBytes(): Promise<number> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const path = join(folder, "rows.parquet");
  const types = Object.entries(columns).map(([name, type]) => `${name}: '${duckType(type)}'`);
  await connection.run(
    `COPY (SELECT * FROM read_json('${join(folder, "rows.json")}', format = 'newline_delimited',
     columns = {${types.join(", ")}}) ORDER BY ts) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 1048576)`,
  );
  connection.closeSync();
  return statSync(path).size;
}

const duckType = (type: SqlType): string =>
  ({ STRING: "VARCHAR", TIMESTAMP: "BIGINT", LONG: "BIGINT", INT: "INTEGER", BOOLEAN: "BOOLEAN" })[
    type as "STRING"
  ] ?? "DOUBLE";

try {
  const { writer, halves } = await append();
  const reader = openMutable(writer.handle, arena).reader();
  const sealed = best(() => encode([reader], table));
  const file = sealed.result;
  report(
    "seal",
    `${((rows / sealed.ms) * 1000).toFixed(0)} rows/s (${sealed.ms.toFixed(0)} ms)`,
    "≤ 2–3 s a million",
  );
  reportColumns(file);
  const parquet = await parquetBytes();
  const ours = file.length / rows;
  report("segment file", `${ours.toFixed(2)} bytes/row`);
  report("Parquet + zstd", `${(parquet / rows).toFixed(2)} bytes/row`);
  report("segment / Parquet", `${((ours * rows) / parquet).toFixed(2)}`);
  const indexed = { ...table, invertedColumns: ["country", "page"] };
  report("with two inverted indexes", `${(encode([reader], indexed).length / rows).toFixed(2)} bytes/row`);
  writer.freeAll();
  const loaded = best(() => loadAll(file));
  report("cold load, all columns", `${(loaded.result / loaded.ms / 1e6).toFixed(2)} GB/s of decoded bytes`);
  report(
    "cold load",
    `${((loaded.ms * 1e6) / rows).toFixed(1)} ns/row of ${Object.keys(columns).length} columns`,
  );
  const files = halves.map((half) => encode([openMutable(half.handle, arena).reader()], table));
  for (const half of halves) half.freeAll();
  const inputs = files.map((bytes) => openBytes(bytes, "bench", { arena, kernels }));
  hashes.clear();
  const merged = best(() =>
    encode(
      inputs.map((input) => input.segment.reader()),
      table,
    ),
  );
  report("merge of two halves", `${((rows / merged.ms) * 1000).toFixed(0)} rows/s`);
  for (const input of inputs) input.close();
  const again = openBytes(file, "bench", { arena, kernels });
  encode([again.reader], table);
  again.close();
  assert(hashes.size === 1, "mutable, sealed and merged rows are the same");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
