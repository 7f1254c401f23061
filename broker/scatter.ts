/**
 * The fragment to every routed server at once. A server that does not answer is named in the result; any other
 * failure fails the query and stops the servers that still work on it.
 */
import type { Route } from "#broker/route";
import { type HeldPart, isAbsence, type Snapshot } from "#broker/snapshot";
import { messageOf } from "#schemas/errors";
import type { Fragment } from "#schemas/plan/plan";
import type { Executed, ExecuteOptions, Fault, Partial, ScanStats } from "#schemas/plan/server-client";

export interface Scattered {
  /** In server order, those that answered. */
  readonly partials: readonly Partial[];
  readonly stats: ScanStats;
  readonly faults: readonly Fault[];
  /** "name: reason" of each server that did not answer. */
  readonly missing: readonly string[];
  readonly serversQueried: number;
  readonly serversResponded: number;
}

/** Counts that start at nothing. */
export const noStats = (): ScanStats => ({
  segmentsQueried: 0,
  segmentsProcessed: 0,
  segmentsMatched: 0,
  segmentsPruned: 0,
  segmentsCached: 0,
  consumingQueried: 0,
  consumingProcessed: 0,
  consumingMatched: 0,
  rowsScanned: 0,
  rowsMatched: 0,
  rowsTotal: 0,
  entriesInFilter: 0,
  entriesPostFilter: 0,
  threadCpuNs: 0,
  bytesAllocated: 0,
  freshnessMs: 0,
  indexes: [],
});

/** Of a query that needs no server. */
export const nothingScattered = (): Scattered => ({
  partials: [],
  stats: noStats(),
  faults: [],
  missing: [],
  serversQueried: 0,
  serversResponded: 0,
});

/** Adds one server's counts to the total. */
function addStats(total: ScanStats, added: ScanStats): void {
  for (const [name, count] of Object.entries(added)) {
    if (typeof count === "number" && name !== "freshnessMs") {
      total[name as "rowsScanned"] += count;
    }
  }
  if (added.freshnessMs > 0) {
    total.freshnessMs =
      total.freshnessMs === 0 ? added.freshnessMs : Math.min(total.freshnessMs, added.freshnessMs);
  }
  total.indexes = [...new Set([...total.indexes, ...added.indexes])];
}

type Outcome = { readonly executed: Executed } | { readonly missing: string };

async function ask(
  part: HeldPart,
  fragment: Fragment,
  given: { readonly options: ExecuteOptions; readonly signal: AbortSignal },
): Promise<Outcome> {
  try {
    return { executed: await part.server.execute(part.info.id, fragment, given.options, given.signal) };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return { missing: `${part.server.name}: ${messageOf(error)}` };
  }
}

/** Asks all targets; rejects with the first failure that is not an absence. */
export async function scatter(
  fragment: Fragment,
  to: { readonly route: Route; readonly snapshot: Snapshot },
  given: { readonly options: ExecuteOptions; readonly signal: AbortSignal },
): Promise<Scattered> {
  const stop = new AbortController();
  const signal = AbortSignal.any([given.signal, stop.signal]);
  try {
    const asks = to.route.targets.map((part) => ask(part, fragment, { options: given.options, signal }));
    const outcomes = await Promise.all(asks);
    const absent = to.snapshot.parts.filter((part) => part.kind === "missing");
    return gathered(
      outcomes,
      absent.map(({ server, reason }) => `${server.name}: ${reason}`),
    );
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

function gathered(outcomes: readonly Outcome[], absent: readonly string[]): Scattered {
  const stats = noStats();
  const partials: Partial[] = [];
  const faults: Fault[] = [];
  const missing = [...absent];
  for (const outcome of outcomes) {
    if ("missing" in outcome) {
      missing.push(outcome.missing);
      continue;
    }
    partials.push(outcome.executed.partial);
    faults.push(...(outcome.executed.faults ?? []));
    addStats(stats, outcome.executed.stats);
  }
  const serversQueried = outcomes.length + absent.length;
  return { partials, stats, faults, missing, serversQueried, serversResponded: partials.length };
}
