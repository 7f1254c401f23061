/** Ids of everything follow one rule: what it refuses is refused at every door, what it accepts comes back from all. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyDefinitions, readDefinitions } from "#broker/definition-files-node";
import type { Dashboard } from "#schemas/api/dashboards";
import { type IdKind, isId, keyFault, suggestedId } from "#schemas/api/ids";
import { readLiveRequest } from "#schemas/api/live-request";
import { limits, schemaBounds } from "#schemas/limits";
import { type Served, serve } from "#test/broker/http/serve-node";

const { idChars, keyChars } = schemaBounds;
let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());

interface Answered {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A raw request: fetch would take ".." out of the path. */
const ask = (
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> =>
  new Promise((done, failed) => {
    const { hostname, port } = new URL(served.url);
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (data) => (text += data));
      answer.on("end", () => done({ status: answer.statusCode ?? 0, json: JSON.parse(text) }));
    });
    asked.on("error", failed);
    // As bytes: a text would be sent together with the headers, and these in its encoding.
    if (body !== undefined) asked.write(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
    asked.end();
  });

const enc = encodeURIComponent;
const panelOf = (id: string) => ({
  id,
  title: "P",
  table: "t",
  sql: "SELECT 1",
  chart: { kind: "table" },
  at: { x: 0, y: 0, w: 1, h: 1 },
});
const dashboardOf = (panels: readonly string[] = [], version = 0) => ({
  title: "T",
  from: "now-1h",
  to: "now",
  panels: panels.map(panelOf),
  version,
});
const savedOf = { name: "N", sql: "SELECT 1" };
const schemaOf = (schemaName: string) => ({
  schemaName,
  dimensionFieldSpecs: [{ name: "a", dataType: "STRING" }],
});

/** An id is refused: with what was expected, found and where, and if possible with one that would do. */
function expectRefusal({ status, json }: Answered, kind: IdKind, id: string, code: string): void {
  expect([status, json["errorCode"]], id).toEqual([400, code]);
  expect(json).toMatchObject({ expected: expect.any(String), at: expect.any(String) });
  expect(json["error"]).toContain("expected");
  expect(String(json["error"]).length).toBeLessThan(600);
  const { suggestion } = json as { suggestion?: string };
  if (suggestion !== undefined) expect(isId(suggestion, kind), suggestion).toBe(true);
}

const badIds: readonly string[] = [
  ...[".", "..", "../x", "..\\x", "a/b", "/etc/passwd", ".hidden", "-flag", " ", "a b", "a\u0000b", "a\nb"],
  ...[
    "a\u001b[31m",
    "a%2fb",
    "naïve",
    "раnel",
    "a\u200bb",
    "ａ",
    "a\u202eb",
    "📊",
    "a:b",
    "a?b",
    "a#b",
    "'; --",
  ],
  ...["a".repeat(idChars + 1), "a".repeat(600), "a".repeat(10_000)],
];

