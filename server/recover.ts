/**
 * Start-up: the catalog says what there is; segments are opened by their footers alone (in parallel, chunks come when
 * they are read); files that the catalog does not know are removed; then the logs are replayed behind the sealed
 * offsets and consumption goes on. A catalog that was lost is rebuilt first, from footers and definition files.
 */
import type { CatalogClient, PartitionRecord, TableRecord } from "#schemas/catalog";
import { messageOf, StoreError, storeErrorOf } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { SegmentRecord, SourceRange } from "#schemas/segment";
import type { World } from "#schemas/world";
import type { SealedSegment } from "#server/segment/open";
import type { Server } from "#server/server";
import { pausedKey, readDefinition, removeDropped, writeDefinition } from "#server/tables/files";
import { isBeginning } from "#server/tables/life";
import {
  definitionPath,
  segmentPath,
  segmentSuffix,
  segmentsFolder,
  tableFolder,
  tablesFolder,
} from "#server/tables/paths";
import { consume } from "#server/tables/start";
import { type SealedEntry, sealedEntry, TableState } from "#server/tables/table";

/** Set when a catalog has all that the folder holds; a catalog without it is new, or its rebuilding was cut short. */
const completeKey = "complete";
const openingMax = serverBounds.segmentsOpening;

/** Reads a footer: what the catalog would know of the file. SEGMENT_CORRUPT names the file. */
export type ReadRecord = (path: string) => Promise<SegmentRecord>;

export async function recover(server: Server, readRecord: ReadRecord): Promise<void> {
  const { catalog, world } = server.parts;
  if ((await catalog.setting(completeKey)) === null) {
    await rebuild(catalog, world, readRecord);
    await catalog.setSetting(completeKey, "yes");
  }
  const records = await Promise.all(
    (await catalog.tables()).map((record) => withIncarnation(catalog, record)),
  );
  await removeDropped(world, catalog, new Set(records.map(({ table }) => table.name)));
  await Promise.all(records.map((record) => recoverTable(server, record)));
}

/** Catalogs of before kept it beside the record, and a record of then gets one when there is none. */
async function withIncarnation(catalog: CatalogClient, record: TableRecord): Promise<TableRecord> {
  const known: Partial<TableRecord> = record;
  if (known.incarnation !== undefined) return record;
  const kept = await catalog.setting(`incarnation:${record.table.name}`);
  return { ...record, incarnation: kept ?? "first" };
}

async function recoverTable(server: Server, record: TableRecord): Promise<void> {
  const { catalog, world } = server.parts;
  const { name } = record.table;
  const [segments, partitions, gaps, paused] = await Promise.all([
    catalog.segments(name),
    catalog.partitions(name),
    catalog.gaps(name),
    catalog.setting(pausedKey(name)),
  ]);
  await removeOrphans(world, name, segments);
  await keepDefinition(world, record);
  const entries = await openAll(server, segments);
  const state = new TableState({ record, entries, gaps, life: { kind: "recovering" } });
  server.tables.set(name, state);
  const claimed: PartitionRecord[] = [];
  for (const { partition, nextOffset } of partitions) {
    const one = await catalog.claimPartition(name, partition, nextOffset);
    state.epochs.set(partition, one.epoch);
    claimed.push(one);
  }
  try {
    await consume(server, state, { committed: claimed, paused: paused === "yes" });
    // What was replayed may have met another owner.
    if (isBeginning(state.life)) state.go({ kind: paused === "yes" ? "paused" : "running" });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // The table's sealed rows still answer; why its stream does not go on is said with it.
    const reason = `does not consume: ${messageOf(error)}`;
    if (isBeginning(state.life)) state.go({ kind: "halted", reason });
    world.log("error", `table ${name} ${reason}`);
  }
}

async function openAll(server: Server, records: readonly SegmentRecord[]): Promise<SealedEntry[]> {
  const { world, openSegment } = server.parts;
  const entries = new Array<SealedEntry>(records.length);
  let next = 0;
  const openNext = async () => {
    while (next < records.length) {
      const at = next++;
      const record = records[at]!;
      entries[at] = sealedEntry(record, opened(openSegment, record));
      const { error } = entries[at];
      if (error !== null) world.log("error", `table ${record.table}: ${error.message}`);
      await Promise.resolve();
    }
  };
  await Promise.all(Array.from({ length: openingMax }, openNext));
  return entries;
}

function opened(
  openSegment: (record: SegmentRecord) => SealedSegment,
  record: SegmentRecord,
): SealedSegment | StoreError {
  try {
    return openSegment(record);
  } catch (error) {
    const { message, detail } = storeErrorOf(error);
    return new StoreError("SEGMENT_CORRUPT", message, { ...detail, at: record.path });
  }
}

/** Files of a write or a merge that a kill cut short, or that a commit let go of: their rows are elsewhere. */
async function removeOrphans(world: World, table: string, segments: readonly SegmentRecord[]): Promise<void> {
  const known = new Set(segments.map((segment) => segment.path));
  for (const name of await world.disk.list(segmentsFolder(table))) {
    const path = `${segmentsFolder(table)}/${name}`;
    if (known.has(path)) continue;
    world.log("info", `removing ${path}: no commit knows it`);
    await world.disk.remove(path);
  }
}

