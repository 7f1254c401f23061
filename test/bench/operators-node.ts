/**
 * The operators of an analytical store through the real path, SQL text in, encoded rows out, beside DuckDB on
 * the same rows: 5 % NULLs, int64, text keys, ten segments with dictionaries of their own, no result cache.
 * Every answer is compared before it is timed. DuckDB runs each statement on plain VARCHAR columns and on
 * ENUM columns, rows in time order; the better one counts. Usage: node test/bench/operators-node.ts [rows,
 * default 10000000] [threads, default 1,2] [only operators whose name contains]
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance, DuckDBTimestampValue } from "@duckdb/node-api";
import { Broker } from "#broker/broker";
import { brokerCatalog, queryDoor } from "#broker/query-door";
import { type Body, bytesOf } from "#broker/response/text-sink";
import { evaluate } from "#server/execute/functions/evaluate";
import { type RunningServer, startServer } from "#server/main-node";
import { loadDuck, loadFreshet, tableName } from "#test/bench/operators-data-node";
import { type Operator, operators } from "#test/bench/operators-list";
import { report } from "#test/bench/process-node";

const rows = Number(process.argv[2] ?? 10_000_000);
const threadCounts = (process.argv[3] ?? "1,2").split(",").map(Number);
const only = process.argv[4] ?? "";
const roundsMin = Number(process.env["OPERATORS_ROUNDS"] ?? 5);
const roundsMs = roundsMin * 300;
const folder = process.env["OPERATORS_FOLDER"] ?? join(tmpdir(), `freshet-operators-${rows}`);

/** One broker over one server in this process: what HTTP calls, without HTTP. */
class Freshet {
  readonly server: RunningServer;
  private readonly door: ReturnType<typeof queryDoor>;

  private constructor(server: RunningServer) {
    this.server = server;
    const { admin, client, limits, world } = server;
    const broker = new Broker({
      id: "bench",
      catalog: brokerCatalog(admin.definitions),
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
  async ask(sql: string): Promise<Body> {
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
    if (errorCode !== -1) throw new TypeError(`${sql}: ${textOf(body).slice(0, 500)}`);
    return body;
  }
}

const textOf = (body: Body): string => new TextDecoder().decode(bytesOf(body));

/** Cells as text, numbers with all their digits. */
type Cells = readonly (readonly (string | null)[])[];

function freshetCells(encoded: Body): Cells {
  const body = textOf(encoded);
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

/** Wall time, and CPU time of all threads: on a busy machine only the latter says much. */
interface Time {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function timed(work: () => Promise<unknown>): Promise<Time> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
}

const middle = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1];
const median = (times: readonly Time[]): Time => ({
  wallMs: middle(times.map(({ wallMs }) => wallMs)),
  cpuMs: middle(times.map(({ cpuMs }) => cpuMs)),
});

const variants = ["plain", "tuned"] as const;
const onTable = (operator: Operator, table: string): string =>
  (operator.duck ?? operator.sql).replaceAll(/\bFROM t\b/g, `FROM ${table}`);

interface Measured {
  readonly name: string;
  readonly cold: Time;
  readonly ours: Time;
  readonly plain: Time;
  readonly tuned: Time;
}

/** Interleaved rounds, so a disturbance meets all. */
async function measure(freshet: Freshet, duck: DuckDBConnection, operator: Operator): Promise<Measured> {
  const cold = await timed(() => freshet.ask(operator.sql));
  compareCells(
    freshetCells(await freshet.ask(operator.sql)),
    await duckCells(duck, onTable(operator, "tuned")),
    operator,
  );
  const times: Record<"ours" | (typeof variants)[number], Time[]> = { ours: [], plain: [], tuned: [] };
  const endMs = performance.now() + roundsMs;
  while (times.ours.length < roundsMin || performance.now() < endMs) {
    times.ours.push(await timed(() => freshet.ask(operator.sql)));
    for (const table of variants)
      if (times[table].length < roundsMin || times[table].length * 4 < times.ours.length)
        times[table].push(await timed(() => duck.runAndReadAll(onTable(operator, table))));
  }
  const [ours, plain, tuned] = [times.ours, times.plain, times.tuned].map(median);
  return { name: operator.name, cold, ours, plain, tuned };
}

const ratioOf = ({ ours, plain, tuned }: Measured, kind: keyof Time): number =>
  Math.min(plain[kind], tuned[kind]) / ours[kind];

function print(measured: readonly Measured[], threads: number): void {
  const line = (cells: readonly string[]) =>
    console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(31) : cell.padStart(9))).join(""));
  const title = `${rows.toLocaleString("en-US")} rows, ${threads} scan thread${threads === 1 ? "" : "s"}`;
  console.log(`\n${title}; medians, ms; DuckDB: on text columns, on ENUMs; ratio to the better one`);
  line(["operator", "Freshet", "ns/row", "cold", "text", "ENUM", "ratio", "CPU ms", "ratio"]);
  for (const each of measured) {
    const { name, cold, ours, plain, tuned } = each;
    const times = [ours.wallMs, (ours.wallMs * 1e6) / rows, cold.wallMs, plain.wallMs, tuned.wallMs];
    line([
      name,
      ...times.map((ms) => ms.toFixed(2)),
      `${ratioOf(each, "wallMs").toFixed(1)}x`,
      ours.cpuMs.toFixed(2),
      `${ratioOf(each, "cpuMs").toFixed(1)}x`,
    ]);
  }
  for (const kind of ["wallMs", "cpuMs"] as const) {
    const ratios = measured.map((each) => ratioOf(each, kind));
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    const label = kind === "wallMs" ? "wall time" : "CPU time";
    report(`geometric mean of ${label}, ${threads} threads`, `${mean.toFixed(2)}x`, "≥ 4x");
    report("worst", `${Math.min(...ratios).toFixed(2)}x`, "≥ 1x");
  }
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