describe("documents", () => {
  test.each(badIds)("are not made as %j", async (id) => {
    for (const [path, body] of [
      ["/api/dashboards/", dashboardOf()],
      ["/api/queries/", savedOf],
    ] as const) {
      const refused = await ask("PUT", path + enc(id), body);
      expectRefusal(refused, "document", id, "ID_SYNTAX");
      const missing = await ask("DELETE", path + enc(id));
      expect(missing.status).toBe(404);
      expect(JSON.stringify(missing.json).length).toBeLessThan(1000);
    }
    expect((await ask("GET", `/api/dashboards/${enc(id)}`)).status).toBe(404);
    const panel = await ask("PUT", "/api/dashboards/fine", dashboardOf(["ok", id]));
    expectRefusal(panel, "document", id, "TABLE_DEFINITION");
    expect(panel.json["at"]).toBe("$.panels[1].id");
  });

  test("nothing of these is there, and no panel has another's id", async () => {
    expect((await ask("GET", "/api/dashboards")).json).toEqual([]);
    expect((await ask("GET", "/api/queries")).json).toEqual([]);
    for (const panels of [[""], ["a", "a"]])
      expect(await ask("PUT", "/api/dashboards/fine", dashboardOf(panels))).toMatchObject({
        status: 400,
        json: { at: `$.panels[${panels.length - 1}].id` },
      });
  });

  test("of before the rule are read, changed and deleted; what is new in them follows it", async () => {
    const old = { ...dashboardOf(["Panel 1", "é", "é"]), id: "Old one/é", updatedMs: 0 } as Dashboard;
    await served.catalog.putDashboard(old);
    const path = `/api/dashboards/${enc(old.id)}`;
    expect(await ask("GET", path)).toMatchObject({ status: 200, json: { id: old.id, panels: old.panels } });
    const panels = ["é", "Panel 1", "é", "new"];
    expect(await ask("PUT", path, dashboardOf(panels, 1))).toMatchObject({
      status: 200,
      json: { version: 2 },
    });
    expect(await ask("PUT", path, dashboardOf([...panels, "not new"], 2))).toMatchObject({
      status: 400,
      json: { at: "$.panels[4].id", suggestion: "not-new" },
    });
    expect((await ask("DELETE", path)).status).toBe(200);
    expectRefusal(await ask("PUT", path, dashboardOf()), "document", old.id, "ID_SYNTAX");

    await served.catalog.putSavedQuery({ ...savedOf, id: "../x", updatedMs: 0 });
    expect((await ask("GET", "/api/queries")).json).toMatchObject([{ id: "../x" }]);
    expect((await ask("PUT", `/api/queries/${enc("../x")}`, savedOf)).status).toBe(200);
    expect((await ask("DELETE", `/api/queries/${enc("../x")}`)).status).toBe(200);
    expect((await ask("GET", "/api/queries")).json).toEqual([]);
  });

  test("tell cases apart", async () => {
    for (const id of ["Twin", "twin"])
      expect((await ask("PUT", `/api/dashboards/${id}`, dashboardOf())).status).toBe(200);
    const ids = ((await ask("GET", "/api/dashboards")).json as unknown as { id: string }[]).map(
      ({ id }) => id,
    );
    expect(ids.sort()).toEqual(["Twin", "twin"]);
    for (const id of ids) await ask("DELETE", `/api/dashboards/${id}`);
  });
});

describe("tables", () => {
  const badNames = [...badIds, "", "1st", "livebrokers", "LiveBrokers", "_REALTIME", "a_OFFLINE_REALTIME"];
  test.each(badNames)("are not made as %j", async (name) => {
    const schema = schemaOf(name);
    const realtime = { tableName: name, tableType: "REALTIME", segmentsConfig: {} };
    for (const [path, body] of [
      ["/schemas", schema],
      ["/schemas/validate", schema],
      ["/api/tables", { schema, config: null }],
      ["/tableConfigs", { tableName: name, schema: schemaOf("other"), realtime }],
      ["/tableConfigs/validate", { tableName: name, schema: schemaOf("other"), realtime }],
    ] as const) {
      const refused = await ask("POST", path, body);
      expect([refused.status, refused.json["errorCode"]], path).toEqual([400, "TABLE_DEFINITION"]);
      const { suggestion } = refused.json as { suggestion?: string };
      if (suggestion !== undefined) expect(isId(suggestion, "table"), suggestion).toBe(true);
    }
    expect((await ask("GET", "/tables")).json["tables"]).toEqual([]);
  });

  test("of a definition file are held to it too, and the file is named", async () => {
    const folder = mkdtempSync(join(tmpdir(), "freshet-ids-"));
    writeFileSync(join(folder, "x.json"), JSON.stringify(schemaOf("../x")));
    const desk = { definitions: { change: async () => {} } as never, limits, nowMs: () => 0 };
    await expect(applyDefinitions(desk, readDefinitions(folder))).rejects.toThrow(
      /x\.json: \$\.schemaName: expected .* but found "\.\.\/x"; "x" would do/,
    );
    rmSync(folder, { recursive: true });
  });

  test("are proposed by names that they may have, whatever a file is called", async () => {
    for (const table of ["2024 Umsätze (final).csv", "заказы", "a".repeat(250), "..", "orders-v1"]) {
      const { json } = await ask("POST", "/api/infer", { rows: '{"a": 1}', table });
      const { schemaName } = json["schema"] as { schemaName: string };
      expect(isId(schemaName, "table"), schemaName).toBe(true);
      expect(schemaName).toMatch(/^\w+$/);
      expect(await ask("POST", "/schemas/validate", json["schema"])).toMatchObject({ status: 200 });
    }
  });

  test.each(["", "$x", "x".repeat(schemaBounds.columnNameChars + 1), "\ud800"])(
    "have no column %j",
    async (name) => {
      const schema = { schemaName: "t", dimensionFieldSpecs: [{ name, dataType: "STRING" }] };
      const refused = await ask("POST", "/schemas", schema);
      expect(refused).toMatchObject({ status: 400, json: { at: "$.dimensionFieldSpecs[0].name" } });
    },
  );
});

