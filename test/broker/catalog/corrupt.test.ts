/** A damaged or newer catalog is refused by name before anything is served. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCatalog, openSqliteThread } from "#broker/catalog/catalog-thread-node";
import { openSqliteFile, sqliteCatalog } from "#broker/catalog/sqlite-node";
import type { Dashboard } from "#schemas/api/dashboards";
import type { CatalogClient } from "#schemas/catalog";
import { StoreError } from "#schemas/errors";
import type { SegmentRecord } from "#schemas/segment";
import { testTable } from "#test/setup/tables";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "freshet-catalog-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function made(name: string): Promise<string> {
  const path = join(folder, name);
  const catalog = await openSqliteThread(path);
  for (let at = 0; at < 200; at++) await catalog.setSetting(`key ${at}`, "x".repeat(200));
  await catalog.close();
  return path;
}

describe("a damaged catalog", () => {
  it("is refused when it is not a database", async () => {
    const path = join(folder, "text.sqlite");
    writeFileSync(path, "no database at all, but long enough to have a header of its own".repeat(100));
    const refused = openSqliteThread(path);
    await expect(refused).rejects.toMatchObject({ code: "CATALOG_CORRUPT", detail: { at: path } });
    await expect(refused).rejects.toThrow(path);
  });

  it("is refused when it is empty", async () => {
    const path = join(folder, "empty.sqlite");
    writeFileSync(path, "");
    await expect(openSqliteThread(path)).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
  });

  it("is refused when it is cut", async () => {
    const path = await made("cut.sqlite");
    truncateSync(path, 20_000);
    await expect(openSqliteThread(path)).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
  });

  it("is refused when a newer program wrote it", async () => {
    const path = await made("newer.sqlite");
    const newer = await openSqliteThread(path);
    await newer.setSetting("catalogVersion", "99");
    await newer.close();
    await expect(openSqliteThread(path)).rejects.toMatchObject({ code: "START_FAILED" });
  });
});

const dashboard = (id: string): Dashboard => ({
  id,
  title: `Title of ${id}`,
  from: "now-24h",
  to: "now",
  panels: [],
  version: 0,
  updatedMs: 5,
});
const gap = { partition: 0, start: 5n, end: 9n, reason: "retention", foundMs: 1 };
const table = testTable([{ name: "v", type: "LONG" }], { name: "orders" });
const segment: SegmentRecord = {
  id: "orders__0__0",
  table: "orders",
  tableVersion: 1,
  rows: 10,
  bytes: 1000,
  path: "tables/orders/segments/orders__0__0.segment",
  ranges: [{ partition: 0, start: 0n, end: 5n }],
  lineage: [],
  contentHash: "00ff",
  timeMinMs: 1n,
  timeMaxMs: null,
  createdMs: 1,
};

async function filled(name: string): Promise<string> {
  const path = join(folder, name);
  const catalog = await openSqliteThread(path);
  await catalog.putTable({ table, schemaJson: {}, configJson: null, incarnation: "a1" });
  await catalog.claimPartition("orders", 0, 5n);
  await catalog.reserveOffsets("orders", 0, { end: 100n, file: 1, durable: 7n });
  await catalog.recordGap("orders", gap, { id: "a topic", shift: 3n });
  await catalog.replaceSegments("orders", [], [segment]);
  for (const id of ["one", "two"]) await catalog.putDashboard(dashboard(id));
  for (const id of ["q1", "q2"]) await catalog.putSavedQuery({ id, name: id, sql: "SELECT 1", updatedMs: 1 });
  await catalog.close();
  return path;
}

/** One row of each relation, changed behind our back in each of its columns. */
describe("a row whose content changed", () => {
  const columns = (path: string): { relation: string; column: string; type: string }[] => {
    const file = openSqliteFile(path);
    const names = file.prepare("select name from sqlite_master where type = 'table' order by name").all() as {
      name: string;
    }[];
    const found = names.flatMap(({ name }) =>
      (file.pragma(`table_info(${name})`) as { name: string; type: string }[]).map((column) => ({
        relation: name,
        column: column.name,
        type: column.type,
      })),
    );
    file.close();
    return found;
  };

  it("is never told as if it were so: it is named, and what is beside it is told", async () => {
    const path = await filled("rows.sqlite");
    const whole = readFileSync(path);
    for (const { relation, column, type } of columns(path)) {
      writeFileSync(path, whole);
      const file = openSqliteFile(path);
      const changed = type === "text" ? `coalesce(${column}, '') || 'x'` : `coalesce(${column}, 0) + 1`;
      file.exec(
        `update ${relation} set ${column} = ${changed} where rowid = (select max(rowid) from ${relation})`,
      );
      file.close();
      const where = `${relation}.${column}`;
      const opened = openSqliteThread(path);
      if (relation !== "dashboards" && relation !== "saved_queries") {
        await expect(opened, where).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
        await expect(opened, where).rejects.toThrow(new RegExp(`in ${relation}, the row ".+put back a copy`));
        continue;
      }
      const catalog = await opened;
      const told = relation === "dashboards" ? await catalog.dashboards() : await catalog.savedQueries();
      expect(told.map(({ damaged }) => damaged !== undefined).toSorted(), where).toEqual([false, true]);
      if (relation === "dashboards")
        await expect(catalog.dashboard("two"), where)
          .rejects.toMatchObject({ code: "CATALOG_CORRUPT" })
          .catch(
            // Its key is another now.
            async () => expect(await catalog.dashboard("two"), where).toBeNull(),
          );
      expect(await catalog.dashboard("one"), where).toMatchObject({ title: "Title of one" });
      // Made anew, it is sound again.
      for (const { id, damaged } of told) if (damaged !== undefined) await catalog.dropDashboard(id);
      await catalog.close();
    }
  }, 60_000);
});

