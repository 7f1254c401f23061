/**
 * The rows of the operators benchmark, made by DuckDB from a hash of the row number and so always the same:
 * loaded into
 * DuckDB tables (plain, and tuned as its users would: ENUMs, sorted by time) and, as NDJSON through the push
 * door, into
 * Freshet. Both are kept on disk by row count, so only the first run pays for loading.
 */
import {
  createReadStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { createTable } from "#schemas/admin";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import type { RunningServer } from "#server/main-node";
import { report, rounded } from "#test/bench/process-node";

export const tableName = "facts";
const pushBytes = 32 << 20;

const schema = {
  schemaName: tableName,
  dimensionFieldSpecs: [
    { name: "k7", dataType: "STRING" },
    { name: "k1000", dataType: "STRING" },
    { name: "k2000", dataType: "STRING" },
    { name: "user_id", dataType: "LONG" },
    { name: "user_name", dataType: "STRING" },
  ],
  metricFieldSpecs: [
    { name: "m", dataType: "DOUBLE" },
    { name: "q", dataType: "LONG" },
  ],
  dateTimeFieldSpecs: [
    { name: "ts", dataType: "TIMESTAMP", format: "1:MILLISECONDS:EPOCH", granularity: "1:MILLISECONDS" },
  ],
};

/** Columns other than ts are NULL in 5 % of the rows, each by its own hash. */
const nullable = (salt: number, expression: string): string =>
  `CASE WHEN hash(i * 32 + ${salt}) % 20 = 0 THEN NULL ELSE ${expression} END`;
const below = (salt: number, limit: number): string => `(hash(i * 32 + ${salt + 16}) % ${limit})::BIGINT`;

/** 30 days, ascending; k7 skewed to 60 %; the rest uniform. */
const rowsSql = (rows: number): string => `
  SELECT (1763000000000 + (i * 2592000000) // ${rows})::BIGINT AS ts,
    ${nullable(1, `CASE WHEN ${below(1, 10)} < 6 THEN 'category 1' ELSE 'category ' || (1 + ${below(2, 7)}) END`)} AS k7,
    ${nullable(2, `'product number ' || ${below(3, 1000)}`)} AS k1000,
    ${nullable(3, `'store ' || ${below(4, 2000)}`)} AS k2000,
    ${nullable(4, below(5, 1_000_000))} AS user_id,
    ${nullable(5, `'user-' || ${below(6, 1_000_000)}`)} AS user_name,
    ${nullable(6, `${below(7, 100_000)} / 100.0`)}::DOUBLE AS m,
    ${nullable(7, below(8, 1_000_000))} AS q
  FROM range(${rows}) AS t(i) ORDER BY i`;

/** Tables `plain` (VARCHAR) and `tuned` (ENUM where an ENUM is sensible), both in memory and in time order. */
export async function loadDuck(duck: DuckDBConnection, rows: number, folder: string): Promise<void> {
  const parquet = join(folder, "rows.parquet");
  const startedMs = performance.now();
  if (!existsSync(parquet)) {
    mkdirSync(folder, { recursive: true });
    await duck.run(`COPY (${rowsSql(rows)}) TO '${parquet}.part' (FORMAT PARQUET, COMPRESSION ZSTD)`);
    renameSync(`${parquet}.part`, parquet);
  }
  const loadedMs = performance.now();
  const time = "* REPLACE (make_timestamp(ts * 1000) AS ts)";
  await duck.run(`CREATE TABLE plain AS SELECT ${time} FROM '${parquet}'`);
  const doneMs = performance.now();
  const keys = ["k7", "k1000", "k2000"];
  for (const key of keys)
    await duck.run(
      `CREATE TYPE ${key}_enum AS ENUM (SELECT DISTINCT ${key} FROM plain WHERE ${key} IS NOT NULL ORDER BY 1)`,
    );
  const casts = keys.map((key) => `${key}::${key}_enum AS ${key}`).join(", ");
  await duck.run(`CREATE TABLE tuned AS SELECT * REPLACE (${casts}) FROM plain`);
  report("DuckDB: rows made and written as Parquet", `${Math.round(loadedMs - startedMs)} ms`);
  report("DuckDB: one table loaded from Parquet", `${Math.round(doneMs - loadedMs)} ms`);
  report("Parquet with zstd", `${(statSync(parquet).size / rows).toFixed(2)} bytes/row`);
}

/** Pushes the rows as NDJSON unless the folder has them; resolves when all of them are sealed. */
export async function loadFreshet(
  server: RunningServer,
  duck: DuckDBConnection,
  rows: number,
  folder: string,
): Promise<void> {
  if (server.admin.definitions.record(tableName) === undefined) {
    const { table } = defineTable(schema, null, { previous: null, nowMs: 0, limits });
    await createTable(server.admin.definitions, { table, schemaJson: schema, configJson: null });
  }
  const marker = join(folder, "loaded");
  if (!existsSync(marker)) {
    const json = join(folder, "rows.json");
    await duck.run(`COPY (FROM '${join(folder, "rows.parquet")}') TO '${json}' (FORMAT JSON)`);
    const startedMs = performance.now();
    await pushFile(server, json);
    report("Freshet: pushed", `${rounded((rows / (performance.now() - startedMs)) * 1000)} rows/s`);
    await sealAll(server, rows);
    report(
      "Freshet: pushed and sealed",
      `${rounded((rows / (performance.now() - startedMs)) * 1000)} rows/s`,
    );
    rmSync(json);
    writeFileSync(marker, "");
  }
  const detail = await server.admin.descriptions.detail(tableName);
  report("Freshet: sealed segments", String(detail.sealedSegments), "≥ 8");
  const sealed = detail.segments.filter(({ state }) => state === "sealed");
  const bytes = sealed.reduce((sum, segment) => sum + segment.bytes, 0);
  report("Freshet: sealed segments, on disk", `${(bytes / rows).toFixed(2)} bytes/row`);
}

async function pushFile(server: RunningServer, path: string): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(path, { highWaterMark: pushBytes })) {
    const bytes = Buffer.concat([rest, piece as Buffer]);
    const end = bytes.lastIndexOf(10) + 1;
    rest = Buffer.from(bytes.subarray(end));
    const answer = await server.admin.pushes.push(tableName, bytes.subarray(0, end), {
      format: "ndjson",
      idempotencyKey: null,
      sync: true,
    });
    if (answer.rejected > 0) throw new TypeError(JSON.stringify(answer.rejects.slice(0, 3)));
  }
}

async function sealAll(server: RunningServer, rows: number): Promise<void> {
  await server.admin.consumption.forceCommit(tableName);
  for (;;) {
    const { segments } = await server.admin.descriptions.detail(tableName);
    const sealed = segments.filter((segment) => segment.state === "sealed");
    if (sealed.reduce((sum, segment) => sum + segment.rows, 0) === rows) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
