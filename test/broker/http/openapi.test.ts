/** The API's document against the router, against OpenAPI 3.1, and against what the process really answers. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolve, schemaFaults } from "#test/broker/http/json-schema-faults";
import { definition, type Served, serve } from "#test/broker/http/serve-node";
import { root } from "#test/setup/sources-node";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: unknown;
  readonly example?: string;
}
type Content = Readonly<Record<string, { readonly schema?: unknown; readonly example?: unknown }>>;
interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}
interface Described {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}
interface Document extends Record<string, unknown> {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly tags: readonly { readonly name: string }[];
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let served: Served;
let document: Document;
let operations: readonly { readonly method: string; readonly path: string; readonly operation: Described }[];

const json = { "content-type": "application/json" };
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = json) =>
  fetch(served.url + path, {
    method,
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const cafe = (version: number) => ({ ...(definition("dashboards/cafe.json") as object), version });

beforeAll(async () => {
  served = await serve();
  const made = [
    await send("POST", "/schemas", definition("purchases.schema.json")),
    await send("POST", "/tables", definition("purchases.table.json")),
    await send("PUT", "/api/dashboards/cafe", cafe(0)),
  ];
  expect(made.map(({ status }) => status)).toEqual([200, 200, 200]);
  document = (await (await fetch(`${served.url}/openapi.json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});
afterAll(() => served.close());

const placed = (response: Response): Response =>
  response.$ref === undefined ? response : (resolve(document, response.$ref) as Response);

describe("the document and the router", () => {
  test("name the same operations; only the web app's pages are not the API's", () => {
    const documented = operations.map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ":$1")}`);
    const pages = ["GET /", "GET /ui", "GET /ui/*", "GET /ui/assets/*"];
    expect([...new Set(served.registered)].sort()).toEqual([...documented, ...pages].sort());
  });

  test("README's routes are described", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const section = readme.slice(readme.indexOf("## Routes"), readme.indexOf("## Test"));
    const shape = (path: string) => path.replace(/:\w+|\{\w+\}/g, "*");
    const known = new Set(operations.map(({ path }) => shape(path)));
    const paths = [...section.matchAll(/`(?:[A-Z]+ )?(\/[\w/.:-]+)`/g)].map(([, path]) => path as string);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !known.has(shape(path)))).toEqual([]);
  });

  test("it is written once and says where it was fetched from", async () => {
    const [first, second] = await Promise.all([1, 2].map(() => fetch(`${served.url}/openapi.json`)));
    expect(first?.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await first?.text()).toBe(await second?.text());
    expect(document).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" }, servers: [{ url: "/" }] });
  });
});

/** Every object below, with where it stands. */
function* nodes(value: unknown, at = "#"): Generator<readonly [string, Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, inner] of Object.entries(value)) yield* nodes(inner, `${at}/${key}`);
}

