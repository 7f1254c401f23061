/**
 * Definitions that change at the same time, over HTTP against a server with threads: each pair of requests ends as if one
 * had come after the other, names are never wedged, and what was acknowledged is there.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Served, serve } from "#test/broker/http/serve-node";

let served: Served;
beforeAll(async () => {
  served = await serve({ threads: { ingest: 2, scan: 1 } });
});
afterAll(() => served.close());

interface Answer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(served.url + path, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" } }),
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Readonly<Record<string, unknown>> };
}

const schemaOf = (name: string, ...more: readonly string[]) => ({
  schemaName: name,
  dimensionFieldSpecs: ["id", ...more].map((field) => ({ name: field, dataType: "LONG" })),
  dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP" }],
});

const configOf = (name: string, partitions = 1, more: object = {}) => ({
  tableName: name,
  tableType: "REALTIME",
  segmentsConfig: { timeColumnName: "ts", ...more },
  tableIndexConfig: {
    streamConfigs: {
      streamType: "embedded",
      "stream.embedded.topic.name": name,
      "stream.embedded.partitions": String(partitions),
    },
  },
});

const postSchema = (name: string, ...more: readonly string[]) =>
  ask("POST", "/schemas", schemaOf(name, ...more));
const postTable = (name: string, partitions?: number) => ask("POST", "/tables", configOf(name, partitions));
const dropSchema = (name: string) => ask("DELETE", `/schemas/${name}`);
const dropTable = (name: string) => ask("DELETE", `/tableConfigs/${name}`);
const push = (name: string, id: number) => ask("POST", `/ingest/${name}`, `{"id":${id},"ts":${id}}\n`);
const act = (name: string, action: string) => ask("POST", `/tables/${name}/${action}`);

async function idsOf(name: string): Promise<readonly number[]> {
  const sql = `SELECT id FROM ${name} ORDER BY id LIMIT 100000`;
  const { json } = await ask("POST", "/query/sql", { sql });
  expect(json["exceptions"]).toEqual([]);
  const { rows } = json["resultTable"] as { readonly rows: readonly (readonly [number])[] };
  return rows.map(([id]) => id);
}

/** The name can be used: made, or made anew, filled, and dropped. */
async function expectUsable(name: string): Promise<void> {
  if ((await ask("GET", `/schemas/${name}`)).status === 404)
    expect((await postSchema(name)).status).toBe(200);
  expect((await ask("PUT", `/schemas/${name}`, schemaOf(name, "later"))).status).toBe(200);
  expect((await act(name, "resumeConsumption")).status).toBe(200);
  expect((await ask("POST", `/ingest/${name}?sync=true`, '{"id":-1,"ts":1}')).status).toBe(200);
  expect(await idsOf(name)).toContain(-1);
  expect((await dropTable(name)).status).toBe(200);
  expect((await ask("GET", `/schemas/${name}`)).status).toBe(404);
  expect((await postSchema(name)).status).toBe(200);
  expect(await idsOf(name)).toEqual([]);
}

const rounds = 12;
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();
const fine = [200, 404, 409, 503];

