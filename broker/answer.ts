/**
 * The main path of a query: prepare, snapshot, route, scatter, merge, finish. Faults of the query are thrown; what is
 * missing from an answer is part of it.
 */
import { explain, explainWithoutTable } from "#broker/explain";
import { finish } from "#broker/finish";
import { merge } from "#broker/merge";
import type { Prepared } from "#broker/prepare";
import type { Result } from "#broker/result";
import { route } from "#broker/route";
import { nothingScattered, type Scattered, scatter } from "#broker/scatter";
import { releaseSnapshot, type Snapshot, takeSnapshot } from "#broker/snapshot";
import { StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { Fragment, Plan } from "#schemas/plan/plan";
import type { ServerClient } from "#schemas/plan/server-client";
import { isOf } from "#schemas/plan/snapshot";
import type { Stepwise, Turns } from "#schemas/turns";

export interface AnswerTools {
  readonly servers: readonly ServerClient[];
  readonly evaluate: Evaluate;
  readonly limits: Limits;
}

export interface Moment {
  readonly nowMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Runs what takes long on this thread. */
  readonly turns: Turns;
  /** Answer from this snapshot, and leave it to the caller; null: take one. */
  readonly snapshot: Snapshot | null;
}

/** The result of a prepared query. */
export async function answer(prepared: Prepared, tools: AnswerTools, moment: Moment): Promise<Result> {
  const { plan } = prepared;
  if (plan.fragment === null) {
    if (prepared.statement.explain) return explainWithoutTable(plan);
    return await moment.turns.run(withoutTable(plan, tools, moment));
  }
  const tables = [plan.fragment.table];
  const snapshot = moment.snapshot ?? (await takeSnapshot(tools.servers, tables, moment.nowMs));
  try {
    checkPlanned(prepared, snapshot);
    const routed = route(snapshot, plan.fragment.table);
    if (prepared.statement.explain) return await explain(plan, plan.fragment, { routed, snapshot });
    const options = executeOptions(plan, tools, { ...moment, sole: routed.sole });
    const to = { route: routed, snapshot };
    const scattered = await scatter(plan.fragment, to, { options, signal: moment.signal });
    const gathering = gather(plan, plan.fragment, { tools, moment, scattered, snapshot });
    return await moment.turns.run(gathering);
  } finally {
    if (moment.snapshot === null) releaseSnapshot(snapshot);
  }
}

/** A plan names columns by ids that mean nothing in another table of the name. */
function checkPlanned({ tables }: Prepared, snapshot: Snapshot): void {
  for (const { name, identity } of tables) {
    if (isOf(snapshot, name, identity.incarnation)) continue;
    const message = `table "${name}" was dropped and made anew while the query began; ask again`;
    throw new StoreError("CATALOG_CONFLICT", message, { at: name });
  }
}

function executeOptions(plan: Plan, tools: AnswerTools, moment: Moment & { readonly sole: boolean }) {
  const { useCache, timeZone } = plan.options;
  const { deadlineMs, nowMs, sole } = moment;
  return { deadlineMs, useCache, queryBytes: tools.limits.queryBytes, timeZone, nowMs, sole };
}

function finishTools(plan: Plan, tools: AnswerTools, moment: Moment) {
  const context = { timeZone: plan.options.timeZone, nowMs: moment.nowMs };
  return { evaluate: tools.evaluate, context, limits: tools.limits };
}

function* gather(
  plan: Plan,
  fragment: Fragment,
  given: {
    readonly tools: AnswerTools;
    readonly moment: Moment;
    readonly scattered: Scattered;
    readonly snapshot: Snapshot;
  },
): Stepwise<Result> {
  const { tools, moment, scattered, snapshot } = given;
  if (scattered.serversResponded === 0) {
    throw new StoreError(
      "SERVER_MISSING",
      `no server answered: ${scattered.missing.join("; ") || "there is none"}`,
    );
  }
  const merged = yield* merge(fragment, scattered.partials, tools.limits);
  const finished = yield* finish(plan, merged, finishTools(plan, tools, moment));
  return { columns: plan.output, ...finished, scattered, snapshot, tables: [fragment.table] };
}

/** SELECT without FROM: one row of no columns. */
function* withoutTable(plan: Plan, tools: AnswerTools, moment: Moment): Stepwise<Result> {
  const finished = yield* finish(plan, { rows: 1, columns: [] }, finishTools(plan, tools, moment));
  return { columns: plan.output, ...finished, scattered: nothingScattered(), snapshot: null, tables: [] };
}
