import { describe, expect, it } from "vitest";
import { Admission } from "#broker/admission";
import { type Answer, Broker, type BrokerParts, type Question } from "#broker/broker";
import { ClientBytes } from "#broker/client-bytes";
import { StoreError } from "#schemas/errors";
import { type Limits, limits } from "#schemas/limits";
import type { ServerClient } from "#schemas/plan/server-client";
import type { Clock } from "#schemas/world";
import { evaluate } from "#server/execute/functions/evaluate";
import { tableOf } from "#test/server/segment/build";
import { responseOf } from "#test/setup/answer";
import { testIdentity } from "#test/setup/snapshots";
import { ModelServer } from "#test/sql/model";
import type { Row } from "#test/sql/values";

const table = tableOf("t", { k: "INT", s: "STRING" });
const rowsOf = (from: number, until: number): Row[] =>
  Array.from({ length: until - from }, (_, index) => ({
    k: BigInt(from + index),
    s: `s${(from + index) % 3}`,
  }));
const modelOver = (rows: readonly Row[]) => new ModelServer(new Map([["t", { table, rows }]]));

/** Sleepers wake when the test says so. */
class TestClock implements Clock {
  now = 1000;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  nowMs = () => this.now;
  monotonicMs = () => this.now;
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#sleepers.push({ until: this.now + delayMs, wake: resolve });
    signal?.addEventListener("abort", () => reject(signal.reason));
    return promise;
  }
  pass(ms: number): void {
    this.now += ms;
    for (const { until, wake } of this.#sleepers) if (until <= this.now) wake();
  }
}

function brokerOver(
  servers: readonly ServerClient[],
  bounds: Partial<Limits> = {},
  change: Partial<BrokerParts> = {},
) {
  const clock = new TestClock();
  const catalog = {
    identity: () => testIdentity,
    table: (name: string) => (name === "t" ? table : undefined),
    names: () => ["t"],
  };
  const parts = {
    id: "b",
    catalog,
    servers,
    evaluate,
    limits: { ...limits, ...bounds },
    clock,
    log: () => undefined,
    ...change,
  };
  const broker = new Broker(parts);
  const questionOf = (sql: string): Question => ({
    sql,
    queryOptions: "",
    dialect: "pinot",
    timeZone: "UTC",
    clientQueryId: null,
    client: "",
    snapshot: null,
    signal: new AbortController().signal,
  });
  const ask = (sql: string, question: Partial<Question> = {}) =>
    broker.ask({ ...questionOf(sql), ...question });
  return { broker, clock, ask, questionOf };
}

