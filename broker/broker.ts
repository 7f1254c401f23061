/**
 * One broker: takes questions in, lets them run in their turn within their deadline, and answers each with a result,
 * exceptions or both. Nothing a question says makes it throw.
 */

import { Admission } from "#broker/admission";
import { answer, type Moment } from "#broker/answer";
import { ClientBytes } from "#broker/client-bytes";
import { type BrokerCatalog, type Prepared, Preparer } from "#broker/prepare";
import { QueryCounts } from "#broker/query-counts";
import { exceptionOf } from "#broker/response/exception";
import type { Result } from "#broker/result";
import { releaseSnapshot, type Snapshot, takeSnapshot } from "#broker/snapshot";
import type { QueryException } from "#schemas/api/query";
import { type ErrorCode, errorCodes, hasCode, StoreError, storeErrorOf } from "#schemas/errors";
import { brokerBounds, type Limits } from "#schemas/limits";
import type { Metric } from "#schemas/metric";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { ServerClient } from "#schemas/plan/server-client";
import { atOnce, type Stepwise, Turns } from "#schemas/turns";
import type { Clock, Log } from "#schemas/world";

export interface BrokerParts {
  /** Response field brokerId, such as "Broker_host_8099". */
  readonly id: string;
  readonly catalog: BrokerCatalog;
  readonly servers: readonly ServerClient[];
  readonly evaluate: Evaluate;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  /** What clients make the process hold; left out: nobody counts it. */
  readonly clients?: ClientBytes;
}

export interface Question {
  readonly sql: string;
  readonly queryOptions: string;
  readonly dialect: "native" | "pinot";
  readonly timeZone: string;
  /** The client's own id to cancel by; null: only ours. */
  readonly clientQueryId: string | null;
  /** Who asks: clients take turns when many wait. */
  readonly client: string;
  /** Answer from this, at its NOW(); null: from a snapshot of its own. */
  readonly snapshot: Snapshot | null;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly requestId: string;
  readonly clientQueryId: string | null;
  readonly brokerId: string;
  /** null: the question failed. */
  readonly result: Result | null;
  readonly exceptions: readonly QueryException[];
  readonly timeUsedUs: number;
}

export interface RunningQuery {
  readonly id: string;
  readonly sql: string;
  readonly startedMs: number;
}

interface Running extends RunningQuery {
  readonly clientQueryId: string | null;
  readonly abort: AbortController;
}

const exception = (code: ErrorCode, message: string): QueryException => ({
  errorCode: errorCodes[code].pinot,
  message,
  code,
});

const plansMax = brokerBounds.planTries;

/** A statement of more characters waits until few others like it are planned. */
const longSqlMin = brokerBounds.longSqlChars;
/** Long statements that are planned at once. */
const planningMax = brokerBounds.longPlansRunning;
/** Characters of a statement that are logged. */
const loggedCharacters = 2000;

const lateMessage = (time: string): string =>
  `the query took longer than ${time}; SET timeoutMs to a larger number, or ask for less`;

function* asItIs(answer: Answer): Stepwise<Answer> {
  yield;
  return answer;
}

/** What is missing from an answer, as exceptions beside its rows. */
function absences(result: Result): QueryException[] {
  const { missing, faults, serversQueried, serversResponded } = result.scattered;
  const exceptions = faults.map((fault) =>
    exception(
      fault.code,
      // A stream or a log that is not read does not say how many rows it holds.
      fault.rows === 0
        ? `rows of the ${fault.segment} are not in the answer: ${fault.message}`
        : `segment ${fault.segment} (${fault.rows} rows) is not in the answer: ${fault.message}`,
    ),
  );
  if (missing.length > 0) {
    const count = `${serversQueried - serversResponded} of ${serversQueried} servers did not answer`;
    exceptions.unshift(exception("SERVER_MISSING", `${count}, so rows are missing: ${missing.join("; ")}`));
  }
  return exceptions;
}

export class Broker {
  readonly parts: BrokerParts;
  readonly #admission: Admission;
  readonly #planning: Admission;
  readonly #preparer: Preparer;
  readonly #counts = new QueryCounts();
  readonly #running = new Map<string, Running>();
  #sequence = 0;

