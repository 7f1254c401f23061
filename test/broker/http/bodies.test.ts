/** Bodies that come in packed, on every route that takes one: as if they were plain, bounded, or refused in words. */
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, deflate, deflateRaw, gzip, zstdCompress } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codingsOf } from "#broker/http/body-encoding-node";
import { type Served, serve } from "#test/broker/http/serve-node";

const bodyBytes = 1 << 18;
const packers = {
  gzip: promisify(gzip),
  "x-gzip": promisify(gzip),
  deflate: promisify(deflate),
  br: promisify(brotliCompress),
  zstd: promisify(zstdCompress),
} as const;
const codings = Object.keys(packers) as (keyof typeof packers)[];
const rawDeflate = promisify(deflateRaw);

let served: Served;
beforeAll(async () => {
  served = await serve({ limits: { bodyBytes } });
});
afterAll(() => served.close());

async function send(path: string, body: Uint8Array, coding: string, method = "POST") {
  const answer = await fetch(served.url + path, {
    method,
    headers: { "content-type": "application/json", "content-encoding": coding },
    body: body as Uint8Array<ArrayBuffer>,
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const schema = (name: string) => ({
  schemaName: name,
  dimensionFieldSpecs: [{ name: "a", dataType: "STRING" }],
});

describe.each(codings)("%s", (coding) => {
  const packed = (value: unknown) => packers[coding](bytesOf(value));
  const name = `t_${coding.replace("-", "_")}`;

  test("on every route that takes a body", async () => {
    expect(await send("/schemas", await packed(schema(name)), coding)).toMatchObject({ status: 200 });
    expect(await send(`/schemas/${name}`, await packed(schema(name)), coding, "PUT")).toMatchObject({
      status: 200,
    });
    expect(await send("/tables", await packed({ tableName: name }), coding)).toMatchObject({ status: 200 });
    expect(await send(`/ingest/${name}?sync=true`, await packed([{ a: "x" }]), coding)).toMatchObject({
      json: { accepted: 1 },
    });
    expect(await send("/api/infer", await packed({ rows: '{"a":1}' }), coding)).toMatchObject({
      status: 200,
    });
    for (const path of ["/query/sql", "/query", "/sql"]) {
      const { json } = await send(path, await packed({ sql: `SELECT a FROM ${name}` }), coding);
      expect(json).toMatchObject({ exceptions: [], resultTable: { rows: [["x"]] } });
    }
    const saved = await packed({ name: "q", sql: "SELECT 1" });
    expect(await send(`/api/queries/${coding}`, saved, coding, "PUT")).toMatchObject({ status: 200 });
  });

  test("cut short or of something else: 400 in words", async () => {
    const whole = await packed({ sql: `SELECT '${randomBytes(400).toString("hex")}'` });
    for (const damaged of [whole.subarray(0, whole.length - 20), Buffer.from("SELECT 1")]) {
      const { status, json } = await send("/query/sql", damaged, coding);
      expect(status).toBe(400);
      expect(json).toMatchObject({ errorCode: "BODY_SYNTAX" });
      expect(json["error"]).toContain(`not whole ${coding} data`);
    }
  });

  test("is bounded by what it unpacks to; the connection goes on", async () => {
    const bomb = await packers[coding](Buffer.alloc(16 * bodyBytes, 32));
    expect(bomb.length).toBeLessThan(bodyBytes);
    for (const path of ["/ingest/t", "/query/sql", "/schemas"]) {
      const { status, json } = await send(path, bomb, coding);
      expect({ status, code: json["errorCode"] }).toEqual({ status: 413, code: "BODY_BYTES" });
    }
    expect(await send("/query/sql", await packed({ sql: "SELECT 1" }), coding)).toMatchObject({
      status: 200,
    });
  });
});

test("deflate without zlib's header, codings upon codings, none at all", async () => {
  const statement = bytesOf({ sql: "SELECT 1" });
  const answered = { status: 200, json: { exceptions: [], resultTable: { rows: [[1]] } } };
  expect(await send("/query/sql", await rawDeflate(statement), "deflate")).toMatchObject(answered);
  const twice = await packers.br(await packers.gzip(statement));
  expect(await send("/query/sql", twice, "GZIP, br")).toMatchObject(answered);
  expect(await send("/query/sql", statement, "identity")).toMatchObject(answered);
});

test("one that we cannot unpack is 415, and says which we can", async () => {
  for (const coding of ["compress", "gzip, lzma", "aes128gcm", "__proto__"]) {
    const { status, json } = await send("/ingest/any", bytesOf([{ a: 1 }]), coding);
    expect(status).toBe(415);
    expect(json).toMatchObject({
      errorCode: "BODY_ENCODING",
      expected: "gzip, deflate, br, zstd or identity",
    });
  }
  expect(() => codingsOf("gzip,gzip,gzip,gzip,gzip")).toThrow("at most 4");
});
