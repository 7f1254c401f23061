/**
 * Questions of web analytics over HTTP, as a client asks them (`/query/sql`, so in the `pinot` dialect, keep-alive, default
 * limits), beside DuckDB in memory on the same rows and as many threads. Every answer is compared before it is timed; rounds are
 * interleaved. With it the load: rows a second and core through /ingest, and what sealing takes beside.
 * Usage: node test/bench/web-node.ts [rows, default 2000000] [only questions, such as 5,9,31]
 */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { report, rounded, usageOf } from "#test/bench/process-node";
import { loadWeb, tableName, type WebFiles, webSchema } from "#test/bench/web-data-node";
import { type Question, questions } from "#test/bench/web-questions";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const rows = Number(process.argv[2] ?? 2_000_000);
const chosen = process.argv[3]?.split(",").map(Number) ?? questions.map((_, at) => at);
const rounds = Number(process.env["WEB_ROUNDS"] ?? 3);
const folder = process.env["WEB_FOLDER"] ?? join(tmpdir(), `freshet-web-${rows}`);
const threads = 2;
const pushBytes = 16 << 20;
const uncached = "useCache=false";

const cpuOf = (freshet: Freshet): number => usageOf(freshet.child.pid as number).cpuSeconds;

async function count(freshet: Freshet): Promise<number> {
  return Number((await freshet.rows(`SELECT COUNT(*) FROM ${tableName}`, uncached))[0]?.[0]);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Pushes whole lines, some megabytes a body. */
async function push(freshet: Freshet, files: WebFiles): Promise<void> {
  for (const path of files.lines) {
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; ) {
      const end = at + pushBytes >= bytes.length ? bytes.length : bytes.lastIndexOf(0x0a, at + pushBytes) + 1;
      const answer = await fetch(`${freshet.url}/ingest/${tableName}`, {
        method: "POST",
        body: bytes.subarray(at, end),
        headers: { "content-type": "application/x-ndjson" },
      });
      const { rejected, message } = (await answer.json()) as Record<string, unknown>;
      if (answer.status !== 200 || rejected !== 0)
        throw new Error(`push: ${answer.status} ${rejected} ${message}`);
      at = end;
    }
  }
}

async function load(freshet: Freshet, files: WebFiles): Promise<void> {
  const { status, json } = await freshet.post("/schemas", webSchema);
  if (status !== 200) throw new Error(JSON.stringify(json));
  const before = cpuOf(freshet);
  await push(freshet, files);
  while ((await count(freshet)) < rows) await pause(50);
  const loaded = cpuOf(freshet);
  report(
    "load: rows/s per core of ingest CPU",
    rounded(rows / (loaded - before)),
    "≥ 400,000, sealing apart",
  );
  await freshet.post(`/tables/${tableName}/forceCommit`, {});
  const isOpen = async () => {
    const { segments } = (await freshet.get(`/api/tables/${tableName}`)) as {
      segments: { state: string; rows: number }[];
    };
    return segments.some(({ state, rows: held }) => state !== "sealed" && held > 0);
  };
  while (await isOpen()) await pause(200);
  report("sealing after the load: CPU s", (cpuOf(freshet) - loaded).toFixed(1));
}

type Cells = readonly (readonly (string | null)[])[];

async function ask(freshet: Freshet, sql: string, options: string): Promise<string> {
  const answer = await fetch(`${freshet.url}/query/sql`, {
    method: "POST",
    body: JSON.stringify({ sql, queryOptions: options }),
    headers: { "content-type": "application/json" },
  });
  return await answer.text();
}

function cellsOf(body: string): Cells {
  const digits = (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? context?.source : value;
  const { resultTable, exceptions } = JSON.parse(body, digits as (key: string, value: unknown) => unknown);
  if (exceptions.length > 0) throw new Error(String(exceptions[0].message).slice(0, 160));
  return resultTable.rows;
}

async function duckCells(duck: DuckDBConnection, sql: string): Promise<Cells> {
  const reader = await duck.runAndReadAll(sql);
  return reader.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell))));
}

