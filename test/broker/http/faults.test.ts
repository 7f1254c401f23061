/** Every no, whoever says it (a handler, the router, the parser of HTTP, a plugin, a stop), has one shape. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorAnswer } from "#schemas/api/error";
import { exchange, type Served, serve } from "#test/broker/http/serve-node";

const headerBytes = 4096;
let served: Served;
beforeAll(async () => {
  served = await serve({ limits: { headerBytes, bodyBytes: 4096, drainMs: 300 } });
});
afterAll(() => served.close());

/** The shape itself is checked; the rest as given. */
function expectFault(body: string, fault: { readonly code: number; readonly errorCode: string }): void {
  const answer = errorAnswer.parse(JSON.parse(body));
  expect(answer).toMatchObject(fault);
  expect(answer.exceptions).toEqual([
    expect.objectContaining({ code: fault.errorCode, message: answer.error }),
  ]);
}

const json = { "content-type": "application/json" };
const large = "x".repeat(5000);

describe("one shape for", () => {
  test.each([
    ["no such route", 404, "NOT_FOUND", "GET", "/nowhere", {}],
    ["no such route with a body", 404, "NOT_FOUND", "POST", "/querys", { headers: json, body: "{}" }],
    ["another method", 405, "METHOD_UNKNOWN", "PUT", "/query/sql", { headers: json, body: "{}" }],
    ["a method nobody has", 405, "METHOD_UNKNOWN", "PATCH", "/tables/t", { headers: json, body: "{}" }],
    ["another method of the pages", 405, "METHOD_UNKNOWN", "POST", "/ui/x", { body: "" }],
    ["a preflight", 405, "METHOD_UNKNOWN", "OPTIONS", "/query/sql", {}],
    ["an address that is no text", 400, "REQUEST_SYNTAX", "GET", "/tables/%E0%A4%A", {}],
    ["a name longer than any", 404, "NOT_FOUND", "GET", `/tables/${"a".repeat(600)}`, {}],
    ["broken JSON", 400, "BODY_SYNTAX", "POST", "/query/sql", { headers: json, body: '{"sql": ' }],
    ["no body", 400, "BODY_SYNTAX", "POST", "/query/sql", { headers: json }],
    ["a list for an object", 400, "BODY_SYNTAX", "POST", "/query/sql", { headers: json, body: "[]" }],
    [
      "a form",
      400,
      "BODY_SYNTAX",
      "POST",
      "/query/sql",
      { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "sql=SELECT+1" },
    ],
    [
      "a content type that is none",
      400,
      "BODY_SYNTAX",
      "POST",
      "/query/sql",
      { headers: { "content-type": ";;;" }, body: "{}" },
    ],
    ["too large", 413, "BODY_BYTES", "POST", "/query/sql", { headers: json, body: large }],
    [
      "another site",
      403,
      "ORIGIN_REFUSED",
      "POST",
      "/query/sql",
      { headers: { origin: "http://evil.example" } },
    ],
    ["no table", 404, "TABLE_UNKNOWN", "GET", "/tables/missing", {}],
  ] as const)("%s", async (_what, code, errorCode, method, path, request) => {
    const answer = await fetch(served.url + path, { method, ...request });
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.status).toBe(code);
    if (code === 405) expect(answer.headers.get("allow")).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
    expectFault(await answer.text(), { code, errorCode });
  });

  test("methods that are there are named", async () => {
    const allowed = async (path: string) =>
      (await fetch(served.url + path, { method: "PATCH" })).headers.get("allow");
    expect(await allowed("/sql")).toBe("POST, GET, HEAD");
    expect(await allowed("/tables/t/")).toBe("GET, PUT, DELETE, HEAD");
    expect(await allowed("/live")).toBe("GET, HEAD");
  });

  test.each([
    [
      431,
      "REQUEST_BYTES",
      `GET /query/sql?sql=${"1".repeat(headerBytes)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ],
    [431, "REQUEST_BYTES", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"1".repeat(headerBytes)}\r\n\r\n`],
    [400, "REQUEST_SYNTAX", "HELO evil\r\n\r\n"],
    [400, "REQUEST_SYNTAX", "GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n"],
    [400, "REQUEST_SYNTAX", "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"],
  ])("%i: bytes that never become a request", async (code, errorCode, text) => {
    const [head, body] = (await exchange(served.url, text)).split("\r\n\r\n") as [string, string];
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    expectFault(body, { code, errorCode });
  });

  test("too many requests, which say when to come again", async () => {
    const busy = await serve({ limits: { requestsPerSecond: 4 } });
    const ask = () => fetch(`${busy.url}/query/sql?sql=SELECT+1`);
    const answers = await Promise.all(Array.from({ length: 40 }, ask));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get("retry-after")).toMatch(/^\d+$/);
    expectFault((await refused?.text()) ?? "", { code: 429, errorCode: "RATE_LIMITED" });
    await busy.close();
  });
});

test("a stop lets what is under way end, ends statements, and answers what comes then", async () => {
  const stopped = await serve({ limits: { drainMs: 400 } });
  const post = (path: string, body: string) =>
    fetch(stopped.url + path, { method: "POST", headers: json, body });
  await post(
    "/schemas",
    JSON.stringify({ schemaName: "t", dimensionFieldSpecs: [{ name: "a", dataType: "INT" }] }),
  );
  const push = post("/ingest/t?sync=true", '{"a":1}');
  const began = performance.now();
  const drained = stopped.drain();
  for (const [path, body] of [
    ["/ingest/t", '{"a":2}'],
    ["/query/sql", '{"sql":"SELECT 1"}'],
    ["/health", "{}"],
  ] as const) {
    const answer = await post(path, body);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("connection")).toBe("close");
    expectFault(await answer.text(), { code: 503, errorCode: "SHUTTING_DOWN" });
  }
  const pushed = await push;
  if (pushed.status === 200) expect(await pushed.json()).toMatchObject({ accepted: 1 });
  else expectFault(await pushed.text(), { code: 503, errorCode: "SHUTTING_DOWN" });
  await drained;
  expect(performance.now() - began).toBeLessThan(5000);
  await stopped.close();
});