describe("keys", () => {
  const badKeys = [
    "",
    " ",
    "\u00a0",
    "a\u0000",
    "a\nb",
    "a\u001b",
    "a\u2028b",
    "a\u202eb",
    "\ud800",
    "a".repeat(keyChars + 1),
  ];
  test.each([...badKeys, "a".repeat(10_000)])("%j is none", async (key) => {
    const body = { sql: "SELECT 1", clientQueryId: key };
    expect(await ask("POST", "/query/sql", body)).toMatchObject({
      status: 400,
      json: { errorCode: "ID_SYNTAX", at: "$.clientQueryId", error: expect.stringContaining("a UUID") },
    });
    const read = readLiveRequest(JSON.stringify({ kind: "unsubscribe", id: key }));
    expect(read).toMatchObject({
      kind: "fault",
      error: { message: expect.stringContaining("id: expected 1 to") },
    });
    if (!key.isWellFormed()) return;
    const asked = await ask("GET", `/query/sql?sql=SELECT%201&clientQueryId=${enc(key)}`);
    expect(asked).toMatchObject({ status: 400, json: { errorCode: "ID_SYNTAX" } });
    const header = Buffer.from(key).toString("latin1");
    if ([..."\0\n\u001b"].some((control) => header.includes(control))) return;
    const pushed = await ask("POST", "/ingest/none", "{}", { "idempotency-key": header });
    expect(pushed).toMatchObject({ status: 400, json: { errorCode: "ID_SYNTAX", at: "Idempotency-Key" } });
  });

  test("that are printable come back, and make pushes safe to repeat, in any script", async () => {
    await ask("POST", "/schemas", schemaOf("keyed"));
    const keys = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((key) => key.trim() === key && keyFault(key) === null);
    await fc.assert(
      fc.asyncProperty(keys, fc.nat(), async (key, salt) => {
        const answer = await ask("POST", "/query/sql", { sql: "SELECT 1", clientQueryId: key });
        expect(answer.json["clientRequestId"]).toBe(key);
        const read = readLiveRequest(JSON.stringify({ kind: "unsubscribe", id: key }));
        expect(read).toMatchObject({ kind: "request", request: { id: key } });
        const once = { "idempotency-key": Buffer.from(`${key} ${salt}`).toString("latin1") };
        const [first, second] = [
          await ask("POST", "/ingest/keyed", `{"a": "${salt}"}`, once),
          await ask("POST", "/ingest/keyed", `{"a": "${salt}"}`, once),
        ];
        expect(first.status).toBe(200);
        expect(second.json).toEqual(first.json);
      }),
      { numRuns: 25 },
    );
    expect((await ask("DELETE", "/schemas/keyed")).status).toBe(200);
  });
});