/** The file beside the segments is what the catalog says. */
async function keepDefinition(world: World, record: TableRecord): Promise<void> {
  const path = definitionPath(record.table.name);
  const stored = (await world.disk.exists(path)) ? await readDefinition(world, path) : null;
  if (stored?.table.version !== record.table.version) await writeDefinition(world, record);
}

/** Every table that has a definition file, with the segments whose footers can be read. Safe to repeat. */
async function rebuild(catalog: CatalogClient, world: World, readRecord: ReadRecord): Promise<void> {
  for (const name of await world.disk.list(tablesFolder)) {
    if (!(await world.disk.exists(definitionPath(name)))) continue;
    const record = await readDefinition(world, definitionPath(name));
    if (record === null)
      throw new StoreError(
        "CATALOG_CORRUPT",
        `the catalog is gone and ${definitionPath(name)} is damaged: restore one of them`,
        { at: definitionPath(name) },
      );
    await catalog.dropTable(name);
    await catalog.putTable(record);
    const { records, damaged } = await footers(world, name, readRecord);
    const segments = withoutOverlap(records);
    await catalog.replaceSegments(name, [], segments);
    const ranges = rangesByPartition(segments);
    const damagedOf = (partition: number) => damaged.filter((one) => one.partition === partition);
    for (const partition of new Set([...ranges.keys(), ...damaged.map((one) => one.partition)])) {
      const found = { name, partition, ranges: ranges.get(partition) ?? [], damaged: damagedOf(partition) };
      await placePartition(catalog, found, world.clock.nowMs());
    }
    const files = `${segments.length} segment files, ${damaged.length} damaged`;
    world.log("warn", `table ${name}: rebuilt from ${files}`);
  }
}

/** A file that cannot be read; its name still tells where its rows began. */
interface Damaged {
  readonly partition: number;
  readonly start: bigint;
}

async function footers(
  world: World,
  table: string,
  readRecord: ReadRecord,
): Promise<{ records: SegmentRecord[]; damaged: Damaged[] }> {
  const records: SegmentRecord[] = [];
  const damaged: Damaged[] = [];
  for (const name of await world.disk.list(segmentsFolder(table))) {
    if (!name.endsWith(segmentSuffix)) continue;
    const path = segmentPath(table, name.slice(0, -segmentSuffix.length));
    try {
      records.push(await readRecord(path));
    } catch (error) {
      const { code, message } = storeErrorOf(error);
      if (code !== "SEGMENT_CORRUPT") throw error;
      const [, partition, start] = /__(\d+)__(\d+)__[0-9a-f]*\.segment$/.exec(name) ?? [];
      if (partition !== undefined) damaged.push({ partition: Number(partition), start: BigInt(start!) });
      world.log("error", `${path} is left out of the rebuilt catalog: ${message}`);
      await world.disk.writeAtomic(`${tableFolder(table)}/damaged/${name}`, [await world.disk.read(path)]);
    }
  }
  return { records, damaged };
}

const covered = (record: SegmentRecord): bigint =>
  record.ranges.reduce((sum, { start, end }) => sum + end - start, 0n);

const meet = (one: SegmentRecord, other: SegmentRecord): boolean =>
  one.ranges.some((a) =>
    other.ranges.some((b) => a.partition === b.partition && a.start < b.end && b.start < a.end),
  );

/** A merge and its inputs may both be there, when a kill came between commit and removal: the larger one counts. */
function withoutOverlap(records: readonly SegmentRecord[]): SegmentRecord[] {
  const kept: SegmentRecord[] = [];
  const largestFirst = [...records].sort((a, b) => {
    const difference = covered(b) - covered(a);
    return difference === 0n ? b.lineage.length - a.lineage.length : difference > 0n ? 1 : -1;
  });
  for (const record of largestFirst) if (!kept.some((other) => meet(record, other))) kept.push(record);
  return kept;
}

/** Ascending and joined where they meet. */
function rangesByPartition(records: readonly SegmentRecord[]): Map<number, SourceRange[]> {
  const found = new Map<number, SourceRange[]>();
  const all = records.flatMap((record) => record.ranges);
  for (const range of all.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))) {
    const ranges = found.get(range.partition) ?? [];
    const last = ranges.at(-1);
    if (last?.end === range.start) ranges[ranges.length - 1] = { ...last, end: range.end };
    else ranges.push(range);
    found.set(range.partition, ranges);
  }
  return found;
}

/** The partition goes on behind its last segment. Holes are only news when a file was damaged: they may be its rows. */
async function placePartition(
  catalog: CatalogClient,
  found: {
    readonly name: string;
    readonly partition: number;
    readonly ranges: readonly SourceRange[];
    readonly damaged: readonly Damaged[];
  },
  foundMs: number,
): Promise<void> {
  const { name, partition, ranges, damaged } = found;
  const starts = [...ranges, ...damaged].map(({ start }) => start);
  let at = starts.reduce((first, start) => (start < first ? start : first));
  const { epoch } = await catalog.claimPartition(name, partition, at);
  for (const { start, end } of ranges) {
    const hole = { partition, start: at, end: start };
    const reason = "a segment file was damaged when the catalog was rebuilt";
    if (at < start && damaged.length > 0) await catalog.recordGap(name, { ...hole, reason, foundMs }, null);
    else if (at < start) await catalog.passOver(name, hole, epoch);
    await catalog.passOver(name, { partition, start, end }, epoch);
    at = end;
  }
}
