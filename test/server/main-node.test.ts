/** The real composition: a folder, its lock, worker threads; what the inline tests cannot see. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTable, dropTable } from "#schemas/admin";
import type { TableDefinition } from "#schemas/catalog";
import { limits } from "#schemas/limits";
import { type RunningServer, type ServerOptions, startServer } from "#server/main-node";
import { testTable } from "#test/setup/tables";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "freshet-server-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = (name: string): ServerOptions => ({
  dataFolder: join(folder, name),
  memoryBytes: 512 << 20, // two ingest threads, each with a stage
  threads: { ingest: 2, scan: 1 },
  log: () => {},
});

const record = (name: string): TableDefinition => {
  const stream = { ...testTable([]).stream, topic: name };
  return {
    table: testTable([{ name: "id", type: "LONG", notNull: true }], { name, stream }),
    schemaJson: null,
    configJson: null,
  };
};

async function push({ admin }: RunningServer, table: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, id) => `{"id":${id}}\n`).join("");
  const answer = await admin.pushes.push(table, new TextEncoder().encode(rows), {
    format: "ndjson",
    idempotencyKey: null,
    sync: true,
  });
  expect(answer).toMatchObject({ accepted: count, rejected: 0 });
}

async function rowsOf({ client }: RunningServer, table: string): Promise<number> {
  const { id, tables } = await client.snapshot([table]);
  client.release(id);
  return tables[0]!.rows;
}

describe("a server with threads", () => {
  test("spreads tables over ingest threads, seals, and finds everything again", async () => {
    let server = await startServer(options("threads"));
    for (const name of ["one", "two", "three"]) {
      await createTable(server.admin.definitions, record(name));
      await push(server, name, 1000);
    }
    expect(await server.admin.consumption.forceCommit("two")).toHaveLength(1);
    const sealed = async () => expect((await server.admin.descriptions.detail("two")).sealedSegments).toBe(1);
    await vi.waitFor(sealed, { timeout: 10_000 });
    await push(server, "two", 500);
    expect(server.metrics().find(({ name }) => name === "freshet_memory_bytes")?.value).toBeGreaterThan(0);
    await server.close();
    server = await startServer(options("threads"));
    expect(await rowsOf(server, "one")).toBe(1000);
    expect(await rowsOf(server, "two")).toBe(1500);
    await dropTable(server.admin.definitions, "three");
    await server.close();
  }, 30_000);

  test("has its folder for itself", async () => {
    const server = await startServer(options("locked"));
    const again = startServer({ ...options("locked"), limits: { ...limits, ownerMs: 100 } });
    await expect(again).rejects.toMatchObject({ code: "START_FAILED" });
    await expect(again).rejects.toThrow("is in use by process");
    await server.close();
    await (await startServer(options("locked"))).close();
  }, 30_000);

  test("keeps to its folder's kind of stream", async () => {
    await (await startServer(options("stream"))).close();
    const kafka = startServer({ ...options("stream"), kafkaBrokers: ["127.0.0.1:1"] });
    await expect(kafka).rejects.toMatchObject({ code: "START_FAILED" });
    await expect(kafka).rejects.toThrow("first started with the embedded stream");
  }, 30_000);

  test("says in one line why it cannot start", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(startServer(options("file/below"))).rejects.toMatchObject({ code: "START_FAILED" });
    await (await startServer(options("corrupt"))).close();
    writeFileSync(join(folder, "corrupt", "catalog.sqlite"), "nonsense".repeat(1000));
    await expect(startServer(options("corrupt"))).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
  }, 30_000);
});
