/** The HTTP door of the real process: definitions, pushes, bounds, who may come in, formats. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "#schemas/limits";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const folder = mkdtempSync(join(tmpdir(), "freshet-tables-"));
let freshet: Freshet;

beforeAll(async () => {
  writeFileSync(
    join(folder, "a-schema.json"),
    JSON.stringify({ schemaName: "filed", dimensionFieldSpecs: [{ name: "a", dataType: "STRING" }] }),
  );
  writeFileSync(
    join(folder, "b-table.json"),
    JSON.stringify({ tableName: "filed_OFFLINE", tableType: "OFFLINE", tenants: { broker: "x" } }),
  );
  freshet = await startFreshet({ flags: ["--no-demo", "--tables", folder] });
});
afterAll(async () => {
  await freshet.dispose();
  rmSync(folder, { recursive: true });
});

const schema = (name: string, ...columns: string[]) => ({
  schemaName: name,
  dimensionFieldSpecs: columns.map((column) => ({ name: column, dataType: "STRING" })),
});

/** A raw request: fetch would not let us set Host and Origin. */
const statusWith = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(freshet.url);
    const asked = request({ hostname, port, path, method: "POST", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end('{"sql":"SELECT 1"}');
  });

describe("definitions", () => {
  test("of a folder are tables at start", async () => {
    expect(await freshet.get("/tables/filed")).toMatchObject({ OFFLINE: { tableName: "filed_OFFLINE" } });
  });

  test("are made, changed, read and dropped", async () => {
    expect((await freshet.post("/schemas", schema("things", "a"))).json).toEqual({
      status: "things successfully added",
      ignored: [],
    });
    const config = {
      tableName: "things",
      tableType: "REALTIME",
      tableIndexConfig: { loadMode: "MMAP", invertedIndexColumns: ["a"] },
      tenants: { server: "s" },
    };
    expect((await freshet.post("/tables", config)).json).toMatchObject({ ignored: ["tenants", "loadMode"] });
    expect((await freshet.post("/tables", config)).status).toBe(409);
    await freshet.post("/ingest/things?sync=true", '{"a":"x"}');
    const changed = await fetch(`${freshet.url}/schemas/things`, {
      method: "PUT",
      body: JSON.stringify(schema("things", "a", "b")),
    });
    expect(changed.status).toBe(200);
    await freshet.post("/ingest/things?sync=true", '{"a":"y","b":"z"}');
    expect(await freshet.rows("SELECT a, b FROM things ORDER BY a")).toEqual([
      ["x", null],
      ["y", "z"],
    ]);
    expect((await freshet.post("/tables/things/forceCommit", {})).json).toMatchObject({ status: "SUCCESS" });
    expect(await freshet.rows("SELECT a, b FROM things_REALTIME ORDER BY a")).toEqual([
      ["x", null],
      ["y", "z"],
    ]);
    for (const path of ["/tables/things", "/schemas/things"])
      expect((await fetch(freshet.url + path, { method: "DELETE" })).status).toBe(200);
    expect((await freshet.sql("SELECT * FROM things")).exceptions[0]).toMatchObject({
      code: "TABLE_UNKNOWN",
      errorCode: 190,
    });
  });

  test("at fault: JSON path, what is allowed, a suggestion", async () => {
    const { status, json } = await freshet.post("/schemas", {
      schemaName: "bad",
      dimensionFieldSpecs: [{ name: "a", dataType: "STRNG" }],
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: "TABLE_DEFINITION", at: "$.dimensionFieldSpecs[0].dataType" });
    expect(json["error"]).toContain('Did you mean "STRING"?');
  });

  test("a PUT about another name than its path's changes nothing; nothing to validate is a definition at fault", async () => {
    await freshet.post("/schemas", schema("mine", "a"));
    const put = async (path: string, body: unknown): Promise<unknown> =>
      await (await fetch(`${freshet.url}${path}`, { method: "PUT", body: JSON.stringify(body) })).json();
    expect(await put("/schemas/mine", schema("yours", "a"))).toMatchObject({ at: "$.schemaName" });
    expect(await put("/tables/mine", { tableName: "yours_REALTIME", tableType: "REALTIME" })).toMatchObject({
      errorCode: "TABLE_DEFINITION",
      at: "$.tableName",
    });
    expect(JSON.stringify(await freshet.get("/tables"))).not.toContain("yours");
    expect(await put("/tables/mine", { tableName: "mine_REALTIME", tableType: "REALTIME" })).toMatchObject({
      status: "Table config updated for mine",
    });
    const { status, json } = await freshet.post("/tables/validate", "null");
    expect({ status, code: json["errorCode"] }).toEqual({ status: 400, code: "TABLE_DEFINITION" });
  });

  test("pause refuses pushes and says so; resume takes them", async () => {
    await freshet.post("/schemas", schema("paused", "a"));
    expect((await freshet.post("/tables/paused/pauseConsumption", {})).json).toMatchObject({
      pauseFlag: true,
    });
    expect((await freshet.post("/ingest/paused", '{"a":"x"}')).json).toMatchObject({
      errorCode: "INGESTION_PAUSED",
    });
    expect((await freshet.post("/tables/paused/resumeConsumption", {})).json).toMatchObject({
      pauseFlag: false,
    });
    expect((await freshet.post("/ingest/paused", '{"a":"x"}')).json).toMatchObject({ accepted: 1 });
  });
});

