/** A change that fails on its way, wherever that is: the name is what it was, and the next try works. */
import { afterEach, describe, expect, test } from "vitest";
import { sqliteCatalog } from "#broker/catalog/sqlite-node";
import { StoreError } from "#schemas/errors";
import { testTable } from "#test/setup/tables";
import { columns, Life, range, record, stream } from "../life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

const wider = () =>
  record({
    version: 2,
    columns: testTable([...columns, { name: "extra", type: "LONG" }]).columns,
    nextColumnId: 4,
  });

/** The n-th call of a method fails, before or after it has done its work. */
function failing<T extends object>(target: T, method: keyof T, when: "before" | "after"): { left: number } {
  const real = (target[method] as (...given: unknown[]) => Promise<unknown>).bind(target);
  const plan = { left: 1 };
  const call = async (...given: unknown[]) => {
    if (plan.left-- !== 1) return real(...given);
    if (when === "after") await real(...given);
    throw new StoreError("DISK_FAILED", `${String(method)} failed`);
  };
  Object.assign(target, { [method]: call });
  return plan;
}

describe.each(["before", "after"] as const)("a failure %s the work was done", (when) => {
  test.each(["setSetting", "putTable"] as const)(
    "of the catalog's %s: no table, and the name is free",
    async (method) => {
      await life.start();
      failing(life.server.parts.catalog, method, when);
      const made = life.until(life.create(record()));
      // What the catalog has after all was made.
      if (method === "putTable" && when === "after") await made;
      else {
        await expect(made).rejects.toMatchObject({ code: "DISK_FAILED" });
        expect(life.admin.definitions.record("t")).toBeUndefined();
        expect(life.world.disk.paths().filter((path) => path.startsWith("tables/"))).toEqual([]);
        await life.until(life.create(record()));
      }
      await life.push(range(0, 5));
      await life.restart();
      expect(await life.ids()).toEqual(range(0, 5));
    },
  );

  test("of a change's putTable: the definition is the old one or the new one, and can be changed on", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 5));
    failing(life.server.parts.catalog, "putTable", when);
    const altered = life.until(life.alter(wider()));
    if (when === "after") await altered;
    else {
      await expect(altered).rejects.toMatchObject({ code: "DISK_FAILED" });
      expect(life.admin.definitions.record("t")?.table.version).toBe(1);
      await life.until(life.alter(wider()));
    }
    expect(life.admin.definitions.record("t")?.table.version).toBe(2);
    await life.restart();
    expect(life.admin.definitions.record("t")?.table.version).toBe(2);
    expect(await life.ids()).toEqual(range(0, 5));
  });

  test("of the definition's file: a new table is taken back, a change is kept and written at the next start", async () => {
    await life.start();
    failing(life.world.disk, "writeAtomic", when);
    await expect(life.until(life.create(record()))).rejects.toMatchObject({ code: "DISK_FAILED" });
    expect(life.world.disk.paths().filter((path) => path.startsWith("tables/"))).toEqual([]);
    await life.until(life.create(record()));
    failing(life.world.disk, "writeAtomic", when);
    await life.until(life.alter(wider()));
    await life.restart();
    const kept = new TextDecoder().decode(life.world.disk.peek("tables/t/definition.json"));
    expect(JSON.parse(kept)).toMatchObject({ table: { version: 2 } });
  });
});

test("a name that another server has made meanwhile in a shared catalog is not taken from it", async () => {
  await life.start();
  const other = await sqliteCatalog(life.file);
  await other.putTable({ ...record(), incarnation: "theirs" });
  await expect(life.until(life.create(record()))).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
  expect(await other.tables()).toMatchObject([{ incarnation: "theirs" }]);
});

test("an unused table that cannot be replaced is what it was", async () => {
  await life.start();
  await life.until(life.create(record()));
  const { definitions } = life.admin;
  const more = record({ stream: { ...stream, partitions: 3 } });
  const replace = () => definitions.change("t", () => ({ kind: "replace", definition: more }));
  failing(life.server.ingestOf("t"), "check", "before");
  await expect(life.until(replace())).rejects.toMatchObject({ code: "DISK_FAILED" });
  expect(life.admin.definitions.record("t")?.table.stream.partitions).toBe(1);
  failing(life.server.ingestOf("t"), "addTable", "before");
  await expect(life.until(replace())).rejects.toMatchObject({ code: "DISK_FAILED" });
  expect(life.admin.definitions.record("t")?.table.stream.partitions).toBe(1);
  await life.push(range(0, 5));
  await life.restart();
  expect(await life.ids()).toEqual(range(0, 5));
});

test("a table is untouched until its first push, from the moment that push is on its way", async () => {
  await life.start();
  await life.until(life.create(record()));
  const ingest = life.server.ingestOf("t");
  expect(await ingest.isUntouched("t")).toBe(true);
  const body = new TextEncoder().encode('{"id":1,"ts":1}\n');
  const options = { format: "ndjson", idempotencyKey: null, sync: false } as const;
  const pushed = life.admin.pushes.push("t", body, options);
  await life.until(pushed);
  expect(await ingest.isUntouched("t")).toBe(false);
  await life.seal();
  await life.restart();
  expect(await life.server.ingestOf("t").isUntouched("t")).toBe(false);
});