describe("OpenAPI 3.1", () => {
  test("every reference resolves; every component is named as it may be and used", () => {
    const used = new Set<string>();
    for (const [, node] of nodes(document)) {
      if (typeof node["$ref"] !== "string") continue;
      resolve(document, node["$ref"]);
      used.add(node["$ref"]);
    }
    for (const [kind, components] of Object.entries(document.components)) {
      for (const name of Object.keys(components)) {
        expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(used).toContain(`#/components/${kind}/${name}`);
      }
    }
    expect(JSON.stringify(document)).not.toContain("$defs");
  });

  test("parameters are those of the path, and each is whole", () => {
    for (const { method, path, operation } of operations) {
      const { parameters = [] } = operation;
      const ofPath = parameters.filter((one) => one.in === "path");
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        ofPath.map(({ name }) => name),
        `${method} ${path}`,
      ).toEqual(named);
      expect(ofPath.every(({ required, example }) => required && example !== undefined)).toBe(true);
      expect(new Set(parameters.map((one) => `${one.in} ${one.name}`)).size).toBe(parameters.length);
      for (const one of parameters) {
        expect(["path", "query", "header"]).toContain(one.in);
        if (one.in === "header") expect(["accept", "content-type", "authorization"]).not.toContain(one.name);
        if (one.example !== undefined)
          expect(schemaFaults(document, { closed: true })(one.schema, one.example)).toEqual([]);
      }
    }
  });

  test("objects have only the keys that OpenAPI gives them", () => {
    const keys = {
      operation: ["operationId", "tags", "summary", "description", "parameters", "requestBody", "responses"],
      parameter: ["name", "in", "required", "description", "schema", "example"],
      header: ["required", "description", "schema", "example"],
      response: ["description", "headers", "content"],
      media: ["schema", "example"],
      body: ["required", "content"],
    };
    const extra = (kind: keyof typeof keys, value: object) =>
      Object.keys(value).flatMap((key) => (keys[kind].includes(key) ? [] : [`${kind} ${key}`]));
    const ofContent = (content: Content = {}) => Object.values(content).flatMap((one) => extra("media", one));
    const found = operations.flatMap(({ operation }) => [
      ...extra("operation", operation),
      ...(operation.parameters ?? []).flatMap((one) => extra("parameter", one)),
      ...(operation.requestBody === undefined ? [] : extra("body", operation.requestBody)),
      ...ofContent(operation.requestBody?.content),
      ...Object.values(operation.responses).flatMap((response) => {
        const { content, headers = {}, ...rest } = placed(response);
        const ofHeaders = Object.values(headers).flatMap((header) => extra("header", header as object));
        return [...extra("response", rest), ...ofHeaders, ...ofContent(content)];
      }),
    ]);
    expect(found).toEqual([]);
  });

  test("operations have an id of their own, a known tag, a sentence, bodies where they may", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { method, path, operation } of operations) {
      expect(path.startsWith("/")).toBe(true);
      expect(tags).toEqual(expect.arrayContaining([...operation.tags]));
      expect(operation.summary).toMatch(/^[A-Z].*\.$/);
      if (method === "GET" || method === "DELETE") expect(operation.requestBody).toBeUndefined();
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^([1-5]\d\d|default)$/);
        expect(placed(response).description).toMatch(/\w/);
      }
    }
  });

  test("examples fit their schemas", () => {
    const faultsOf = schemaFaults(document, { closed: true });
    const faults = [...nodes(document)].flatMap(([at, node]) => {
      const { schema, example, examples } = node;
      const ofMedia = schema !== undefined && example !== undefined ? faultsOf(schema, example) : [];
      const ofType =
        Array.isArray(examples) && "type" in node ? examples.flatMap((one) => faultsOf(node, one)) : [];
      return [...ofMedia, ...ofType].map((fault) => `${at}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });
});

/** The documented answer of a status and media type has nothing against the real one. */
async function fits(method: string, path: string, answer: globalThis.Response): Promise<void> {
  const at = `${method} ${path} ${answer.status}`;
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status];
  const text = await answer.text();
  expect(described, `${at} is described; it was ${text.slice(0, 500)}`).toBeDefined();
  const { content = {}, headers = {} } = placed(described as Response);
  const [mediaType = ""] = (answer.headers.get("content-type") ?? "").split(";");
  expect(Object.keys(content), at).toContain(mediaType);
  for (const header of Object.keys(headers))
    expect(answer.headers.has(header), `${at}: ${header}`).toBe(true);
  const { schema } = content[mediaType] as { readonly schema?: unknown };
  if (!mediaType.endsWith("json")) return;
  if (mediaType === "application/x-ndjson") return;
  const value: unknown = JSON.parse(text);
  expect(schemaFaults(document, { closed: true })(schema, value), at).toEqual([]);
  const { errorCode } = value as { readonly errorCode?: string };
  if (answer.status < 400 || errorCode === undefined) return;
  expect(placed(described as Response).description, at).toContain(`\`${errorCode}\``);
}

/** The requests that the document shows: its examples of path, query and each body. */
function shown({ method, path, operation }: (typeof operations)[number]): readonly Request[] {
  const { parameters = [], requestBody } = operation;
  const example = (name: string) => parameters.find((one) => one.name === name)?.example ?? "";
  const query = parameters
    .filter((one) => one.in === "query" && one.example !== undefined)
    .map(({ name, example }) => `${name}=${encodeURIComponent(example as string)}`);
  const url = `${served.url}${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(example(name)))}${query.length === 0 ? "" : "?"}${query.join("&")}`;
  if (requestBody === undefined) return [new Request(url, { method })];
  return Object.entries(requestBody.content).map(
    ([mediaType, { example: body }]) =>
      new Request(url, {
        method,
        headers: { "content-type": mediaType },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  );
}

describe("what the process answers", () => {
  test("to every example, in the document's order, is what the document says", async () => {
    const refused: string[] = [];
    for (const one of operations) {
      const { method, path } = one;
      if (path === "/live") continue;
      // A table stands on its schema, which an example has dropped by then.
      if (method === "POST" && path === "/tables") {
        const schemas = operations.find((other) => other.method === "POST" && other.path === "/schemas");
        for (const request of schemas === undefined ? [] : shown(schemas)) await fetch(request);
      }
      for (const request of shown(one)) {
        const answer = await fetch(request);
        if (!answer.ok) refused.push(`${method} ${path} ${answer.status}`);
        await fits(method, path, answer);
      }
    }
    expect(refused).toEqual([
      "DELETE /query/{id} 404",
      "DELETE /clientQuery/{id} 404",
      "GET /segments/{name}/{segment}/metadata 404",
    ]);
  });

  const strict = { ...json, "pinot-use-http-status-for-errors": "true" };
  test.each([
    [200, { sql: "SELECT * FROM purchases LIMIT 5" }, json],
    [200, { sql: "SELECT 9007199254740993, 'a', TRUE, NULL, 1.5" }, json],
    [200, { sql: "SELECT * FROM purchases LIMIT 5" }, { ...json, accept: "text/csv" }],
    [200, { sql: "SELECT * FROM purchases LIMIT 5" }, { ...json, accept: "application/x-ndjson" }],
    [200, { sql: "SELECT 1" }, { ...json, accept: "application/vnd.apache.arrow.stream" }],
    [200, { sql: "SELEC 1" }, json],
    [400, { sql: "SELECT 1 FROM purchases WHER a" }, strict],
    [400, { sql: "SELECT missing FROM purchases" }, strict],
    [404, { sql: "SELECT 1 FROM missing" }, strict],
    [400, { statement: "SELECT 1" }, json],
    [400, "{", json],
  ] as const)("to a query: %i %j %j", async (status, body, headers) => {
    const answer = await send("POST", "/query/sql", body, headers);
    expect(answer.status).toBe(status);
    await fits("POST", "/query/sql", answer);
  });

  const keyed = { ...json, "idempotency-key": "key" };
  const row = '{"transaction_time": 1700000000000, "product_id": "FS01"}';
  test.each([
    [200, "purchases", `${row}\n{"quantity": "x"}\nnope`, json],
    [200, "purchases", row, keyed],
    [409, "purchases", `${row}\n${row}`, keyed],
    [404, "purchase", row, json],
    [400, "purchases", "", json],
  ])("to a push: %i %s %s", async (status, table, body, headers) => {
    const answer = await send("POST", `/ingest/${table}`, body, headers);
    expect(answer.status).toBe(status);
    await fits("POST", "/ingest/{table}", answer);
  });

  test("while a table is paused: 503, and when to try again", async () => {
    await send("POST", "/tables/purchases/pauseConsumption", "");
    await fits("POST", "/ingest/{table}", await send("POST", "/ingest/purchases", row));
    await fits("GET", "/api/tables", await fetch(`${served.url}/api/tables`));
    await send("POST", "/tables/purchases/resumeConsumption", "");
  });

  test.each([
    ["POST", "/schemas", "/schemas", { schemaName: "bad", dimensionFieldSpecs: [{ name: "a" }] }, 400],
    ["POST", "/tables", "/tables", { tableName: "nowhere" }, 404],
    ["POST", "/tables", "/tables", definition("purchases.table.json"), 409],
    ["PUT", "/tables/{name}", "/tables/purchases", { tableName: "other" }, 400],
    ["DELETE", "/schemas/{name}", "/schemas/purchases", "", 409],
    ["PUT", "/api/dashboards/{id}", "/api/dashboards/cafe", cafe(7), 409],
    ["PUT", "/api/dashboards/{id}", "/api/dashboards/cafe", {}, 400],
    ["PUT", "/api/queries/{id}", "/api/queries/q", {}, 400],
    ["POST", "/api/infer", "/api/infer", {}, 400],
    ["DELETE", "/api/dashboards/{id}", "/api/dashboards/none", "", 404],
    ["DELETE", "/api/queries/{id}", "/api/queries/none", "", 404],
  ])("to a mistake: %s %s %s %j is %i", async (method, path, asked, body, status) => {
    const answer = await send(method, asked, body);
    expect(answer.status).toBe(status);
    await fits(method, path, answer);
  });

  test("about a table that is not there: 404 on every path that names one", async () => {
    for (const { method, path } of operations) {
      if (method !== "GET" || !/\{(name|table)\}/.test(path)) continue;
      const answer = await fetch(served.url + path.replace(/\{\w+\}/, "missing"));
      expect(answer.status, path).toBe(404);
      await fits(method, path, answer);
    }
  });

  test("to fields of the wrong type: 400, naming the field and what it takes; null is none", async () => {
    const ask = (body: object) =>
      fetch(`${served.url}/query/sql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    for (const field of ["queryOptions", "clientQueryId"]) {
      const refused = await ask({ sql: "SELECT 1", [field]: { timeoutMs: 5000 } });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ errorCode: "BODY_SYNTAX", at: `$.${field}` });
      const taken = await ask({ sql: "SELECT 1", [field]: null });
      expect(await taken.json()).toMatchObject({ exceptions: [] });
    }
  });

  test("to another site's page: 403, but health is anybody's", async () => {
    const { hostname, port } = new URL(served.url);
    const ask = (path: string) =>
      new Promise<globalThis.Response>((done, failed) => {
        const headers = { host: "evil.example", "content-length": "0" };
        const asked = httpRequest({ hostname, port, path, headers }, async (answer) => {
          const type = answer.headers["content-type"] ?? "";
          const body = (await answer.toArray()).join("");
          done(
            new globalThis.Response(body, {
              status: answer.statusCode ?? 0,
              headers: { "content-type": type },
            }),
          );
        });
        asked.on("error", failed).end();
      });
    for (const { method, path, operation } of operations) {
      if (method !== "GET" || path === "/live") continue;
      const answer = await ask(path);
      const open = operation.responses["403"] === undefined;
      expect(answer.status, path).toBe(open ? 200 : 403);
      await fits(method, path, answer);
    }
  });
});

test("the worked examples are commands that a shell reads as they were meant", () => {
  const commands = operations.flatMap(
    ({ operation }) => /```sh\n(.*)\n```/s.exec(operation.description)?.[1] ?? [],
  );
  expect(commands.length).toBe(operations.length - 1);
  const script = `curl() { printf '%s\\0' "$@"; printf '\\001'; }\n${commands.join("\n")}`;
  const { stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  const calls = stdout.split("\u0001").slice(0, -1);
  expect(calls.length).toBe(commands.length);
  const bodies = operations.flatMap(({ path, operation: { requestBody } }) => {
    if (path === "/live") return [];
    const [body] = Object.values(requestBody?.content ?? {});
    return [
      body === undefined
        ? null
        : typeof body.example === "string"
          ? body.example
          : JSON.stringify(body.example),
    ];
  });
  const sent = calls.map((call) => {
    const words = call.split("\0");
    const at = words.indexOf("--data-binary");
    return at < 0 ? null : words[at + 1];
  });
  expect(sent).toEqual(bodies);
});