describe("documents", () => {
  test("that are not there cannot be deleted", async () => {
    for (const path of ["/api/dashboards/nope", "/api/queries/nope"]) {
      expect((await fetch(freshet.url + path, { method: "DELETE" })).status).toBe(404);
    }
  });
});

describe("pushes", () => {
  beforeAll(async () => {
    await freshet.post("/schemas", {
      schemaName: "pushed",
      dimensionFieldSpecs: [{ name: "a", dataType: "INT", notNull: true }],
    });
  });

  test("take Pinot's spellings of a table, and suggest the nearest", async () => {
    expect((await freshet.post("/ingest/pushed_REALTIME", '{"a":"x"}')).json).toMatchObject({ rejected: 1 });
    const { status, json } = await freshet.post("/ingest/pushedd", '{"a":1}');
    expect({ status, code: json["errorCode"] }).toEqual({ status: 404, code: "TABLE_UNKNOWN" });
    expect(json["error"]).toContain('Did you mean "pushed"?');
  });

  test("NDJSON, a JSON array, CSV", async () => {
    const types = [
      ["application/x-ndjson", '{"a":1}\n{"a":2}\n'],
      ["application/json", '[{"a":3},{"a":4}]'],
      ["text/csv", "a\n5\n6\n"],
    ] as const;
    for (const [type, body] of types) {
      const answer = await freshet.post("/ingest/pushed?sync=true", body, { "content-type": type });
      expect(answer.json).toMatchObject({ accepted: 2, rejected: 0 });
    }
    expect(await freshet.rows("SELECT COUNT(*), SUM(a) FROM pushed")).toEqual([[6, 21]]);
  });

  test("name each rejected line", async () => {
    const { json } = await freshet.post("/ingest/pushed", '{"a":"x"}\n{"a":7}\nnope\n{}');
    expect(json).toMatchObject({ accepted: 1, rejected: 3 });
    expect((json["rejects"] as { line: number }[]).map(({ line }) => line)).toEqual([1, 3, 4]);
  });

  test("are safe to repeat with a key, which belongs to one body", async () => {
    const key = { "idempotency-key": "k1" };
    const first = await freshet.post("/ingest/pushed", '{"a":100}', key);
    expect(await freshet.post("/ingest/pushed", '{"a":100}', key)).toEqual(first);
    expect((await freshet.post("/ingest/pushed", '{"a":101}', key)).json).toMatchObject({
      errorCode: "IDEMPOTENCY_CONFLICT",
    });
    expect(await freshet.rows("SELECT COUNT(*) FROM pushed WHERE a >= 100")).toEqual([[1]]);
  });

  test("to no table, or empty", async () => {
    expect((await freshet.post("/ingest/nowhere", '{"a":1}')).status).toBe(404);
    expect((await freshet.post("/ingest/pushed", "")).status).toBe(400);
  });

  test("larger than bodyBytes are refused, naming the bound", async () => {
    const { status, json } = await freshet.post("/ingest/pushed", "x".repeat(limits.bodyBytes + 1));
    expect(status).toBe(413);
    expect(json["error"]).toContain(String(limits.bodyBytes));
  });
});

