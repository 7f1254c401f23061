/**
 * How often queries may run again. Repeated ones may take a third of the time: the cheap ones together, and the heavy
 * ones together. What a statement costs is remembered by its text, whoever asked it.
 */
import { brokerBounds, type Limits } from "#schemas/limits";

/** Repeated queries may take one part of the time in this many. */
const share = 3;
/** A query that takes more than this part of a tick is heavy. */
const heavyShare = 4;
const costsMax = brokerBounds.paceCosts;

/** What pacing needs to know of a query. */
export interface Paced {
  readonly question: { readonly sql: string };
  readonly dirty: boolean;
  readonly ranAtMs: number;
  costMs: number;
  dueMs: number;
}

export class Pace {
  readonly #limits: Limits;
  readonly #costs = new Map<string, number>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  isHeavy({ costMs }: Pick<Paced, "costMs">): boolean {
    return costMs * heavyShare > this.#limits.liveTickMs;
  }

  /** What a statement cost when it ran last; 0 when it never did. */
  costOf(sql: string): number {
    return this.#costs.get(sql) ?? 0;
  }

  /** A run took so long. A faster one counts at once; a slow one half: something else may have been in its way. */
  spent(query: Paced, ms: number): void {
    const { costMs, question } = query;
    query.costMs = costMs === 0 || ms < costMs ? ms : (costMs + ms) / 2;
    this.#costs.delete(question.sql);
    this.#costs.set(question.sql, query.costMs);
    const [oldest] = this.#costs.keys();
    if (this.#costs.size > costsMax && oldest !== undefined) this.#costs.delete(oldest);
  }

  /** Of the heavy queries that are due, the one that waited longest. */
  chosen<Query extends Paced>(heavy: readonly Query[], nowMs: number): Query | undefined {
    const due = heavy.filter(({ dirty, dueMs }) => dirty && dueMs <= nowMs);
    return due.toSorted((left, right) => left.ranAtMs - right.ranAtMs)[0];
  }

  /** A heavy query ran: it rests so long that all heavy ones together keep their share. */
  rest(query: Paced, heavy: readonly Paced[], nowMs: number): void {
    const heavyMs = heavy.reduce((so, { costMs }) => so + costMs, 0);
    query.dueMs = nowMs + heavyMs * (share - 1);
  }

  /** How long after a tick's start the next may begin, when its cheap queries took so long. */
  tickMs(cheapMs: number): number {
    return Math.max(this.#limits.liveTickMs, cheapMs * share);
  }
}
