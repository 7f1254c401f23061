/**
 * Partial answers of servers → one batch: rows one after the other, groups merged by their keys' bytes and their
 * aggregates' states in server order, so that sums have the same digits every time.
 */
import { groupRows } from "#broker/groups";
import type { Accumulator, StateCall } from "#schemas/aggregates/aggregate";
import { mergeInSteps } from "#schemas/aggregates/in-steps";
import { aggregateNamed } from "#schemas/aggregates/registry";
import type { Batch, Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import type { Fragment } from "#schemas/plan/plan";
import type { Partial } from "#schemas/plan/server-client";
import { sequence } from "#schemas/row-order";
import { type Stepwise, stepItems } from "#schemas/turns";
import { emptyVector, joinVectors, pickRows } from "#schemas/vector-rows";

type GroupsPartial = Extract<Partial, { kind: "aggregate" }>;

function accumulatorOf(call: StateCall) {
  const aggregate = aggregateNamed(call.name);
  assert(aggregate !== null, `${call.name} is an aggregate`);
  return aggregate.accumulator(call);
}

interface MergedKeys {
  readonly count: number;
  readonly keys: readonly Vector[];
  readonly targets: readonly (Uint32Array | null)[];
}

/** Where each server's groups go in the merged ones, and the merged keys. */
function* mergeKeys(
  fragment: Fragment & { readonly kind: "aggregate" },
  partials: readonly GroupsPartial[],
): Stepwise<MergedKeys> {
  if (fragment.keys.length === 0) {
    const targets = partials.map((partial) => new Uint32Array(partial.groups));
    return { count: 1, keys: [], targets };
  }
  if (partials.length === 1) {
    return { count: partials[0].groups, keys: partials[0].keys, targets: [null] };
  }
  const all = fragment.keys.map(({ type }, index) =>
    joinVectors(
      partials.map((partial) => partial.keys[index]),
      type,
    ),
  );
  const { count, gids, firstRows } = yield* groupRows(all, all[0].rows);
  let start = 0;
  const targets = partials.map(({ groups }) => gids.subarray(start, (start += groups)));
  return { count, keys: all.map((vector) => pickRows(vector, firstRows)), targets };
}

function* mergeGroups(
  fragment: Fragment & { readonly kind: "aggregate" },
  partials: readonly GroupsPartial[],
): Stepwise<Batch> {
  const { count, keys, targets } = yield* mergeKeys(fragment, partials);
  const columns = [...keys];
  for (const [index, call] of fragment.aggregates.entries()) {
    const accumulator = accumulatorOf(call);
    accumulator.resize(count);
    for (const [server, partial] of partials.entries()) {
      if (partial.groups > 0) yield* mergeInSteps(accumulator, partial.states[index], targets[server]);
    }
    columns.push(yield* finishInSteps(accumulator, count));
  }
  return { rows: count, columns };
}

function* finishInSteps(accumulator: Accumulator, count: number): Stepwise<Vector> {
  if (accumulator.settle !== undefined) yield* accumulator.settle(null);
  if (count <= stepItems) return accumulator.finish(null);
  const parts: Vector[] = [];
  for (let from = 0; from < count; from += stepItems) {
    parts.push(accumulator.finish(sequence(Math.min(stepItems, count - from), from)));
    yield;
  }
  return joinVectors(parts, parts[0].type);
}

/** What one server answers that has no rows. */
function emptyPartial(fragment: Fragment): Partial {
  const empty = (expressions: readonly { readonly type: Vector["type"] }[]) =>
    expressions.map(({ type }) => emptyVector(type));
  if (fragment.kind === "rows") return { kind: "rows", batch: { rows: 0, columns: empty(fragment.project) } };
  return { kind: "aggregate", groups: 0, keys: empty(fragment.keys), states: [] };
}

/** Bytes of a column's rows; entries that no row uses (a dictionary's others) are not counted. */
function columnBytes(column: Vector): number {
  if (column.kind !== "text") return column.rows * 8;
  if (column.entries.count === 0) return column.rows * 4; // every row is NULL
  const { ids, entries } = column;
  let used = 0;
  for (let row = 0; row < column.rows; row++)
    used += entries.offsets[ids[row] + 1] - entries.offsets[ids[row]];
  return column.rows * 4 + Math.min(used, entries.bytes.length);
}

/** Bytes that a partial answer holds here. */
function* bytesOf(partial: Partial): Stepwise<number> {
  let total = 0;
  for (const column of partial.kind === "rows" ? partial.batch.columns : partial.keys) {
    total += columnBytes(column);
    yield;
  }
  if (partial.kind === "aggregate") for (const { bytes } of partial.states) total += bytes.length;
  return total;
}

/** Merging needs about as much again as it is given. */
function* checkMemory(partials: readonly Partial[], queryBytes: number): Stepwise {
  let found = 0;
  for (const partial of partials) found += yield* bytesOf(partial);
  if (found * 2 <= queryBytes) return;
  const expected = `at most ${queryBytes >> 1} bytes of partial answers (half the limit queryBytes)`;
  const message = `expected ${expected} but found ${found}; group by fewer values, or filter more`;
  throw new StoreError("QUERY_MEMORY", message, { expected, found: `${found}` });
}

/** The fragment's output columns over all servers' rows; QUERY_MEMORY when they are too many to merge here. */
export function* merge(
  fragment: Fragment,
  partials: readonly Partial[],
  limits: { readonly queryBytes: number },
): Stepwise<Batch> {
  yield* checkMemory(partials, limits.queryBytes);
  const given = partials.length === 0 ? [emptyPartial(fragment)] : partials;
  if (given.some((partial) => partial.kind !== fragment.kind)) {
    throw new StoreError("FRAME_CORRUPT", `expected partial results of kind ${fragment.kind}`);
  }
  if (fragment.kind === "aggregate") {
    return yield* mergeGroups(
      fragment,
      given.filter((partial) => partial.kind === "aggregate"),
    );
  }
  const batches = given.filter((partial) => partial.kind === "rows").map(({ batch }) => batch);
  const rows = batches.reduce((total, batch) => total + batch.rows, 0);
  const columns: Vector[] = [];
  for (const [index, { type }] of fragment.project.entries()) {
    const parts = batches.map((batch) => batch.columns[index]);
    columns.push(joinVectors(parts, type));
    yield;
  }
  return { rows, columns };
}
