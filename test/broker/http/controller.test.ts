/** Pinot's controller: tables whole, schemas that stay, secrets that are never shown again, what UIs ask about a table. */
import { readFileSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Served, serve } from "#test/broker/http/serve-node";

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(served.url + path, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

const schemaOf = (schemaName: string) => ({
  schemaName,
  dimensionFieldSpecs: [{ name: "a", dataType: "STRING" }],
  dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP" }],
});
const configOf = (name: string, more: object = {}) => ({
  tableName: `${name}_REALTIME`,
  tableType: "REALTIME",
  segmentsConfig: { timeColumnName: "ts" },
  ...more,
});
const wholeOf = (name: string, more: object = {}) => ({
  tableName: name,
  schema: schemaOf(name),
  realtime: configOf(name, more),
});
const rowsOf = async (table: string) =>
  (await ask("POST", "/query/sql", { sql: `SELECT COUNT(*) FROM ${table}` })).json["resultTable"];

describe("/tableConfigs", () => {
  test("makes, shows, changes and drops schema and table together", async () => {
    expect(await ask("POST", "/tableConfigs/validate", wholeOf("w"))).toMatchObject({
      status: 200,
      json: { tableName: "w", ignored: [] },
    });
    expect(await ask("GET", "/tableConfigs/w")).toMatchObject({ status: 404 });
    expect(await ask("POST", "/tableConfigs", wholeOf("w", { tenants: { broker: "b" } }))).toMatchObject({
      status: 200,
      json: { status: "TableConfigs w successfully added", unrecognizedProperties: {}, ignored: ["tenants"] },
    });
    expect(await ask("POST", "/tableConfigs", wholeOf("w"))).toMatchObject({ status: 409 });
    expect(await ask("GET", "/tableConfigs/w")).toMatchObject({ json: wholeOf("w") });
    expect(await ask("POST", "/ingest/w?sync=true", '{"a":"x","ts":1}')).toMatchObject({ status: 200 });
    const wider = {
      ...wholeOf("w"),
      schema: { ...schemaOf("w"), metricFieldSpecs: [{ name: "n", dataType: "LONG" }] },
    };
    expect(await ask("PUT", "/tableConfigs/w", wider)).toMatchObject({ status: 200 });
    expect(await ask("GET", "/tables/w/schema")).toMatchObject({ json: wider.schema });
    expect(await rowsOf("w")).toMatchObject({ rows: [[1]] });
    expect(await ask("PUT", "/tableConfigs/other", wholeOf("w"))).toMatchObject({ status: 400 });
    expect(await ask("PUT", "/tableConfigs/none", wholeOf("none"))).toMatchObject({ status: 404 });
    expect(await ask("DELETE", "/tableConfigs/w")).toMatchObject({ status: 200 });
    expect(await ask("GET", "/schemas/w")).toMatchObject({ status: 404 });
  });

  test("stands on a schema that is there already; a fault leaves nothing behind", async () => {
    await ask("POST", "/schemas", schemaOf("ready"));
    expect(await ask("POST", "/tableConfigs", wholeOf("ready"))).toMatchObject({ status: 200 });
    const bad = wholeOf("bad", { tableIndexConfig: { invertedIndexColumns: ["nowhere"] } });
    expect(await ask("POST", "/tableConfigs", bad)).toMatchObject({
      status: 400,
      json: { at: "$.tableIndexConfig.invertedIndexColumns[0]" },
    });
    expect(await ask("GET", "/schemas/bad")).toMatchObject({ status: 404 });
  });

  test.each([
    [[], "$"],
    [{ ...wholeOf("f"), offline: configOf("f") }, "$.offline"],
    [{ tableName: "f", schema: schemaOf("f") }, "$.realtime"],
    [{ ...wholeOf("f"), hybrid: {} }, "$.hybrid"],
    [{ ...wholeOf("f"), tableName: "g" }, "$.tableName"],
    [{ ...wholeOf("f"), schema: undefined }, "$"],
  ])("%j is at fault at %s", async (body, at) => {
    expect(await ask("POST", "/tableConfigs", body)).toMatchObject({ status: 400, json: { at } });
  });
});

test("DELETE /tables takes config and rows, and leaves the schema to DELETE /schemas", async () => {
  await ask("POST", "/tableConfigs", wholeOf("kept"));
  await ask("POST", "/ingest/kept?sync=true", '{"a":"x","ts":1}');
  expect(await ask("DELETE", "/schemas/kept")).toMatchObject({ status: 409 });
  expect(await ask("DELETE", "/tables/kept")).toMatchObject({
    json: { status: "Tables: [kept_REALTIME] deleted" },
  });
  expect(await ask("GET", "/schemas/kept")).toMatchObject({ status: 200, json: schemaOf("kept") });
  expect(await rowsOf("kept")).toMatchObject({ rows: [[0]] });
  expect(await ask("POST", "/tables", configOf("kept"))).toMatchObject({ status: 200 });
  expect(await ask("DELETE", "/tables/kept_REALTIME")).toMatchObject({ status: 200 });
  expect(await ask("DELETE", "/schemas/kept")).toMatchObject({ status: 200 });
  expect(await ask("DELETE", "/tables/kept")).toMatchObject({ status: 404 });
});

describe("what UIs ask", () => {
  beforeAll(async () => {
    await ask("POST", "/tableConfigs", wholeOf("seen"));
    await ask("POST", "/ingest/seen?sync=true", '{"a":"x","ts":1700000000000}');
    await ask("POST", "/tables/seen/forceCommit", {});
  });

  test("about segments: each with its rows, one alone, and where they lie", async () => {
    const { json } = await ask("GET", "/segments/seen/metadata");
    const segments = Object.values(json) as { segmentName: string; totalDocs: number }[];
    expect(segments.reduce((sum, { totalDocs }) => sum + totalDocs, 0)).toBe(1);
    const [one] = segments;
    expect(await ask("GET", `/segments/seen/${one?.segmentName}/metadata`)).toEqual({
      status: 200,
      json: one,
    });
    expect(await ask("GET", "/segments/seen/none/metadata")).toMatchObject({ status: 404 });
    const ids = segments.map(({ segmentName }) => segmentName);
    expect(await ask("GET", "/segments/seen/servers")).toMatchObject({
      json: [{ tableName: "seen", serverToSegmentsMap: { Server_freshet: ids } }],
    });
  });

  test("in SQL: a row's segment, its place there and its host, also when the segment seals", async () => {
    await ask("POST", "/tableConfigs", wholeOf("placed"));
    const lines = [30, 10, 20].map((ts) => `{"a":"at ${ts}","ts":${ts}}`);
    await ask("POST", "/ingest/placed?sync=true", lines.join("\n"));
    const sql = `SELECT $docId, a, $segmentName, $hostName, COUNT(*) FROM placed
      WHERE $segmentName LIKE '%' GROUP BY 1, 2, 3, 4 ORDER BY 1`;
    const placesOf = async () => {
      const { json } = await ask("POST", "/query/sql", { sql });
      return (json["resultTable"] as { rows: unknown[][] }).rows;
    };
    const segmentsOf = async () => {
      const { json } = await ask("GET", "/segments/placed");
      return (json as unknown as { REALTIME: string[] }[])[0]?.REALTIME;
    };
    const nodes = (await ask("GET", "/instances")).json["instances"] as string[];
    const node = nodes.find((name) => name.startsWith("Server_"));
    const { hostName } = (await ask("GET", `/instances/${node}`)).json;
    const growing = [...new Set((await placesOf()).map((row) => row[2]))];
    expect(await segmentsOf()).toEqual(growing);
    const rows = (order: readonly number[], segment: unknown) =>
      order.map((ts, row) => [row, `at ${ts}`, segment, hostName, 1]);
    for (const _ of ["computed", "kept"]) expect(await placesOf()).toEqual(rows([30, 10, 20], growing[0]));
    await ask("POST", "/tables/placed/forceCommit", {});
    // Sealed rows lie in the order of their time.
    await expect
      .poll(async () => (await placesOf()).map((row) => row[1]))
      .toEqual(["at 10", "at 20", "at 30"]);
    const sealed = (await placesOf())[0]?.[2];
    expect(await placesOf()).toEqual(rows([10, 20, 30], sealed));
    expect(await segmentsOf()).toContain(sealed);
  });

  test("about health, nodes and machinery", async () => {
    expect(await ask("GET", "/debug/tables/seen")).toMatchObject({
      json: [
        { tableName: "seen_REALTIME", segmentDebugInfos: [], ingestionStatus: { ingestionState: "HEALTHY" } },
      ],
    });
    expect((await ask("GET", "/brokers/tables")).json).toHaveProperty("seen");
    const [broker] = (await ask("GET", "/brokers/tables/seen")).json as unknown as string[];
    expect(await ask("GET", `/instances/${broker}`)).toMatchObject({
      json: { instanceName: broker, enabled: true },
    });
    expect(await ask("GET", "/instances/none")).toMatchObject({ status: 404 });
    expect((await ask("GET", "/tenants/DefaultTenant/tables")).json["tables"]).toContain("seen");
    expect(await ask("GET", "/tables/seen/state")).toMatchObject({ json: { state: "enabled" } });
    for (const path of ["/segments/seen/reload", "/tables/seen/reload"])
      expect((await ask("POST", path)).json["status"]).toContain("needs no reload");
    expect(await ask("POST", "/tables/seen/rebalance?dryRun=true")).toMatchObject({
      json: { status: "NO_OP" },
    });
    expect(await ask("POST", "/segments/none/reload")).toMatchObject({ status: 404 });
  });
});

describe("secrets of a config", () => {
  const password = "hunter2secret";
  const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${password}";`;
  const streamConfigs = {
    streamType: "embedded",
    "sasl.jaas.config": jaas,
    "ssl.keystore.password": password,
    "stream.kafka.decoder.prop.schema.registry.rest.url": `http://user:${password}@registry:8081`,
    "stream.kafka.decoder.prop.basic.auth.user.info": `user:${password}`,
    "sasl.mechanism": "PLAIN",
  };
  const config = configOf("locked", { tableIndexConfig: { streamConfigs } });

  test("are not in anything that is read, nor in a refusal; a config that was read can be written back", async () => {
    await ask("POST", "/schemas", schemaOf("locked"));
    expect((await ask("POST", "/tables", config)).json).toMatchObject({ status: expect.any(String) });
    const paths = [
      "/tables/locked",
      "/tableConfigs/locked",
      "/api/tables/locked",
      "/api/tables",
      "/api/version",
    ];
    for (const path of paths) expect(JSON.stringify(await ask("GET", path)), path).not.toContain(password);
    const { REALTIME } = (await ask("GET", "/tables/locked")).json as { REALTIME: typeof config };
    expect(JSON.stringify(REALTIME)).toContain("http://user:********@registry:8081");
    expect(JSON.stringify(REALTIME)).toContain("PLAIN");
    const faulty = {
      ...config,
      tableIndexConfig: { streamConfigs: { ...streamConfigs, "sasl.jaas.config": [jaas] } },
    };
    const refused = await ask("PUT", "/tables/locked", faulty);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused)).not.toContain(password);
    expect(await ask("PUT", "/tables/locked", REALTIME)).toMatchObject({ status: 200 });
    const { tableIndexConfig, ...others } = REALTIME as typeof REALTIME & {
      readonly tableIndexConfig: { readonly streamConfigs: object };
    };
    const streamConfigMaps = [tableIndexConfig.streamConfigs];
    const moved = { ...others, ingestionConfig: { streamIngestionConfig: { streamConfigMaps } } };
    expect(await ask("PUT", "/tables/locked", moved)).toMatchObject({ status: 200 });
    const stored = readFileSync(join(served.data, "tables/locked/definition.json"), "utf8");
    expect(stored).toContain(password);
    expect(stored).not.toContain("********");
  });

  test("a mask for a secret that is not known is refused", async () => {
    const { REALTIME } = (await ask("GET", "/tables/locked")).json;
    await ask("POST", "/schemas", schemaOf("copy"));
    const copy = { ...(REALTIME as object), tableName: "copy_REALTIME" };
    expect(await ask("POST", "/tables", copy)).toMatchObject({
      status: 400,
      json: { errorCode: "TABLE_DEFINITION" },
    });
  });

  test("are in files and folders that are their owner's alone", async () => {
    const inside = await readdir(served.data, { recursive: true });
    expect(inside.length).toBeGreaterThan(5);
    const open = [".", ...inside].filter((name) => (statSync(join(served.data, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
  });
});

describe("bodies and files at their edges", () => {
  test("an empty body of a push is a mistake with a hint, an empty batch is none", async () => {
    await ask("POST", "/schemas", schemaOf("edge"));
    expect(await ask("POST", "/ingest/edge", "")).toMatchObject({
      status: 400,
      json: { errorCode: "BODY_SYNTAX" },
    });
    for (const batch of ["[]", " [ ]\n"])
      expect(await ask("POST", "/ingest/edge?sync=true", batch)).toMatchObject({
        status: 200,
        json: { accepted: 0, rejected: 0 },
      });
  });

  test("CSV is exact for programs; for spreadsheets no text runs as a formula, and numbers stay numbers", async () => {
    const sql = `SELECT '=1+1' AS "=a", '+1' AS b, '-1' AS c, '@x' AS d, -1.5 AS e, 'x=1' AS f, '=a,b' AS g`;
    const csv = async (accept: string) =>
      (await fetch(`${served.url}/query/sql?sql=${encodeURIComponent(sql)}`, { headers: { accept } })).text();
    expect(await csv("text/csv")).toBe('=a,b,c,d,e,f,g\r\n=1+1,+1,-1,@x,-1.5,x=1,"=a,b"\r\n');
    expect(await csv("text/csv; guard=formulas")).toBe(
      "'=a,b,c,d,e,f,g\r\n'=1+1,'+1,'-1,'@x,-1.5,x=1,\"'=a,b\"\r\n",
    );
  });
});