/** What a start and a page ask of it. */
const everything = async (catalog: CatalogClient) => ({
  tables: await catalog.tables(),
  partitions: await catalog.partitions("orders"),
  segments: await catalog.segments("orders"),
  gaps: await catalog.gaps("orders"),
  complete: await catalog.setting("complete"),
  dashboards: await catalog.dashboards(),
  queries: await catalog.savedQueries(),
});

describe("a flipped bit anywhere in the file", () => {
  it("is refused, or named where it is, or changes nothing", async () => {
    const path = await filled("flips.sqlite");
    const sound = await openSqliteThread(path);
    await sound.setSetting("complete", "yes");
    const before = await everything(sound);
    await sound.close();
    const whole = readFileSync(path);
    const counts = { refused: 0, named: 0, same: 0 };
    for (let at = 0; at < whole.length; at += at < 200 ? 1 : 37) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
      writeFileSync(path, flipped);
      try {
        const catalog = await sqliteCatalog(openSqliteFile(path));
        try {
          const told = await everything(catalog);
          const isNamed = [...told.dashboards, ...told.queries].some(({ damaged }) => damaged !== undefined);
          counts[isNamed ? "named" : "same"]++;
          if (!isNamed) expect(told, `byte ${at}`).toEqual(before);
          else expect(told.dashboards.length + told.queries.length, `byte ${at}`).toBe(4);
        } finally {
          await catalog.close();
        }
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(StoreError);
        expect(String(error), `byte ${at}`).toContain(path);
        counts.refused++;
      }
    }
    expect(counts.refused).toBeGreaterThan(20);
    expect(counts.named).toBeGreaterThan(5);
    expect(counts.same).toBeGreaterThan(100);
  }, 120_000);
});

describe("a full disk", () => {
  it("is named as such, and the catalog goes on when there is room", async () => {
    const file = openSqliteFile(join(folder, "full.sqlite"));
    const catalog = await sqliteCatalog(file);
    const pages = Number(file.pragma("page_count", { simple: true }));
    file.pragma(`max_page_count = ${pages + 1}`);
    const large = "x".repeat(100_000);
    await expect(catalog.setSetting("large", large)).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await catalog.setting("large")).toBeNull();
    file.pragma(`max_page_count = ${pages + 1_000}`);
    await catalog.setSetting("large", large);
    expect(await catalog.setting("large")).toBe(large);
    await catalog.close();
  });
});

describe("an unreachable database", () => {
  it("is one clear line without the password", async () => {
    const databaseUrl = "postgres://someone:secret@127.0.0.1:1/none";
    const refused = openCatalog({ sqlitePath: join(folder, "unused"), databaseUrl });
    await expect(refused).rejects.toMatchObject({ code: "START_FAILED" });
    await expect(refused).rejects.not.toThrow("secret");
  });
});