const idOf = (first: string): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[${first}][A-Za-z0-9_.-]{0,127}$`));

describe("what the rule accepts", () => {
  const documents = fc.oneof(
    idOf("A-Za-z0-9"),
    fc.constantFrom("new", "validate", "a..b", "0", "a.", "CON", "9".repeat(idChars)),
  );
  test("comes back from every route of documents", async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (id) => {
        const dashboard = `/api/dashboards/${enc(id)}`;
        expect(await ask("PUT", dashboard, dashboardOf([id]))).toMatchObject({ status: 200, json: { id } });
        expect(await ask("GET", dashboard)).toMatchObject({ status: 200, json: { id, panels: [{ id }] } });
        expect((await ask("GET", "/api/dashboards")).json).toMatchObject([{ id }]);
        expect((await ask("DELETE", dashboard)).status).toBe(200);
        expect(await ask("PUT", `/api/queries/${enc(id)}`, savedOf)).toMatchObject({
          status: 200,
          json: { id },
        });
        expect((await ask("GET", "/api/queries")).json).toMatchObject([{ id }]);
        expect((await ask("DELETE", `/api/queries/${enc(id)}`)).status).toBe(200);
      }),
      { numRuns: 40 },
    );
  });

  test("comes back from the routes of tables, their statements and their files", async () => {
    const names = fc.oneof(
      idOf("A-Za-z_"),
      fc.constantFrom("validate", "a..b", "select", "_", "Z".repeat(idChars)),
    );
    await fc.assert(
      fc.asyncProperty(
        names.filter((name) => !/_(REALTIME|OFFLINE)$/.test(name)),
        async (name) => {
          expect(await ask("POST", "/schemas", schemaOf(name))).toMatchObject({ status: 200 });
          expect((await ask("GET", "/tables")).json["tables"]).toContain(name);
          expect((await ask("GET", `/schemas/${enc(name)}`)).json).toMatchObject({ schemaName: name });
          expect(await ask("POST", `/ingest/${enc(name)}?sync=true`, '{"a": "x"}')).toMatchObject({
            status: 200,
          });
          const { json } = await ask("POST", "/query/sql", { sql: `SELECT COUNT(*) FROM "${name}"` });
          expect(json).toMatchObject({ resultTable: { rows: [[1]] } });
          expect(existsSync(join(served.data, "tables", name, "definition.json"))).toBe(true);
          expect((await ask("POST", `/tables/${enc(name)}/forceCommit`, {})).status).toBe(200);
          expect((await ask("GET", `/segments/${enc(name)}/metadata`)).status).toBe(200);
          expect((await ask("DELETE", `/schemas/${enc(name)}`)).status).toBe(200);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("is not the fixed part of another route of the same method: that one is reserved", () => {
    const routes = served.registered.map((route) => route.split("/"));
    const isHidden = (named: readonly string[], fixed: readonly string[]): boolean =>
      named.length === fixed.length &&
      named.every((part, at) => part === fixed[at] || part.startsWith(":")) &&
      named.some((part, at) => part.startsWith(":") && !fixed[at]?.startsWith(":"));
    const hidden = routes.flatMap((named) => routes.filter((fixed) => isHidden(named, fixed)));
    expect(hidden.map((fixed) => fixed.join("/"))).toEqual(["GET /tables/livebrokers"]);
    expect(isId("livebrokers", "table")).toBe(false);
  });
});

test("a suggestion is an id, with room for a number", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("document", "table"),
      (text, kind) => {
        const found = suggestedId(text, kind);
        if (found !== null) expect(isId(`${found}_2`, kind)).toBe(true);
      },
    ),
  );
  expect(suggestedId("Best sellers", "document")).toBe("Best-sellers");
  expect(suggestedId("sales.2024_v2", "document")).toBe("sales.2024_v2");
});