describe("two changes of one name at once", () => {
  test("create and create: one makes it, the other finds it, in any case of letters", async () => {
    for (let round = 0; round < rounds; round++) {
      const name = `twins${round}`;
      const both = await Promise.all([postSchema(name), postSchema(name)]);
      expect(statuses(both)).toEqual([200, 200]);
      const cased = await Promise.all([postSchema(`Cased${round}`), postSchema(`cASED${round}`)]);
      expect(statuses(cased)).toEqual([200, 409]);
      const whole = (named: string) => ask("POST", "/api/tables", { schema: schemaOf(named), config: null });
      const once = await Promise.all([
        whole(`whole${round}`),
        whole(`whole${round}`),
        whole(`WHOLE${round}`),
      ]);
      expect(statuses(once)).toEqual([200, 409, 409]);
    }
    await expectUsable("twins0");
    await expectUsable("whole0");
  });

  const pairs: Readonly<Record<string, (name: string) => readonly Promise<Answer>[]>> = {
    "create / drop": (name) => [postSchema(name), dropSchema(name)],
    "create / create table": (name) => [postSchema(name), postTable(name)],
    "create / push": (name) => [postSchema(name), push(name, 1)],
    "alter / alter": (name) => [postSchema(name, "a"), postSchema(name, "b")],
    "alter / drop": (name) => [postSchema(name, "a"), dropSchema(name)],
    "create table / create table": (name) => [postTable(name, 2), postTable(name, 3)],
    "delete schema / create table": (name) => [dropSchema(name), postTable(name, 2)],
    "drop / drop": (name) => [dropTable(name), dropTable(name)],
    "drop / push": (name) => [dropTable(name), push(name, 1)],
    "pause / drop": (name) => [act(name, "pauseConsumption"), dropTable(name)],
    "pause / resume": (name) => [act(name, "pauseConsumption"), act(name, "resumeConsumption")],
    "forceCommit / drop": (name) => [push(name, 1), act(name, "forceCommit"), dropTable(name)],
    "forceCommit / alter": (name) => [push(name, 1), act(name, "forceCommit"), postSchema(name, "a")],
    "query / replace": (name) => [
      postTable(name, 2),
      ask("POST", "/query/sql", { sql: `SELECT COUNT(*) FROM ${name}` }),
    ],
  };

  test.each(Object.entries(pairs))(
    "%s: no failure of ours, and the name is as good as before",
    async (pair, run) => {
      for (let round = 0; round < 4; round++) {
        const name = `${pair.replaceAll(/\W/g, "")}${round}`;
        // Half of the pairs meet a table that is there, half a name that is free.
        if (round % 2 === 0 || !pair.startsWith("create ")) expect((await postSchema(name)).status).toBe(200);
        const answers = await Promise.all(run(name));
        for (const { status, json } of answers) expect(fine, JSON.stringify(json)).toContain(status);
        for (const { status, json } of answers)
          if (status === 200) expect(json["exceptions"] ?? []).toEqual([]);
        for (const { json } of answers) expect(json["errorCode"]).not.toBe("CATALOG_CONFLICT");
        await expectUsable(name);
      }
    },
  );

  test("alter and alter: the columns of the one that came last, and both came", async () => {
    await postSchema("columns");
    expect(statuses(await Promise.all([postSchema("columns", "a"), postSchema("columns", "b")]))).toEqual([
      200, 200,
    ]);
    const { json } = await ask("GET", "/schemas/columns");
    expect(["a", "b"]).toContain((json["dimensionFieldSpecs"] as { name: string }[])[1]?.name);
  });
});

describe("a row that was acknowledged", () => {
  /** Pushes until told to stop; the ids that were acknowledged. */
  async function pushing(name: string, until: Promise<unknown>): Promise<Set<number>> {
    const acknowledged = new Set<number>();
    let over = false;
    void until.finally(() => {
      over = true;
    });
    let next = 0;
    const client = async () => {
      while (!over) {
        const id = next++;
        const { status, json } = await push(name, id);
        if (status === 200 && json["accepted"] === 1) acknowledged.add(id);
      }
    };
    await Promise.all([client(), client(), client()]);
    return acknowledged;
  }

  test("while the first config amends its table is there, whichever definition it met", async () => {
    for (let round = 0; round < rounds; round++) {
      const name = `amended${round}`;
      await postSchema(name);
      // With as many partitions as before the table is altered; with more it is replaced while nobody has used it.
      const amending = postTable(name, 1 + (round % 3));
      const acknowledged = await pushing(name, amending);
      expect((await amending).status).toBe(200);
      await act(name, "forceCommit");
      await expect.poll(async () => (await idsOf(name)).length, { timeout: 10_000 }).toBe(acknowledged.size);
      expect(new Set(await idsOf(name))).toEqual(acknowledged);
    }
  });

  test("before the first config stays, also where that asks for more partitions", async () => {
    for (const partitions of [1, 3]) {
      const name = `early${partitions}`;
      await postSchema(name);
      expect((await push(name, 7)).status).toBe(200);
      expect((await postTable(name, partitions)).status).toBe(200);
      expect((await push(name, 8)).status).toBe(200);
      await expect.poll(() => idsOf(name), { timeout: 10_000 }).toEqual([7, 8]);
    }
  });

  test("while its table is altered again and again is there", async () => {
    await postSchema("restless");
    const alters = (async () => {
      for (let round = 0; round < 10; round++) {
        const fields = Array.from({ length: round }, (_, at) => `extra${at}`);
        expect((await postSchema("restless", ...fields)).status).toBe(200);
      }
    })();
    const acknowledged = await pushing("restless", alters);
    expect(acknowledged.size).toBeGreaterThan(0);
    await expect
      .poll(async () => (await idsOf("restless")).length, { timeout: 10_000 })
      .toBe(acknowledged.size);
    const { json } = await ask("GET", "/api/tables/restless/dead-letters");
    expect(json["total"]).toBe(0);
  });

  test("after its table was made anew is there, and no row of the one before", async () => {
    await postSchema("anew");
    for (let round = 0; round < rounds; round++) {
      const first = await push("anew", round * 2);
      expect(first.status).toBe(200);
      if (round % 2 === 0) await act("anew", "forceCommit");
      expect((await dropTable("anew")).status).toBe(200);
      expect((await postSchema("anew")).status).toBe(200);
      expect((await ask("POST", "/ingest/anew?sync=true", `{"id":${round * 2 + 1},"ts":1}`)).status).toBe(
        200,
      );
      expect(await idsOf("anew")).toEqual([round * 2 + 1]);
    }
  });
});

