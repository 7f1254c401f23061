/**
 * What a table's sealed segments need now and then: expired ones go, small ones are merged, mostly expired ones are
 * rewritten. One rewrite at a time; files go only after the catalog has let go of them and no snapshot sees them.
 */
import type { CatalogClient } from "#schemas/catalog";
import { messageOf } from "#schemas/errors";
import { formatTimestamp } from "#schemas/functions/timestamp";
import { type Limits, serverBounds } from "#schemas/limits";
import type { SegmentRecord } from "#schemas/segment";
import type { World } from "#schemas/world";
import type { Epochs } from "#server/arena/epoch";
import { step } from "#server/lifecycle";
import { expired, type MergePlan, planMerge } from "#server/sealing/merge-plan";
import type { Sealer } from "#server/sealing/port";
import type { SealedSegment } from "#server/segment/open";
import { isGoing, isKept } from "#server/tables/life";
import { segmentPath } from "#server/tables/paths";
import { type SealedEntry, sealedEntry, type TableState } from "#server/tables/table";

export interface MaintainContext {
  readonly world: World;
  readonly limits: Limits;
  readonly catalog: CatalogClient;
  readonly sealer: Sealer;
  readonly epochs: Epochs;
  readonly openSegment: (record: SegmentRecord) => SealedSegment;
  /** No snapshot sees a segment any more. */
  readonly forget: (segmentId: string) => void;
  readonly changed: (table: string) => void;
  readonly mergeSegmentsMin: number;
}

const mergeSegmentsMax = serverBounds.mergeSegments;

/** One round over a table: everything that is expired, and one merge. True when it merged: look again soon. */
export async function maintainTable(context: MaintainContext, state: TableState): Promise<boolean> {
  const { table } = state;
  const retainFromMs =
    table.retentionMs === null ? null : BigInt(context.world.clock.nowMs() - table.retentionMs);
  await expire(context, state, retainFromMs);
  const isWaiting = context.world.clock.monotonicMs() < state.mergeAfterMs;
  if (!isKept(state.life) || isWaiting) return false;
  const readable = state.sealedEntries().filter((entry) => entry.error === null);
  const plan = planMerge(
    readable.map((entry) => entry.record),
    {
      limits: context.limits,
      retainFromMs,
      segmentsMin: context.mergeSegmentsMin,
      segmentsMax: mergeSegmentsMax,
    },
  );
  if (plan === null) return false;
  await merge(context, state, plan);
  return true;
}

async function expire(
  context: MaintainContext,
  state: TableState,
  retainFromMs: bigint | null,
): Promise<void> {
  const records = state.sealedEntries().map((entry) => entry.record);
  const old = new Set(expired(records, retainFromMs).map((record) => record.id));
  if (old.size === 0 || !isKept(state.life)) return;
  const entries = state.sealedEntries().filter((entry) => old.has(entry.id));
  await context.catalog.replaceSegments(state.name, [...old], []);
  context.world.failpoint("expire-committed");
  tellBornOld(context, state, entries);
  state.replace(entries, []);
  dropFiles(context, entries);
  context.changed(state.name);
}

/** Rows that retention takes as soon as they are sealed look like a loss; most often their time has another unit. */
function tellBornOld({ world }: MaintainContext, state: TableState, entries: readonly SealedEntry[]): void {
  const { name, timeColumn, retentionMs } = state.table;
  if (retentionMs === null) return;
  const bornOld = entries.filter(
    ({ record }) => record.timeMaxMs !== null && record.createdMs - Number(record.timeMaxMs) > retentionMs,
  );
  if (bornOld.length === 0) return;
  const rows = bornOld.reduce((sum, { record }) => sum + record.rows, 0);
  const newestMs = Math.max(...bornOld.map(({ record }) => Number(record.timeMaxMs)));
  world.log(
    "warn",
    `${rows} rows were older than the retention of ${retentionMs / 86_400_000} days when they were sealed, and are gone; the newest ${timeColumn} is ${formatTimestamp(newestMs)}: check the unit of its format`,
    { table: name },
  );
}

async function merge(context: MaintainContext, state: TableState, plan: MergePlan): Promise<void> {
  const { world, catalog, sealer, openSegment, changed } = context;
  const ids = plan.inputs.map((record) => record.id);
  const id = mergedId(state.name, ids);
  const record = await sealer.merge({
    table: state.table,
    inputs: plan.inputs,
    id,
    path: segmentPath(state.name, id),
    keepFromMs: plan.keepFromMs,
    createdMs: world.clock.nowMs(),
  });
  world.failpoint("merge-written");
  const entries = state.sealedEntries().filter((entry) => ids.includes(entry.id));
  if (isGoing(state.life) || entries.length !== ids.length) return world.disk.remove(record.path);
  const segment = openSegment(record);
  try {
    await catalog.replaceSegments(state.name, ids, [record]);
  } catch (error) {
    segment.close();
    throw error;
  }
  world.failpoint("merge-committed");
  if (isGoing(state.life)) return segment.close();
  state.replace(entries, [sealedEntry(record, segment)]);
  dropFiles(context, entries);
  changed(state.name);
}

/** Removes the files of what the catalog has let go of; snapshots that see it keep reading until they are released. */
function dropFiles(
  context: Pick<MaintainContext, "world" | "epochs" | "forget">,
  entries: readonly SealedEntry[],
): void {
  const { world, epochs, forget } = context;
  for (const entry of entries) {
    const { record, segment } = entry;
    entry.state = step(entry.state, "dropped");
    // An open file stays readable without its name, and a file whose removal failed is an orphan at the next start.
    world.disk.remove(record.path).catch((error: unknown) => {
      world.log("warn", `removing ${record.path}: ${messageOf(error)}`);
    });
    if (segment === null) continue;
    epochs.retire(() => {
      forget(entry.id);
      segment.close();
    });
  }
}

/** The same inputs give the same name, so a merge that a kill interrupted is written over. */
function mergedId(table: string, inputs: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(inputs.join("\n")))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return `${table}__merged__${hash.toString(16).padStart(16, "0")}`;
}
