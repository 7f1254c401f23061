/**
 * A real server among hostile statements, bodies and sockets, from one seed: it lives, says that it is healthy all the
 * while, answers small questions beside them, and whatever it refuses it refuses in our own words, with a code.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorCodes } from "#schemas/errors";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const engineWords =
  /Invalid (string|array|typed array) length|Maximum call stack|allocation failed|Cannot create a/;
/** Far more than either takes on an idle machine; a statement that holds everything up takes longer. */
const healthMs = 5000;
const residentKiBMax = 6 * 1024 * 1024;

const list = (count: number, item: (at: number) => string, between = ","): string =>
  Array.from({ length: count }, (_, at) => item(at)).join(between);

/** What is written many times, by how often. */
const statements: readonly ((count: number) => string)[] = [
  (count) => `SELECT ${list(count, (at) => `SUM(v + ${at})`)} FROM t`,
  (count) => `SELECT k, ${list(count, (at) => `SUM(v * ${at})`)} FROM t GROUP BY k`,
  (count) => `SELECT COUNT(*) FROM t GROUP BY ${list(count, (at) => `v % ${at + 2}`)}`,
  (count) => `SELECT COUNT(*) FROM t WHERE s IN (${list(count * 10, (at) => `'text ${at}'`)})`,
  (count) => `SELECT COUNT(*) FROM t WHERE v NOT IN (${list(count * 10, (at) => String(at * 7))})`,
  (count) => `SELECT COUNT(*) FROM t WHERE ${list(count, (at) => `s LIKE '%${at}%'`, " OR ")}`,
  (count) => `SELECT SUM(CASE ${list(count, (at) => `WHEN v = ${at} THEN ${at}`, " ")} END) FROM t`,
  (count) => `SELECT v FROM t ORDER BY ${list(count, (at) => `v % ${at + 2}`)} LIMIT 5`,
  (count) => `SELECT ${list(count, (at) => `COUNT(*) FILTER (WHERE v > ${at})`)} FROM t`,
  (count) => `SELECT SUM(${list(count, () => "v", " + ")}) FROM t`,
  (count) => `SELECT COUNT(DISTINCT ${list(count, () => "s", " || ")}) FROM t`,
  (count) => `SELECT CONCAT_WS(s, ${list(count, () => "s")}) FROM t`,
  (count) => `SELECT ${"(".repeat(count)}v${")".repeat(count)} FROM t`,
  (count) => `SELECT REPEAT(s, ${count * 100_000}), REPLACE(REPEAT('a', 1000000), 'a', s) FROM t`,
  (count) => `SELECT ${"NOT ".repeat(count)} TRUE`,
  (count) => `SELECT "${"n".repeat(count * 100)}" FROM t`,
  (count) => `SELECT ${"9".repeat(count * 100)} + v FROM t`,
  (count) => `EXPLAIN PLAN FOR SELECT ${list(count, (at) => `MAX(v + ${at})`)} FROM t GROUP BY k`,
  (count) => `SELECT '${"\u{1F600}".repeat(count * 10)}' FROM t WHERE s = '${"é".repeat(count)}'`,
  (count) => `${"/*".repeat(count * 10)} SELECT`,
  (count) => `SELECT JSON_FORMAT('${"[".repeat(count * 10)}${"]".repeat(count * 10)}')`,
];

const bodies: readonly ((count: number) => readonly [path: string, body: string])[] = [
  (count) => ["/schemas", `${"[".repeat(count * 100)}${"]".repeat(count * 100)}`],
  (count) => [
    "/schemas",
    `{"schemaName":"x","dimensionFieldSpecs":[${list(count * 10, (at) => `{"name":"c${at}","dataType":"INT"}`)}]}`,
  ],
  (count) => ["/tables", `{"tableName":"t","x":"${"x".repeat(count * 5000)}"}`],
  (count) => ["/api/infer", JSON.stringify({ rows: list(count * 10, (at) => `{"a${at}":${at}}`, "\n") })],
  (count) => ["/ingest/t", list(count * 10, () => '{"k":"not a number"}', "\n")],
  (count) => ["/query/sql", `{"sql":${"[".repeat(count * 100)}`],
  (count) => [
    "/query/sql",
    JSON.stringify({ sql: "SELECT 1", queryOptions: list(count, () => "timeoutMs=1", ";") }),
  ],
];

let server: Freshet;
let healthyWorstMs = 0;
let beating = true;
let beats: Promise<void>;

