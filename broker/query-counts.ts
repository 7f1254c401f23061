/**
 * What became of queries, for /metrics. HTTP alone does not tell: a failed query answers 200, as Pinot's does, and the
 * queries of live pages have no request of their own.
 */
import type { ErrorCode } from "#schemas/errors";
import type { Metric } from "#schemas/metric";

type Outcome = "ok" | "partial" | ErrorCode;

export class QueryCounts {
  /** Both are there from the start: a rate over a counter that appears with its first error misses that error. */
  readonly #counts = new Map<Outcome, number>([
    ["ok", 0],
    ["partial", 0],
  ]);
  #seconds = 0;

  count(outcome: Outcome, tookMs: number): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    this.#seconds += tookMs / 1000;
  }

  metrics(load: { readonly running: number; readonly queued: number }): readonly Metric[] {
    const total = { name: "freshet_queries_total", kind: "counter" } as const;
    const help = "Queries by what became of them: ok, partial, or the code of their error";
    const counts = [...this.#counts].map(([outcome, value]) => ({
      ...total,
      help,
      labels: { outcome },
      value,
    }));
    return [
      ...counts,
      {
        name: "freshet_query_seconds_total",
        kind: "counter",
        help: "Time from question to answer of all queries",
        value: this.#seconds,
      },
      {
        name: "freshet_queries_running",
        kind: "gauge",
        help: "Queries that run",
        value: load.running,
      },
      {
        name: "freshet_queries_waiting",
        kind: "gauge",
        help: "Queries that wait for their turn",
        value: load.queued,
      },
    ];
  }
}
