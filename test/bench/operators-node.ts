/**
 * The operators of an analytical store through the real path, SQL text in, encoded rows out, beside DuckDB on the same
 * rows: 5 % NULLs, int64, text keys, ten segments with dictionaries of their own, no result cache. Every answer is
 * compared before it is timed. DuckDB runs each statement on plain VARCHAR columns and on ENUM columns, rows in time
 * order; the better one counts.
 * Usage: node test/bench/operators-node.ts [rows, default 10000000] [threads, default 1,2] [only operators whose name contains]
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance, DuckDBTimestampValue } from "@duckdb/node-api";
import { Broker } from "#broker/broker";
import { brokerCatalog, queryDoor } from "#broker/query-door";
import { evaluate } from "#server/execute/functions/evaluate";
import { type RunningServer, startServer } from "#server/main-node";
import { loadDuck, loadFreshet, tableName } from "#test/bench/operators-data-node";
import { report } from "#test/bench/process-node";

const rows = Number(process.argv[2] ?? 10_000_000);
const threadCounts = (process.argv[3] ?? "1,2").split(",").map(Number);
const only = process.argv[4] ?? "";
const roundsMin = 5;
const roundsMs = 1500;
const folder = process.env["OPERATORS_FOLDER"] ?? join(tmpdir(), `freshet-operators-${rows}`);

interface Operator {
  readonly name: string;
  /** Ours; `t` is the table. */
  readonly sql: string;
  /** DuckDB's, where it is written otherwise. */
  readonly duck?: string;
  /** Relative tolerance of numbers: sums of doubles differ in their last digits; estimates differ more. */
  readonly tolerance?: number;
}

const aggregates = "COUNT(*), SUM(m), MIN(m), MAX(m), AVG(m), SUM(q), MIN(q), MAX(q), AVG(q)";
const inList = Array.from({ length: 10 }, (_, at) => `'product number ${at * 97}'`).join(", ");

const operators: readonly Operator[] = [
  { name: "1a sum of doubles", sql: "SELECT SUM(m) FROM t" },
  { name: "1b sum of int64", sql: "SELECT SUM(q) FROM t" },
  { name: "2a filter 0.1 %, sum", sql: "SELECT SUM(m) FROM t WHERE q < 1800 AND k7 = 'category 1'" },
  { name: "2b filter 10 %, sum", sql: "SELECT SUM(m) FROM t WHERE q < 170000 AND k7 = 'category 1'" },
  { name: "2c filter 50 %, sum", sql: "SELECT SUM(m) FROM t WHERE q < 850000 AND k7 = 'category 1'" },
  { name: "3a 7 groups, 9 aggregates", sql: `SELECT k7, ${aggregates} FROM t GROUP BY k7 ORDER BY k7` },
  {
    name: "3b 1000 groups, 9 aggregates",
    sql: `SELECT k1000, ${aggregates} FROM t GROUP BY k1000 ORDER BY k1000`,
  },
  {
    name: "3c 2000 groups, 9 aggregates",
    sql: `SELECT k2000, ${aggregates} FROM t GROUP BY k2000 ORDER BY k2000`,
  },
  {
    name: "4a 1M int groups, top 10",
    sql: "SELECT user_id, COUNT(*), SUM(q) FROM t GROUP BY user_id ORDER BY 3 DESC, 1 LIMIT 10",
    duck: "SELECT user_id, COUNT(*), SUM(q) FROM t GROUP BY user_id ORDER BY 3 DESC NULLS FIRST, 1 LIMIT 10",
  },
  {
    name: "4b 1M text groups, top 10",
    sql: "SELECT user_name, COUNT(*), SUM(q) FROM t GROUP BY user_name ORDER BY 3 DESC, 1 LIMIT 10",
    duck: "SELECT user_name, COUNT(*), SUM(q) FROM t GROUP BY user_name ORDER BY 3 DESC NULLS FIRST, 1 LIMIT 10",
  },
  {
    name: "5 two keys, 9 aggregates",
    sql: `SELECT k7, k1000, ${aggregates} FROM t GROUP BY k7, k1000 ORDER BY k7, k1000`,
  },
  { name: "6a distinct ints, exact", sql: "SELECT COUNT(DISTINCT user_id) FROM t" },
  { name: "6a distinct texts, exact", sql: "SELECT COUNT(DISTINCT user_name) FROM t" },
  {
    name: "6b distinct ints, HLL",
    sql: "SELECT DISTINCTCOUNTHLL(user_id, 12) FROM t",
    duck: "SELECT approx_count_distinct(user_id) FROM t",
    tolerance: 0.1,
  },
  {
    name: "6c 7 groups, distinct ints",
    sql: "SELECT k7, COUNT(DISTINCT user_id) FROM t GROUP BY k7 ORDER BY k7",
  },
  { name: "7 IN of 10 texts, sum", sql: `SELECT SUM(m) FROM t WHERE k1000 IN (${inList})` },
  {
    name: "8 by minute, count and sum",
    sql: "SELECT DATETRUNC('minute', ts) AS minute, COUNT(*), SUM(q) FROM t GROUP BY minute ORDER BY minute LIMIT 50000",
    duck: "SELECT date_trunc('minute', ts) AS minute, COUNT(*), SUM(q) FROM t GROUP BY minute ORDER BY minute",
  },
  { name: "9 one of 2000 texts, sum", sql: "SELECT SUM(m) FROM t WHERE k2000 = 'store 77'" },
  {
    name: "10 best 10 rows by m",
    sql: "SELECT m, ts FROM t WHERE m IS NOT NULL ORDER BY m DESC, ts LIMIT 10",
  },
  { name: "11 sum of a product", sql: "SELECT SUM(m * q) FROM t" },
  {
    name: "12 filter 60 %, 1000 groups",
    sql: `SELECT k1000, ${aggregates} FROM t WHERE q < 600000 GROUP BY k1000 ORDER BY k1000`,
  },
  { name: "13 LIKE on 1M texts", sql: "SELECT COUNT(*), SUM(m) FROM t WHERE user_name LIKE '%999%'" },
  {
    name: "14 by day and key",
    sql: "SELECT DATETRUNC('day', ts) AS day, k7, COUNT(*), SUM(m) FROM t GROUP BY day, k7 ORDER BY day, k7",
    duck: "SELECT date_trunc('day', ts) AS day, k7, COUNT(*), SUM(m) FROM t GROUP BY ALL ORDER BY day, k7",
  },
  {
    name: "15 ten minutes of a month, sum",
    sql: "SELECT COUNT(*), SUM(m) FROM t WHERE ts >= 1764000000000 AND ts < 1764000600000",
    duck: "SELECT COUNT(*), SUM(m) FROM t WHERE ts >= make_timestamp(1764000000000000) AND ts < make_timestamp(1764000600000000)",
  },
];