describe("what is refused changes nothing", () => {
  test("a whole table where the name is taken: 409 with a free name, the old table as it was", async () => {
    await postSchema("rows");
    await push("rows", 1);
    const before = await ask("GET", "/api/tables/rows");
    const again = await ask("POST", "/api/tables", {
      schema: schemaOf("ROWS", "fresh"),
      config: configOf("ROWS"),
    });
    expect(again.status).toBe(409);
    expect(again.json).toMatchObject({ errorCode: "TABLE_EXISTS", suggestion: "rows_2" });
    expect(again.json["error"]).toMatch(/there is a table "rows" already.*"rows_2" is free/);
    const after = await ask("GET", "/api/tables/rows");
    const facts = ({ json }: Answer) => [
      json["columns"],
      json["schemaJson"],
      json["sealedSegments"],
      json["segments"],
    ];
    expect(facts(after)).toEqual(facts(before));
  });

  test("a faulty schema or config makes no table, and a faulty change leaves the one there is", async () => {
    const wrong = { ...configOf("half"), segmentsConfig: { timeColumnName: "nothing" } };
    expect((await ask("POST", "/api/tables", { schema: schemaOf("half"), config: wrong })).status).toBe(400);
    expect((await ask("GET", "/schemas/half")).status).toBe(404);
    await postSchema("kept");
    const retyped = {
      schemaName: "kept",
      dimensionFieldSpecs: [
        { name: "id", dataType: "STRING" },
        { name: "b", dataType: "LONG" },
      ],
    };
    expect((await ask("POST", "/schemas", retyped)).status).toBe(400);
    expect((await ask("GET", "/schemas/kept")).json).toEqual(schemaOf("kept"));
  });

  test("a column that must have a value is not added to rows that have none, unless it has a default", async () => {
    await postSchema("strict");
    await push("strict", 1);
    const withField = (more: object) => ({
      ...schemaOf("strict"),
      metricFieldSpecs: [{ name: "must", dataType: "LONG", notNull: true, ...more }],
    });
    const refused = await ask("PUT", "/schemas/strict", withField({}));
    expect(refused.json).toMatchObject({
      errorCode: "TABLE_DEFINITION",
      at: "$.metricFieldSpecs[0].notNull",
    });
    expect((await ask("PUT", "/schemas/strict", withField({ defaultNullValue: 7 }))).status).toBe(200);
  });

  test("the same definition again seals nothing", async () => {
    await postSchema("same");
    await ask("POST", "/ingest/same?sync=true", '{"id":1,"ts":1}');
    const ids = async () =>
      ((await ask("GET", "/api/tables/same")).json["segments"] as { id: string; state: string }[]).map(
        ({ id, state }) => [id, state],
      );
    const before = await ids();
    expect((await postSchema("same")).status).toBe(200);
    expect(await ids()).toEqual(before);
  });
});
