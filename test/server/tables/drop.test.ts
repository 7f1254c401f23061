/** A dropped table leaves nothing behind, whatever was going on, and gives its name back. */
import { afterEach, expect, test } from "vitest";
import { sqliteCatalog } from "#broker/catalog/sqlite-node";
import { Life, range, record } from "../life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

const filesOf = (name: string) =>
  life.world.disk
    .paths()
    .filter((path) => path.startsWith(`tables/${name}/`) || path.startsWith(`log/${name}/`));

async function filled(batches = 4): Promise<void> {
  await life.start();
  await life.until(life.create(record()));
  for (let at = 0; at < batches; at++) {
    await life.push(range(at * 10, at * 10 + 10));
    await life.seal();
  }
  await life.push(range(1000, 1010));
}

test("no file, no row of the catalog, no segment, no setting that keeps the name", async () => {
  await filled();
  await life.until(life.drop("t"));
  expect(filesOf("t")).toEqual([]);
  const catalog = await sqliteCatalog(life.file);
  expect(await catalog.tables()).toEqual([]);
  expect(await catalog.segments("t")).toEqual([]);
  expect(await catalog.partitions("t")).toEqual([]);
  await life.restart();
  expect(filesOf("t")).toEqual([]);
  await life.until(life.create(record()));
  expect(await life.ids()).toEqual([]);
});

test("files that a drop did not expect go too: what a kill or a repair left", async () => {
  await filled();
  const [segment] = life.segmentFiles();
  life.world.disk.plant("tables/t/damaged/x.segment", new Uint8Array(5));
  life.world.disk.plant(`${segment}.partial`, new Uint8Array(5));
  life.world.disk.plant("log/t/0/stray", new Uint8Array(5));
  await life.until(life.drop("t"));
  expect(filesOf("t")).toEqual([]);
});

test.each([
  "merge-encoded",
  "merge-written",
  "merge-committed",
  "seal-encoded",
  "seal-renamed",
  "catalog-committed",
])("dropped while it is at %s", async (point) => {
  await filled();
  let dropped: Promise<void> | null = null;
  const failpoint = (name: string) => {
    if (name === point) dropped ??= life.drop("t");
  };
  Object.assign(life.world, { failpoint });
  const work = point.startsWith("merge") ? life.server.maintain() : life.seal();
  await life.until(Promise.resolve(work).catch(() => {}));
  expect(dropped).not.toBeNull();
  await life.until(dropped!);
  await life.world.clock.advance(1000);
  expect(filesOf("t")).toEqual([]);
  expect((await life.server.snapshot(["t"])).tables).toEqual([]);
  await life.until(life.create(record()));
  await life.push(range(0, 5));
  await life.seal();
  await life.restart();
  expect(await life.ids()).toEqual(range(0, 5));
});

test("a snapshot taken before goes on reading, and no longer", async () => {
  await filled();
  const { id } = await life.server.snapshot(["t"]);
  await life.until(life.drop("t"));
  await life.until(life.create(record()));
  await life.push(range(5000, 5005));
  const { readers } = life.server.snapshots.table(id, "t");
  expect(readers.reduce((sum, reader) => sum + reader.rows, 0)).toBe(50);
  life.server.release(id);
  expect(await life.ids()).toEqual(range(5000, 5005));
});

test.each(["merge", "seal"] as const)(
  "a %s that is being written ends before the drop does",
  async (kind) => {
    await filled();
    const { catalog, sealer } = life.server.parts;
    const { promise: gone, resolve: isGone } = Promise.withResolvers<void>();
    const dropInCatalog = catalog.dropTable.bind(catalog);
    Object.assign(catalog, {
      dropTable: async (name: string) => {
        await dropInCatalog(name);
        isGone();
      },
    });
    const write = sealer[kind].bind(sealer) as (job: never) => Promise<unknown>;
    let hasEnded = false;
    Object.assign(sealer, {
      // The slow thread: it writes when the catalog has forgotten the table.
      [kind]: async (job: never) => {
        await gone;
        await life.world.clock.sleep(50);
        const record = await write(job);
        hasEnded = true;
        return record;
      },
    });
    const work = kind === "merge" ? life.server.maintain() : life.admin.consumption.forceCommit("t");
    await life.world.clock.advance(20);
    await life.until(life.drop("t"));
    expect(hasEnded).toBe(true);
    expect(filesOf("t")).toEqual([]);
    await life.until(Promise.resolve(work).then(() => {}));
    await life.world.clock.advance(1000);
    expect(filesOf("t")).toEqual([]);
  },
);