  constructor(parts: BrokerParts) {
    this.parts = parts;
    const clients = parts.clients ?? new ClientBytes(parts.limits);
    this.#admission = new Admission(parts.limits, clients);
    this.#planning = new Admission({ ...parts.limits, queriesRunning: planningMax }, clients);
    this.#preparer = new Preparer(parts);
  }

  /** The answer; its faults are in `exceptions`. */
  ask(question: Question): Promise<Answer> {
    return this.respond(question, asItIs);
  }

  /** What `render` makes of the answer, within the query's turn, deadline and cancel: text is memory and time too. */
  async respond<T>(question: Question, render: (answer: Answer) => Stepwise<T>): Promise<T> {
    const { clock } = this.parts;
    const startedMs = clock.nowMs();
    const startedAt = clock.monotonicMs();
    const id = `${startedMs}${String(this.#sequence++ % 1_000_000).padStart(6, "0")}`;
    const { sql, clientQueryId } = question;
    const running = { id, sql, startedMs, clientQueryId, abort: new AbortController() };
    const tookMs = () => clock.monotonicMs() - startedAt;
    const answerOf = (result: Result | null, exceptions: readonly QueryException[]): Answer => ({
      requestId: id,
      clientQueryId,
      brokerId: this.parts.id,
      result,
      exceptions,
      timeUsedUs: Math.round(tookMs() * 1000),
    });
    try {
      let isWhole = true;
      const answered = await this.#run(question, running, (result) => {
        const missing = absences(result);
        isWhole = missing.length === 0;
        return render(answerOf(result, missing));
      });
      this.#counts.count(isWhole ? "ok" : "partial", tookMs());
      return answered;
    } catch (thrown) {
      const error = storeErrorOf(thrown);
      this.#counts.count(error.code, tookMs());
      return atOnce(render(answerOf(null, [this.#exception(error, question)])));
    }
  }

  /** The plan of a text, for those who need to know its table; rejects with its faults. */
  async prepare(
    question: Pick<Question, "sql" | "queryOptions" | "dialect" | "timeZone">,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const endMs = this.parts.clock.nowMs() + this.parts.limits.queryMs;
    const turns = this.#turns(signal, () => endMs);
    return await this.#prepared(question, { nowMs, signal, turns, client: "prepare" });
  }

  /** Long statements are planned few at a time: their trees take much more memory than their texts. */
  #prepared(
    question: Pick<Question, "sql" | "queryOptions" | "dialect" | "timeZone">,
    given: Pick<Moment, "nowMs" | "signal" | "turns"> & { readonly client: string },
  ): Prepared | Promise<Prepared> {
    const planning = this.#preparer.prepare(question, given.nowMs);
    if (question.sql.length < longSqlMin) return given.turns.start(planning);
    return this.#planLong(planning, given);
  }

  async #planLong(
    planning: Stepwise<Prepared>,
    given: Pick<Moment, "signal" | "turns"> & { readonly client: string },
  ): Promise<Prepared> {
    const turn = this.#planning.enter(given.client, given.signal);
    if (turn !== null) await turn;
    try {
      return await given.turns.run(planning);
    } finally {
      this.#planning.leave();
    }
  }

  /** Turns that end with the signal, or when it is later than `endMs` says. */
  #turns(signal: AbortSignal, endMs: () => number): Turns {
    const { clock } = this.parts;
    const check = (): void => {
      signal.throwIfAborted();
      if (clock.nowMs() > endMs()) throw new StoreError("QUERY_DEADLINE", lateMessage("its timeoutMs"));
    };
    return new Turns({ nowMs: () => clock.monotonicMs(), check });
  }

  snapshot(tables: readonly string[], nowMs: number): Promise<Snapshot> {
    return takeSnapshot(this.parts.servers, tables, nowMs);
  }

  release(snapshot: Snapshot): void {
    releaseSnapshot(snapshot);
  }

  /** Stops what runs under this id, the client's or ours; false when nothing does. */
  cancel(id: string): boolean {
    const found = [...this.#running.values()].filter(
      (query) => query.id === id || query.clientQueryId === id,
    );
    for (const query of found)
      query.abort.abort(new StoreError("QUERY_CANCELLED", `the query ${id} was cancelled`));
    return found.length > 0;
  }

  running(): readonly RunningQuery[] {
    return [...this.#running.values()].map(({ id, sql, startedMs }) => ({ id, sql, startedMs }));
  }

  /** Queries that run and that wait for their turn. */
  load(): { readonly running: number; readonly queued: number } {
    return { running: this.#admission.running, queued: this.#admission.queued };
  }

  /** What /metrics tells of queries. */
  metrics(): readonly Metric[] {
    return this.#counts.metrics(this.load());
  }

  async #run<T>(question: Question, running: Running, render: (result: Result) => Stepwise<T>): Promise<T> {
    const { limits } = this.parts;
    const { signal } = running.abort;
    const nowMs = question.snapshot?.nowMs ?? running.startedMs;
    const stopWatching = this.#watchClient(question, running);
    // What the statement says of its time is known once it is parsed.
    let timeoutMs = limits.queryMs;
    const turns = this.#turns(signal, () => running.startedMs + timeoutMs);
    this.#running.set(running.id, running);
    let disarm = (): void => {};
    try {
      const planned = this.#prepared(question, { nowMs, signal, turns, client: question.client });
      const prepared = planned instanceof Promise ? await planned : planned;
      ({ timeoutMs } = prepared.options);
      disarm = this.#arm(running, timeoutMs);
      const turn = this.#admission.enter(question.client, signal);
      if (turn !== null) await turn;
      try {
        const deadlineMs = running.startedMs + timeoutMs;
        const moment = { nowMs, deadlineMs, signal, turns, snapshot: question.snapshot };
        const work = this.#answer(question, prepared, moment).then((result) => turns.run(render(result)));
        return await untilAborted(work, signal);
      } finally {
        this.#admission.leave();
      }
    } finally {
      disarm();
      stopWatching();
      this.#running.delete(running.id);
    }
  }

  /** Planned again when a table was dropped and made anew before the snapshot of it was taken. */
  async #answer(question: Question, planned: Prepared, moment: Moment): Promise<Result> {
    const { servers, evaluate, limits } = this.parts;
    let prepared = planned;
    for (let attempt = 1; ; attempt++) {
      try {
        return await answer(prepared, { servers, evaluate, limits }, moment);
      } catch (error) {
        const again = moment.snapshot === null && attempt < plansMax;
        if (!hasCode(error, "CATALOG_CONFLICT") || !again) throw error;
        prepared = await this.#prepared(question, { ...moment, client: question.client });
      }
    }
  }

  /** Aborts the query when its time is up; the answer disarms. */
  #arm(running: Running, timeoutMs: number): () => void {
    const watch = new AbortController();
    const { clock } = this.parts;
    const leftMs = Math.max(0, running.startedMs + timeoutMs - clock.nowMs());
    clock.sleep(leftMs, watch.signal).then(
      () => running.abort.abort(new StoreError("QUERY_DEADLINE", lateMessage(`${timeoutMs} ms`))),
      () => undefined,
    );
    return () => watch.abort();
  }

  /** Aborts the query when its client is gone; the answer stops watching. */
  #watchClient(question: Question, running: Running): () => void {
    const gone = (): void => {
      const { reason } = question.signal;
      const closed = new StoreError("QUERY_CANCELLED", "the client closed the connection");
      running.abort.abort(reason instanceof StoreError ? reason : closed);
    };
    if (question.signal.aborted) gone();
    else question.signal.addEventListener("abort", gone, { once: true });
    return () => question.signal.removeEventListener("abort", gone);
  }

  #exception(error: StoreError, question: Question): QueryException {
    if (error.code === "INTERNAL") {
      this.parts.log("error", "a query failed inside", {
        sql: question.sql.slice(0, loggedCharacters),
        error: error.message,
        cause: error.cause,
      });
    }
    return exceptionOf(error);
  }
}

/** The work's result, unless the signal fires first. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const listener = (): void => reject(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", listener);
  }
}
