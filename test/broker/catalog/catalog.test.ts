/** One suite over both stores: what the interface promises must not depend on which database keeps it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCatalog } from "#broker/catalog/catalog-thread-node";
import type { Dashboard } from "#schemas/api/dashboards";
import type { CatalogClient, TableRecord } from "#schemas/catalog";
import type { SegmentRecord, SourceRange } from "#schemas/segment";
import { unplaced } from "#schemas/segment";
import { type Postgres, startPostgres } from "#test/setup/postgres-node";

const tableRecord = (name: string, version: number): TableRecord => ({
  incarnation: "a1",
  table: {
    name,
    version,
    columns: [
      { id: 0, name: "id", type: "LONG", role: "dimension", notNull: true, defaultValue: -(2n ** 63n) },
      {
        id: 1,
        name: "raw",
        type: "BYTES",
        role: "dimension",
        notNull: false,
        defaultValue: new Uint8Array([0, 255]),
      },
      {
        id: 2,
        name: "ratio",
        type: "DOUBLE",
        role: "metric",
        notNull: false,
        defaultValue: Number.NEGATIVE_INFINITY,
      },
    ],
    nextColumnId: 3,
    timeColumn: null,
    sortedColumn: null,
    invertedColumns: [],
    rawColumns: [],
    stream: { kind: "embedded", topic: name, partitions: 1, brokers: [], start: "smallest", properties: {} },
    flushRows: null,
    flushMs: null,
    flushBytes: null,
    retentionMs: null,
    primaryKeyColumns: [],
    paused: false,
  },
  schemaJson: { schemaName: name, $long: "kept as it is" },
  configJson: null,
});

const segment = (id: string, table: string, ranges: readonly SourceRange[]): SegmentRecord => ({
  id,
  table,
  tableVersion: 1,
  rows: 10,
  bytes: 1000,
  path: `tables/${table}/segments/${id}`,
  ranges,
  lineage: [],
  contentHash: "00ff",
  timeMinMs: 2n ** 60n,
  timeMaxMs: null,
  createdMs: 1_700_000_000_000,
});

const dashboard: Dashboard = {
  id: "cafe",
  title: "Café",
  from: "now-24h",
  to: "now",
  panels: [],
  version: 0,
  updatedMs: 5,
};

let postgres: Postgres;
let folder: string;
beforeAll(async () => {
  postgres = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), "freshet-catalog-"));
}, 60_000);
afterAll(async () => {
  await postgres.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function emptyPostgres(): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query("drop schema public cascade; create schema public");
  await client.end();
  return postgres.url;
}

const stores = [
  { name: "SQLite", url: async () => undefined },
  { name: "PostgreSQL", url: emptyPostgres },
];

describe.each(stores)("the catalog in $name", (store) => {
  let catalog: CatalogClient;
  const open = (databaseUrl: string | undefined) =>
    openCatalog({ sqlitePath: join(folder, "catalog.sqlite"), databaseUrl });
  beforeAll(async () => {
    catalog = await open(await store.url());
  });
  afterAll(() => catalog.close());

  it("keeps settings over a reopening", async () => {
    expect(await catalog.setting("stream")).toBeNull();
    await catalog.setSetting("stream", "embedded");
    await catalog.setSetting("stream", "kafka");
    await catalog.close();
    catalog = await open(store.name === "SQLite" ? undefined : postgres.url);
    expect(await catalog.setting("stream")).toBe("kafka");
  });

  it("keeps definitions exactly and replaces only the version before", async () => {
    await catalog.putTable(tableRecord("orders", 1));
    expect(await catalog.tables()).toEqual([tableRecord("orders", 1)]);
    await expect(catalog.putTable(tableRecord("orders", 3))).rejects.toMatchObject({
      code: "CATALOG_CONFLICT",
    });
    await expect(catalog.putTable(tableRecord("orders", 1))).rejects.toMatchObject({
      code: "CATALOG_CONFLICT",
    });
    await catalog.putTable(tableRecord("orders", 2));
    expect((await catalog.tables())[0]?.table.version).toBe(2);
  });

  it("commits a segment only where the partition stands, in the epoch that was claimed", async () => {
    const claimed = await catalog.claimPartition("orders", 0, 100n);
    expect(claimed).toEqual({
      partition: 0,
      nextOffset: 100n,
      epoch: 1,
      lastRecordCrc: null,
      reserved: null,
      place: unplaced,
    });
    const first = segment("s1", "orders", [{ partition: 0, start: 100n, end: 110n }]);
    const commit = { segment: first, epoch: 1, lastRecordCrcs: { 0: 0xffff_ffff } };
    await catalog.commitSegment(commit);
    await expect(catalog.commitSegment(commit)).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
    const stale = segment("s2", "orders", [{ partition: 0, start: 105n, end: 120n }]);
    await expect(catalog.commitSegment({ ...commit, segment: stale })).rejects.toMatchObject({
      code: "CATALOG_CONFLICT",
    });
    expect((await catalog.claimPartition("orders", 0, 0n)).epoch).toBe(2);
    const late = segment("s2", "orders", [{ partition: 0, start: 110n, end: 120n }]);
    await expect(catalog.commitSegment({ ...commit, segment: late })).rejects.toMatchObject({
      code: "CATALOG_CONFLICT",
    });
    expect(await catalog.partitions("orders")).toEqual([
      {
        partition: 0,
        nextOffset: 110n,
        epoch: 2,
        lastRecordCrc: 0xffff_ffff,
        reserved: null,
        place: unplaced,
      },
    ]);
    expect(await catalog.segments("orders")).toEqual([first]);
  });

  it("leaves nothing of a commit whose second range fails", async () => {
    await catalog.claimPartition("orders", 1, 0n);
    const both = segment("s3", "orders", [
      { partition: 0, start: 110n, end: 111n },
      { partition: 1, start: 7n, end: 9n },
    ]);
    const commit = { segment: both, epoch: 2, lastRecordCrcs: {} };
    await expect(catalog.commitSegment(commit)).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
    expect((await catalog.partitions("orders")).map((one) => one.nextOffset)).toEqual([110n, 0n]);
    expect(await catalog.segments("orders")).toHaveLength(1);
  });

  it("replaces segments as a whole", async () => {
    const merged = { ...segment("m1", "orders", []), lineage: ["s1"] };
    await expect(catalog.replaceSegments("orders", ["s1", "gone"], [merged])).rejects.toMatchObject({
      code: "CATALOG_CONFLICT",
    });
    expect((await catalog.segments("orders")).map((one) => one.id)).toEqual(["s1"]);
    await catalog.replaceSegments("orders", ["s1"], [merged]);
    expect(await catalog.segments("orders")).toEqual([merged]);
  });

  it("moves over offsets without rows under the same comparison", async () => {
    await catalog.passOver("orders", { partition: 1, start: 0n, end: 7n }, 1);
    const stale = catalog.passOver("orders", { partition: 1, start: 0n, end: 9n }, 1);
    await expect(stale).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
    expect((await catalog.partitions("orders"))[1]?.nextOffset).toBe(7n);
  });

  it("moves a partition over a gap, once", async () => {
    const gap = { partition: 0, start: 110n, end: 500n, reason: "retention of the topic", foundMs: 9 };
    await catalog.recordGap("orders", gap, null);
    await expect(catalog.recordGap("orders", gap, null)).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
    expect(await catalog.gaps("orders")).toEqual([gap]);
    expect((await catalog.partitions("orders"))[0]?.nextOffset).toBe(500n);
  });

  it("keeps which offsets pushes may have been given", async () => {
    const reserved = { end: 2n ** 62n, file: 7, durable: 2n ** 61n };
    await catalog.reserveOffsets("orders", 0, reserved);
    expect((await catalog.partitions("orders")).map((one) => one.reserved)).toEqual([reserved, null]);
    expect((await catalog.claimPartition("orders", 0, 0n)).reserved).toEqual(reserved);
    await expect(catalog.reserveOffsets("orders", 9, reserved)).rejects.toMatchObject({
      code: "CATALOG_CONFLICT",
    });
  });

  it("stores a dashboard only over the version that was read", async () => {
    const first = await catalog.putDashboard(dashboard);
    expect(first.version).toBe(1);
    await expect(catalog.putDashboard(dashboard)).rejects.toMatchObject({ code: "DASHBOARD_CONFLICT" });
    const second = await catalog.putDashboard({ ...first, title: "Café 2" });
    await expect(catalog.putDashboard(first)).rejects.toMatchObject({ code: "DASHBOARD_CONFLICT" });
    expect(await catalog.dashboard("cafe")).toEqual(second);
    expect(await catalog.dashboards()).toEqual([
      { id: "cafe", title: "Café 2", panels: 0, version: 2, updatedMs: 5 },
    ]);
    await catalog.dropDashboard("cafe");
    expect(await catalog.dashboard("cafe")).toBeNull();
  });

  it("keeps saved queries", async () => {
    const query = { id: "q", name: "all", sql: "select 'ä'", updatedMs: 3 };
    await catalog.putSavedQuery(query);
    await catalog.putSavedQuery({ ...query, name: "each" });
    expect(await catalog.savedQueries()).toEqual([{ ...query, name: "each" }]);
    await catalog.dropSavedQuery("q");
    expect(await catalog.savedQueries()).toEqual([]);
  });

  it("forgets a dropped table with all it had", async () => {
    await catalog.dropTable("orders");
    expect(await catalog.tables()).toEqual([]);
    expect(await catalog.segments("orders")).toEqual([]);
    expect(await catalog.partitions("orders")).toEqual([]);
    expect(await catalog.gaps("orders")).toEqual([]);
  });
});