beforeAll(async () => {
  server = await startFreshet();
  const specs = {
    dimensionFieldSpecs: [
      { name: "s", dataType: "STRING" },
      { name: "k", dataType: "INT" },
    ],
  };
  await server.post("/schemas", {
    schemaName: "t",
    ...specs,
    metricFieldSpecs: [{ name: "v", dataType: "LONG" }],
  });
  const rows = list(20_000, (at) => JSON.stringify({ s: `text ${at % 500}`, k: at % 7, v: at }), "\n");
  await server.post("/ingest/t?sync=true", rows);
  beats = (async () => {
    while (beating) {
      const startedMs = performance.now();
      const answer = await fetch(`${server.url}/health`);
      await answer.text();
      expect(answer.status).toBe(200);
      healthyWorstMs = Math.max(healthyWorstMs, performance.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
});
afterAll(async () => {
  beating = false;
  await server.dispose();
});

/** Cases from the seed that every run prints. */
const sampled = <T>(kinds: readonly ((count: number) => T)[], cases: number): readonly T[] => {
  const counts = fc.constantFrom(10, 300, 3000, 12_000);
  const one = fc.tuple(fc.constantFrom(...kinds), counts).map(([make, count]) => make(count));
  return fc.sample(one, { seed: fc.readConfigureGlobal()?.seed ?? 1, numRuns: cases });
};

function isOurs(text: string, of: string): void {
  expect(text, of).not.toMatch(engineWords);
  const answer = JSON.parse(text) as { exceptions?: { code: string }[]; errorCode?: string };
  for (const code of [...(answer.exceptions ?? []).map((one) => one.code), answer.errorCode ?? "NOT_FOUND"]) {
    expect(Object.keys(errorCodes), of).toContain(code);
    expect(code, of).not.toBe("INTERNAL");
  }
}

async function ask(sql: string): Promise<void> {
  const body = JSON.stringify({ sql, queryOptions: "timeoutMs=1500;useCache=false" });
  const answer = await fetch(`${server.url}/query/sql`, { method: "POST", body });
  isOurs(await answer.text(), sql.slice(0, 80));
}

it("statements: answered or refused with a code, four at a time", async () => {
  const waiting = [...sampled(statements, 40)];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let sql = waiting.pop(); sql !== undefined; sql = waiting.pop()) {
        await ask(sql);
        expect(await server.rows("SELECT COUNT(*) FROM t")).toEqual([[20_000]]);
      }
    }),
  );
});

it("bodies", async () => {
  for (const [path, body] of sampled(bodies, 20)) {
    const answer = await fetch(server.url + path, { method: "POST", body });
    isOurs(await answer.text(), `${path} ${body.slice(0, 60)}`);
  }
  expect(await server.rows("SELECT COUNT(*) FROM t")).toEqual([[20_000]]);
});

it("sockets: each subscription fails alone, and the next page is served", async () => {
  const answers: Record<string, unknown>[] = [];
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/live`);
  socket.addEventListener("message", ({ data }) => answers.push(JSON.parse(String(data))));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const range = { kind: "all" };
  const subscribe = (id: string, sql: string) =>
    socket.send(JSON.stringify({ kind: "subscribe", id, sql, range, zone: "UTC" }));
  for (const [at, sql] of sampled(statements, 12).entries())
    if (sql.length < 500_000) subscribe(`h${at}`, sql);
  subscribe("wide", "SELECT REPEAT(CHR(1), 1000000) AS a, v FROM t LIMIT 500");
  for (const text of ["{", "[]", '"x"', '{"kind":"drop"}', "[".repeat(100_000)]) socket.send(text);
  subscribe("good", "SELECT COUNT(*) FROM t");
  const about = (id: string) => answers.find((message) => message["id"] === id);
  await expect.poll(() => about("good"), { timeout: 30_000 }).toMatchObject({ kind: "snapshot" });
  await expect
    .poll(() => about("wide"), { timeout: 30_000 })
    .toMatchObject({
      kind: "error",
      exceptions: [{ code: expect.stringMatching(/RESULT_BYTES|QUERY_MEMORY|VALUE_RANGE/) }],
    });
  expect(JSON.stringify(answers)).not.toMatch(engineWords);
  socket.close();
});

it("it lived through all of it, healthy and within its memory", async () => {
  beating = false;
  await beats;
  expect(server.child.exitCode).toBe(null);
  expect(healthyWorstMs).toBeLessThan(healthMs);
  const status = readFileSync(`/proc/${server.child.pid}/status`, "utf8");
  expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])).toBeLessThan(residentKiBMax);
  expect(server.output()).not.toMatch(/unhandled|UnhandledPromise/i);
});