/** One broker over one server in this process: what HTTP calls, without HTTP. */
class Freshet {
  readonly server: RunningServer;
  private readonly door: ReturnType<typeof queryDoor>;

  private constructor(server: RunningServer) {
    this.server = server;
    const { admin, client, limits, world } = server;
    const broker = new Broker({
      id: "bench",
      catalog: brokerCatalog(admin),
      servers: [client],
      evaluate,
      limits,
      clock: world.clock,
      log: world.log,
    });
    this.door = queryDoor(broker, limits);
  }

  static async start(scan: number): Promise<Freshet> {
    // No background merge while we measure: it would take a core.
    process.env["FRESHET_MAINTAIN_MS"] = "86400000";
    const threads = { ingest: 1, scan };
    return new Freshet(
      await startServer({ dataFolder: join(folder, "data"), threads, memoryBytes: 6 * 2 ** 30 }),
    );
  }

  /** The encoded answer. */
  async ask(sql: string): Promise<string> {
    const request = {
      sql: sql.replaceAll(/\bFROM t\b/g, `FROM ${tableName}`),
      queryOptions: "useCache=false;timeoutMs=600000",
    };
    const { body, errorCode } = await this.door.answer(request, {
      accept: "application/json",
      dialect: "native",
      signal: new AbortController().signal,
      client: "bench",
    });
    if (errorCode !== -1) throw new TypeError(`${sql}: ${String(body).slice(0, 500)}`);
    return String(body);
  }
}

/** Cells as text, numbers with all their digits. */
type Cells = readonly (readonly (string | null)[])[];