describe("who may come in", () => {
  const own = () => new URL(freshet.url).host;
  test("our own page and programs may", async () => {
    expect(await statusWith("/query/sql", { host: own() })).toBe(200);
    expect(await statusWith("/query/sql", { host: own(), origin: `http://${own()}` })).toBe(200);
    expect(await statusWith("/query/sql", { host: "pinot-broker:8099" })).toBe(200);
  });
  test("another site's page may not; nor a name that is not ours", async () => {
    expect(await statusWith("/query/sql", { host: own(), origin: "http://evil.example" })).toBe(403);
    expect(await statusWith("/ingest/pushed", { host: own(), origin: "http://evil.example" })).toBe(403);
    const rebound = { host: "evil.example", origin: "http://evil.example" };
    expect(await statusWith("/query/sql", rebound)).toBe(403);
  });
});

describe("answers", () => {
  const accept = async (type: string) => {
    const answer = await fetch(`${freshet.url}/query/sql`, {
      method: "POST",
      headers: { accept: type, "content-type": "application/json" },
      body: JSON.stringify({ sql: "SELECT 1 AS one, 'a,b' AS two" }),
    });
    return { type: answer.headers.get("content-type"), bytes: Buffer.from(await answer.arrayBuffer()) };
  };

  test("as CSV, NDJSON and Arrow", async () => {
    expect((await accept("text/csv")).bytes.toString()).toBe('one,two\r\n1,"a,b"\r\n');
    expect((await accept("application/x-ndjson")).bytes.toString()).toBe('{"one":1,"two":"a,b"}\n');
    const arrow = await accept("application/vnd.apache.arrow.stream");
    expect(arrow.type).toBe("application/vnd.apache.arrow.stream");
    expect(arrow.bytes.subarray(0, 4)).toEqual(Buffer.from([255, 255, 255, 255]));
  });

  test("a fault of SQL: 200 with position and expectation, or its own status when asked", async () => {
    const answer = await freshet.sql("SELECT 1 FROM pushed WHER a = 1");
    expect(answer.exceptions[0]).toMatchObject({
      errorCode: 150,
      code: "SQL_SYNTAX",
      position: { start: 26 },
    });
    const strict = await freshet.post(
      "/query/sql",
      { sql: "SELEC 1" },
      { "pinot-use-http-status-for-errors": "true" },
    );
    expect(strict.status).toBe(400);
  });

  test("no sql is 400; an unknown option is an error with a suggestion", async () => {
    expect((await freshet.post("/query/sql", {})).status).toBe(400);
    expect((await freshet.sql("SET useCach=false; SELECT 1")).exceptions[0]?.message).toContain("useCache");
  });

  test("too deep, too long", async () => {
    expect((await freshet.sql(`SELECT ${"(".repeat(5000)}1${")".repeat(5000)}`)).exceptions[0]).toMatchObject(
      { errorCode: 150 },
    );
    expect((await freshet.post("/query/sql", { sql: "x".repeat(limits.sqlBytes + 1) })).status).toBe(413);
  });

  test("metrics, version, health", async () => {
    const metrics = async () => await (await fetch(`${freshet.url}/metrics`)).text();
    expect(await metrics()).toContain("freshet_http_requests_total");
    await freshet.sql("SELECT unheard_of(1)"); // answers 200, so HTTP's figures do not show it
    await freshet.sql("SELECT unheard_of(1)");
    const failed = /# TYPE freshet_queries_total counter[^#]*\{outcome="FUNCTION_UNKNOWN"\} (\d+)/;
    expect(Number(failed.exec(await metrics())?.[1])).toBeGreaterThanOrEqual(2);
    await freshet.post("/schemas", schema("measured", "a"));
    expect(await metrics()).toContain('freshet_table_healthy{table="measured"} 1');
    await freshet.post("/tables/measured/pauseConsumption", {});
    expect(await metrics()).toContain('freshet_table_healthy{table="measured"} 0');
    await fetch(`${freshet.url}/schemas/measured`, { method: "DELETE" });
    expect(await metrics()).not.toContain("measured");
    expect(await (await fetch(`${freshet.url}/health`)).text()).toBe("OK");
    expect(await freshet.get("/api/version")).toMatchObject({ version: expect.any(String) });
  });
});