/** A server that never answers, or fails. */
class FaultyServer extends ModelServer {
  readonly #fault: "silent" | "gone" | "gone-later" | "error";
  released = 0;
  aborted = false;
  constructor(fault: "silent" | "gone" | "gone-later" | "error") {
    super(new Map([["t", { table, rows: rowsOf(0, 1) }]]));
    this.#fault = fault;
  }
  override async snapshot(names: readonly string[]) {
    if (this.#fault === "gone") throw new StoreError("SERVER_MISSING", "connection refused");
    return super.snapshot(names);
  }
  override release(): void {
    this.released++;
  }
  override execute: ModelServer["execute"] = async (_id, _fragment, _options, signal?: AbortSignal) => {
    signal?.addEventListener("abort", () => {
      this.aborted = true;
    });
    if (this.#fault === "gone-later") throw new StoreError("SERVER_MISSING", "connection reset");
    if (this.#fault === "error") throw new StoreError("QUERY_MEMORY", "too much");
    return new Promise(() => undefined);
  };
}

describe("several servers", () => {
  const two = () => brokerOver([modelOver(rowsOf(0, 5)), modelOver(rowsOf(5, 10))]);

  it("merge groups, rows and order", async () => {
    const { ask } = two();
    const groups = responseOf(await ask("SELECT s, COUNT(*), SUM(k) FROM t GROUP BY s ORDER BY s"));
    expect(groups.resultTable?.rows).toEqual([
      ["s0", 4, 18],
      ["s1", 3, 12],
      ["s2", 3, 15],
    ]);
    expect(groups).toMatchObject({ numServersQueried: 2, numServersResponded: 2, totalDocs: 10 });
    const rows = responseOf(await ask("SELECT k FROM t ORDER BY k DESC LIMIT 3 OFFSET 4"));
    expect(rows.resultTable?.rows).toEqual([[5], [4], [3]]);
  });

  it.each(["gone", "gone-later"] as const)("a %s one is said, never silent", async (fault) => {
    const { ask } = brokerOver([modelOver(rowsOf(0, 5)), new FaultyServer(fault)]);
    const response = responseOf(await ask("SELECT COUNT(*) FROM t"));
    expect(response.resultTable?.rows).toEqual([[5]]);
    expect(response).toMatchObject({ numServersQueried: 2, numServersResponded: 1, partialResult: true });
    expect(response.exceptions[0]).toMatchObject({ errorCode: 427, code: "SERVER_MISSING" });
  });

  it("without any there is no result", async () => {
    const { ask } = brokerOver([new FaultyServer("gone")]);
    const response = responseOf(await ask("SELECT COUNT(*) FROM t"));
    expect(response.resultTable).toBeUndefined();
    expect(response.exceptions[0].code).toBe("SERVER_MISSING");
  });

  it("the failure of one fails the query, stops the others and frees the snapshots", async () => {
    const silent = new FaultyServer("silent");
    const faulty = new FaultyServer("error");
    const { ask } = brokerOver([silent, faulty]);
    expect((await ask("SELECT COUNT(*) FROM t")).exceptions[0].code).toBe("QUERY_MEMORY");
    expect([silent.aborted, silent.released, faulty.released]).toEqual([true, 1, 1]);
  });
});

describe("a query ends", () => {
  it("at its deadline", async () => {
    const { ask, clock } = brokerOver([new FaultyServer("silent")]);
    const pending = ask("SET timeoutMs=50; SELECT COUNT(*) FROM t");
    clock.pass(49);
    await Promise.resolve();
    clock.pass(1);
    const [exception] = (await pending).exceptions;
    expect(exception).toMatchObject({ code: "QUERY_DEADLINE", errorCode: 250 });
    expect(exception.message).toContain("50 ms");
  });

  it("when it is cancelled by either id, or its client is gone", async () => {
    const { ask, broker } = brokerOver([new FaultyServer("silent")]);
    const mine = ask("SELECT COUNT(*) FROM t", { clientQueryId: "mine" });
    expect(broker.running()).toHaveLength(1);
    expect(broker.cancel("other")).toBe(false);
    expect(broker.cancel("mine")).toBe(true);
    expect((await mine).exceptions[0].code).toBe("QUERY_CANCELLED");
    const ours = ask("SELECT COUNT(*) FROM t");
    expect(broker.cancel(broker.running()[0].id)).toBe(true);
    expect((await ours).exceptions[0].code).toBe("QUERY_CANCELLED");
    const closing = new AbortController();
    const left = ask("SELECT COUNT(*) FROM t", { signal: closing.signal });
    closing.abort();
    expect((await left).exceptions[0].code).toBe("QUERY_CANCELLED");
    expect(broker.running()).toEqual([]);
  });

  it("before it begins, when too many wait", async () => {
    const { ask, broker } = brokerOver([new FaultyServer("silent")], { queriesRunning: 1, queriesQueued: 1 });
    const first = ask("SELECT COUNT(*) FROM t", { clientQueryId: "a" });
    const second = ask("SELECT COUNT(*) FROM t", { clientQueryId: "b" });
    const third = await ask("SELECT COUNT(*) FROM t", { clientQueryId: "c" });
    expect(third.exceptions[0]).toMatchObject({ code: "QUERIES_QUEUED", errorCode: 429 });
    broker.cancel("b");
    expect((await second).exceptions[0].code).toBe("QUERY_CANCELLED");
    broker.cancel("a");
    await first;
    expect(broker.load()).toEqual({ running: 0, queued: 0 });
  });
});

describe("what becomes of queries", () => {
  it("is counted by outcome, whole, partial or failed, with those that run and wait", async () => {
    const figures = (broker: Broker) =>
      Object.fromEntries(
        broker.metrics().map(({ name, labels, value }) => [labels?.["outcome"] ?? name.slice(8), value]),
      );
    const whole = brokerOver([modelOver(rowsOf(0, 5))]);
    await whole.ask("SELECT COUNT(*) FROM t");
    await whole.ask("SELECT nothing FROM t");
    await whole.ask("SELEC");
    await whole.ask("SELEC");
    expect(figures(whole.broker)).toEqual({
      ok: 1,
      partial: 0,
      COLUMN_UNKNOWN: 1,
      SQL_SYNTAX: 2,
      query_seconds_total: 0,
      queries_running: 0,
      queries_waiting: 0,
    });
    const lame = brokerOver([modelOver(rowsOf(0, 5)), new FaultyServer("gone")]);
    await lame.ask("SELECT COUNT(*) FROM t");
    expect(figures(lame.broker)).toMatchObject({ ok: 0, partial: 1 });
    const slow = brokerOver([new FaultyServer("silent")], { queriesRunning: 1 });
    const asked = [slow.ask("SELECT COUNT(*) FROM t"), slow.ask("SELECT COUNT(*) FROM t")];
    expect(figures(slow.broker)).toMatchObject({ queries_running: 1, queries_waiting: 1 });
    slow.clock.pass(20_000);
    await Promise.all(asked);
    expect(figures(slow.broker)).toMatchObject({ QUERY_DEADLINE: 2, query_seconds_total: 40 });
  });
});

describe("limits of results", () => {
  it("are errors that name them, unless the caller takes a cut result", async () => {
    const { ask } = brokerOver([modelOver(rowsOf(0, 10))], { resultRows: 4 });
    const refused = await ask("SELECT k FROM t ORDER BY k");
    expect(refused.exceptions[0]).toMatchObject({ code: "RESULT_ROWS", errorCode: 245 });
    expect(refused.exceptions[0].message).toContain("resultRows");
    const cut = responseOf(await ask("SET truncate=true; SELECT k FROM t ORDER BY k DESC"));
    expect(cut.resultTable?.rows).toEqual([[9], [8], [7], [6]]);
    expect(cut).toMatchObject({ resultRowsLimitReached: true, partialResult: true });
    expect((await ask("SELECT k FROM t LIMIT 4")).exceptions).toEqual([]);
    expect((await ask("SELECT s FROM t GROUP BY s")).exceptions).toEqual([]);
  });

  it("are tightened by who asks, and never widened by the statement", async () => {
    const { ask } = brokerOver([modelOver(rowsOf(0, 10))]);
    const rowsOfCut = async (sql: string, queryOptions: string) =>
      responseOf(await ask(sql, { queryOptions })).resultTable?.rows;
    const few = "truncate=true;resultRows=3";
    expect(await rowsOfCut("SELECT k FROM t ORDER BY k", few)).toEqual([[0], [1], [2]]);
    expect(await rowsOfCut("SELECT k FROM t ORDER BY k LIMIT 9", few)).toHaveLength(3);
    expect(await rowsOfCut("SET resultRows=8; SELECT k FROM t ORDER BY k", few)).toHaveLength(3);
    expect(await rowsOfCut("SET resultRows=2; SELECT k FROM t ORDER BY k", few)).toHaveLength(2);
    const { exceptions } = await ask("SET resultRows=2; SELECT k FROM t ORDER BY k");
    expect(exceptions[0]).toMatchObject({
      code: "RESULT_ROWS",
      message: expect.stringContaining("at most 2 rows"),
    });
    const bad = await ask("SET resultRows=0; SELECT k FROM t");
    expect(bad.exceptions[0]).toMatchObject({ code: "OPTION_VALUE" });
  });

  it("count bytes too", async () => {
    const { ask } = brokerOver([modelOver(rowsOf(0, 10))], { resultBytes: 40 });
    expect((await ask("SELECT s FROM t ORDER BY k")).exceptions[0].code).toBe("RESULT_BYTES");
    const cut = responseOf(await ask("SET truncate=true; SELECT s FROM t ORDER BY k"));
    expect(cut.resultTable?.rows).toEqual([["s0"], ["s1"], ["s2"]]);
  });
});

describe("memory of a query", () => {
  it("bounds what the broker merges, and says so", async () => {
    const { ask } = brokerOver([modelOver(rowsOf(0, 10))], { queryBytes: 200 });
    const refused = await ask("SELECT k, COUNT(*) FROM t GROUP BY k");
    expect(refused.exceptions[0]).toMatchObject({ code: "QUERY_MEMORY", errorCode: 245 });
    expect(refused.exceptions[0].message).toContain("queryBytes");
    expect((await ask("SELECT COUNT(*) FROM t")).exceptions).toEqual([]);
  });
});

describe("fair shares", () => {
  it("clients take turns", async () => {
    const admission = new Admission(
      { queriesRunning: 1, queriesQueued: 10 },
      new ClientBytes({ clientBytes: 2 }),
    );
    const { signal } = new AbortController();
    const order: string[] = [];
    expect(admission.enter("greedy", signal)).toBeNull();
    const enter = (client: string, name: string) =>
      admission.enter(client, signal)?.then(() => order.push(name));
    const all = [enter("greedy", "g1"), enter("greedy", "g2"), enter("greedy", "g3"), enter("modest", "m1")];
    for (let index = 0; index < all.length; index++) {
      admission.leave();
      await Promise.resolve();
      await Promise.resolve();
    }
    await Promise.all(all);
    expect(order).toEqual(["g1", "m1", "g2", "g3"]);
    admission.leave();
    expect([admission.running, admission.queued]).toEqual([0, 0]);
  });
});

describe("plans", () => {
  it("are kept until a definition changes, but not those that depend on the moment", async () => {
    let version = 1;
    const identity = () => ({ ...testIdentity, definition: version });
    const catalog = { identity, table: () => table, names: () => ["t"] };
    const { broker } = brokerOver([modelOver([])], {}, { catalog });
    const asked = (sql: string) => ({ sql, queryOptions: "", dialect: "pinot", timeZone: "UTC" }) as const;
    const { signal } = new AbortController();
    const plan = async (sql: string, nowMs = 1) => (await broker.prepare(asked(sql), nowMs, signal)).plan;
    const before = await plan("SELECT k FROM t");
    expect(await plan("SELECT k FROM t")).toBe(before);
    version++;
    expect(await plan("SELECT k FROM t")).not.toBe(before);
    const now = await plan("SELECT NOW()", 1);
    expect(now.project).not.toEqual((await plan("SELECT NOW()", 2)).project);
  });

  it("are made again for a table that was made anew while the query began, and never read another one", async () => {
    let incarnation = "old";
    let plans = 0;
    const identity = () => ({ incarnation, definition: 1 });
    const find = () => {
      plans++;
      return table;
    };
    const catalog = { identity, table: find, names: () => ["t"] };
    const server = modelOver(rowsOf(0, 5));
    const snapshot = async (names: readonly string[]) => {
      incarnation = "test";
      return ModelServer.prototype.snapshot.call(server, names);
    };
    const { ask } = brokerOver([Object.assign(server, { snapshot })], {}, { catalog });
    expect(responseOf(await ask("SELECT COUNT(*) FROM t")).resultTable?.rows).toEqual([[5]]);
    expect(plans).toBeGreaterThan(1);
    incarnation = "never there";
    Object.assign(server, { snapshot: ModelServer.prototype.snapshot });
    expect((await ask("SELECT COUNT(*), 1 FROM t")).exceptions[0]).toMatchObject({
      code: "CATALOG_CONFLICT",
    });
  });

  it("inner faults are INTERNAL, and logged", async () => {
    const logged: string[] = [];
    const broken = Object.assign(modelOver([]), { execute: () => Promise.reject(new TypeError("oops")) });
    const { ask } = brokerOver([broken], {}, { log: (_level, message) => void logged.push(message) });
    expect((await ask("SELECT k FROM t")).exceptions[0]).toMatchObject({ code: "INTERNAL", message: "oops" });
    expect(logged).toHaveLength(1);
  });
});

describe("writing an answer", () => {
  /** Takes as many steps as it is told, each of them a turn. */
  const slowly = (clock: TestClock, steps: number, look: () => void) =>
    function* render(answer: Answer): Generator<void, Answer, void> {
      if (answer.result === null) return answer;
      for (let step = 0; step < steps; step++) {
        clock.pass(100);
        look();
        yield;
      }
      return answer;
    };

  it("is part of the query's turn", async () => {
    const { broker, clock, questionOf } = brokerOver([modelOver(rowsOf(0, 5))], { queriesRunning: 1 });
    let most = 0;
    let writing = 0;
    const one = async () => {
      let began = false;
      await broker.respond(
        questionOf("SELECT COUNT(*) FROM t"),
        slowly(clock, 5, () => {
          if (!began) writing++;
          began = true;
          most = Math.max(most, writing);
          expect(broker.load().running).toBe(1);
        }),
      );
      writing--;
    };
    await Promise.all([one(), one(), one()]);
    expect(most).toBe(1);
  });

  it("ends at the deadline, and when it is cancelled", async () => {
    const { broker, clock, questionOf } = brokerOver([modelOver(rowsOf(0, 5))]);
    let steps = 0;
    const late = await broker.respond(
      { ...questionOf("SELECT COUNT(*) FROM t"), queryOptions: "timeoutMs=1000" },
      slowly(clock, 1000, () => steps++),
    );
    expect(late.exceptions).toMatchObject([{ code: "QUERY_DEADLINE" }]);
    expect(steps).toBeLessThan(20);
    const cancelled = await broker.respond(
      { ...questionOf("SELECT COUNT(*) FROM t"), clientQueryId: "mine", queryOptions: "timeoutMs=10000000" },
      slowly(clock, 1000, () => broker.cancel("mine")),
    );
    expect(cancelled.exceptions).toMatchObject([{ code: "QUERY_CANCELLED" }]);
    expect(broker.load().running).toBe(0);
  });
});