function freshetCells(body: string): Cells {
  // Digits of LONGs must survive, so numbers are taken as text.
  const start = body.indexOf('"rows":') + 7;
  const end = body.indexOf("]]", start);
  const text = end < 0 ? "[]" : body.slice(start, end + 2);
  const quoted = text.replaceAll(
    /("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)/g,
    (_, string, number) => string ?? `"${number}"`,
  );
  return JSON.parse(quoted) as Cells;
}

async function duckCells(duck: DuckDBConnection, sql: string): Promise<Cells> {
  const reader = await duck.runAndReadAll(sql);
  return reader.getRows().map((row) =>
    row.map((cell) => {
      if (cell === null) return null;
      if (cell instanceof DuckDBTimestampValue) return String(cell.micros / 1000n);
      return String(cell);
    }),
  );
}

function sameCell(left: string | null, right: string | null, tolerance: number): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  const [a, b] = [Number(timeOf(left)), Number(right)];
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

/** Ours writes timestamps as text. */
const timeOf = (text: string): string =>
  /^\d{4}-\d\d-\d\d /.test(text) ? String(Date.parse(`${text.replace(" ", "T")}Z`)) : text;

function compareCells(ours: Cells, theirs: Cells, { name, tolerance = 1e-9 }: Operator): void {
  if (ours.length !== theirs.length)
    throw new TypeError(`${name}: ${ours.length} rows, DuckDB has ${theirs.length}`);
  for (let row = 0; row < ours.length; row++)
    for (let column = 0; column < ours[row].length; column++)
      if (!sameCell(ours[row][column], theirs[row][column], tolerance))
        throw new TypeError(`${name}, row ${row}: ours ${ours[row]}, DuckDB's ${theirs[row]}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1];

const variants = ["plain", "tuned"] as const;
const onTable = (operator: Operator, table: string): string =>
  (operator.duck ?? operator.sql).replaceAll(/\bFROM t\b/g, `FROM ${table}`);

interface Measured {
  readonly name: string;
  readonly coldMs: number;
  readonly ms: number;
  readonly duckMs: number;
  readonly duckPlainMs: number;
}

/** Interleaved rounds, so a disturbance meets all. */
async function measure(freshet: Freshet, duck: DuckDBConnection, operator: Operator): Promise<Measured> {
  const coldMs = await timed(() => freshet.ask(operator.sql));
  compareCells(
    freshetCells(await freshet.ask(operator.sql)),
    await duckCells(duck, onTable(operator, "tuned")),
    operator,
  );
  const times: Record<"ours" | (typeof variants)[number], number[]> = { ours: [], plain: [], tuned: [] };
  const endMs = performance.now() + roundsMs;
  while (times.ours.length < roundsMin || performance.now() < endMs) {
    times.ours.push(await timed(() => freshet.ask(operator.sql)));
    for (const table of variants)
      if (times[table].length < roundsMin || times[table].length * 4 < times.ours.length)
        times[table].push(await timed(() => duck.runAndReadAll(onTable(operator, table))));
  }
  const duckMs = Math.min(median(times.plain), median(times.tuned));
  return { name: operator.name, coldMs, ms: median(times.ours), duckMs, duckPlainMs: median(times.plain) };
}

function print(measured: readonly Measured[], threads: number): void {
  const line = (cells: readonly string[]) =>
    console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(32) : cell.padStart(11))).join(""));
  console.log(
    `\n${rows.toLocaleString("en-US")} rows, ${threads} scan thread${threads === 1 ? "" : "s"}; ms, medians`,
  );
  line(["operator", "Freshet", "ns/row", "cold", "DuckDB", "DuckDB text", "ratio"]);
  for (const { name, coldMs, ms, duckMs, duckPlainMs } of measured)
    line([
      name,
      ms.toFixed(2),
      ((ms * 1e6) / rows).toFixed(2),
      coldMs.toFixed(1),
      duckMs.toFixed(2),
      duckPlainMs.toFixed(2),
      `${(duckMs / ms).toFixed(1)}x`,
    ]);
  const ratios = measured.map(({ ms, duckMs }) => duckMs / ms);
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  report(`geometric mean, ${threads} threads`, `${mean.toFixed(2)}x`, "≥ 4x");
  report("worst", `${Math.min(...ratios).toFixed(2)}x`, "≥ 1x");
}

const instance = await DuckDBInstance.create(":memory:", { memory_limit: "8GB" });
const duck = await instance.connect();
await duck.run("SET TimeZone = 'UTC'");
await loadDuck(duck, rows, folder);
for (const threads of threadCounts) {
  await duck.run(`SET threads = ${threads}`);
  const freshet = await Freshet.start(threads);
  await loadFreshet(freshet.server, duck, rows, folder);
  const measured: Measured[] = [];
  for (const operator of operators) {
    if (!operator.name.includes(only)) continue;
    try {
      measured.push(await measure(freshet, duck, operator));
    } catch (error) {
      console.log(`${operator.name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  print(measured, threads);
  await freshet.server.close();
}
duck.closeSync();