/** Ours writes times as text, DuckDB's were asked for as milliseconds. */
const numberOf = (text: string): number =>
  /^\d{4}-\d\d-\d\d /.test(text) ? Date.parse(`${text.replace(" ", "T")}Z`) : Number(text);

const isSame = (left: string | null, right: string | null): boolean =>
  left === right || Math.abs(numberOf(String(left)) - Number(right)) <= 1e-9 * Math.abs(Number(right));

function compare(ours: Cells, theirs: Cells, { ties }: Question): void {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} rows, DuckDB has ${theirs.length}`);
  const columns = ties ?? ours[0]?.map((_, at) => at) ?? [];
  for (const [row, cells] of ours.entries())
    for (const column of columns)
      if (!isSame(cells[column] ?? null, theirs[row]?.[column] ?? null))
        throw new Error(
          `row ${row}: ours ${cells.join("|")}, DuckDB's ${theirs[row]?.join("|")}`.slice(0, 300),
        );
}

async function timedMs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

interface Measured {
  readonly at: number;
  readonly oursMs: number;
  readonly duckMs: number;
  readonly cachedMs: number;
}

async function measure(freshet: Freshet, duck: DuckDBConnection, at: number): Promise<Measured> {
  const question = questions[at] as Question;
  const duckSql = question.duck ?? question.sql;
  compare(cellsOf(await ask(freshet, question.sql, uncached)), await duckCells(duck, duckSql), question);
  const [ours, theirs, cached]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await timedMs(() => ask(freshet, question.sql, uncached)));
    theirs.push(await timedMs(() => duck.runAndReadAll(duckSql)));
  }
  for (let round = 0; round <= rounds; round++)
    cached.push(await timedMs(() => ask(freshet, question.sql, "")));
  return {
    at,
    oursMs: Math.min(...ours),
    duckMs: Math.min(...theirs),
    cachedMs: Math.min(...cached.slice(1)),
  };
}

const mean = (ratios: readonly number[]): number =>
  Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);

function print(measured: readonly Measured[], failed: number): void {
  console.log("  #   Freshet ms  DuckDB ms   ratio  cached ms");
  for (const { at, oursMs, duckMs, cachedMs } of measured) {
    const cells = [
      oursMs.toFixed(2),
      duckMs.toFixed(2),
      `${(duckMs / oursMs).toFixed(2)}x`,
      cachedMs.toFixed(2),
    ];
    const sql = questions[at]?.sql.slice(0, 90);
    console.log(`${String(at).padStart(3)}${cells.map((cell) => cell.padStart(11)).join("")}  ${sql}`);
  }
  const ratios = measured.map(({ oursMs, duckMs }) => duckMs / oursMs);
  report("answered", `${measured.length} of ${measured.length + failed}`, "all");
  report(
    "geometric mean beside DuckDB in memory",
    `${mean(ratios).toFixed(2)}x`,
    rows >= 10e6 ? "≥ 3x" : "≥ 2x",
  );
  report("worst", `${Math.min(...ratios).toFixed(2)}x`, "≥ 1x");
  report("below 1x", `${ratios.filter((ratio) => ratio < 1).length}`, "0");
  const repeats = measured.map(({ oursMs, cachedMs }) => oursMs / cachedMs);
  report("repeated, beside its own first time", `${mean(repeats).toFixed(1)}x`, "≥ 20x");
}

const instance = await DuckDBInstance.create(":memory:", { memory_limit: "10GB" });
const duck = await instance.connect();
await duck.run(`SET threads = ${threads}`);
await duck.run("SET TimeZone = 'UTC'");
const files = await loadWeb(duck, rows, folder);
const freshet = await startFreshet();
try {
  await load(freshet, files);
  const measured: Measured[] = [];
  let failed = 0;
  for (const at of chosen) {
    try {
      measured.push(await measure(freshet, duck, at));
    } catch (error) {
      failed++;
      console.log(`${at}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  print(measured, failed);
  report(
    "resident after all questions",
    `${rounded(usageOf(freshet.child.pid as number).residentBytes / 2 ** 20)} MiB`,
  );
} finally {
  await freshet.dispose();
  duck.closeSync();
}
