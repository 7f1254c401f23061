/** A hub on a fake clock and a fake broker whose answers a test sets: everything that happens is in one list. */
import type { LiveBroker } from "#broker/live/live-broker";
import { LiveHub } from "#broker/live/subscriptions";
import type { LiveMessage } from "#schemas/api/live";
import type { Cell, QueryResponse } from "#schemas/api/query";
import type { TableDetail, TableSummary } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import { type Limits, limits } from "#schemas/limits";
import type { TableMoment } from "#schemas/plan/snapshot";
import { infoOf, momentOf } from "#test/setup/snapshots";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeTimers {
  #nowMs = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();
  nowMs = (): number => this.#nowMs;
  after = (delayMs: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Goes on by so much, calling what falls due in order, and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const [first] = due.toSorted((left, right) => left.atMs - right.atMs);
      if (first === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, first.atMs);
      this.#timers.delete(first);
      first.callback();
    }
    this.#nowMs = untilMs;
    await settled();
  }

  /** Time that passes while something works. */
  spend(ms: number): void {
    this.#nowMs += ms;
  }
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

const response = (rows: readonly (readonly Cell[])[]) =>
  ({
    resultTable: { dataSchema: { columnNames: ["k", "v"], columnDataTypes: ["STRING", "LONG"] }, rows },
    numRowsResultSet: rows.length,
    partialResult: false,
    exceptions: [],
    gaps: [],
    timeUsedUs: 10,
    numSegmentsQueried: 1,
    numSegmentsProcessed: 1,
    numSegmentsCached: 0,
    numDocsScanned: 1,
    totalDocs: 1,
  }) as unknown as QueryResponse;

/** A table as the API tells of it: only what a test looks at. */
const tableOf = (name: string, more: Partial<TableDetail>) =>
  ({ name, rows: 1, freshnessMs: 5, rowsPerSecond: 0, segments: [], ...more }) as unknown as TableDetail;

export class FakeLive {
  readonly timers = new FakeTimers();
  readonly asked: string[] = [];
  readonly logged: string[] = [];
  readonly snapshots: string[] = [];
  released = 0;
  rows: (sql: string) => readonly (readonly Cell[])[] = () => [["a", 1]];
  fault: StoreError | null = null;
  visible = 100;
  /** What a snapshot shows of a table. */
  moment: (moment: TableMoment) => TableMoment = (moment) => moment;
  workMs = 0;
  /** What is told of tables, by name. */
  readonly tables = new Map<string, Partial<TableDetail>>([
    ["a", {}],
    ["b", {}],
  ]);
  looks = 0;
  readonly hub: LiveHub;

  constructor(smaller: Partial<Limits> = {}) {
    const broker: LiveBroker = {
      tablesOf: async (sql) => {
        const table = /FROM (\w+)/.exec(sql)?.[1];
        if (table === undefined) throw new StoreError("SQL_SYNTAX", "expected FROM");
        return [table];
      },
      snapshot: async (tables, nowMs) => {
        this.snapshots.push(tables.join());
        const newestEventMs = BigInt(this.timers.nowMs() - 50);
        const moments = tables.map((table) => this.moment(momentOf(table, this.visible, { newestEventMs })));
        const info = { ...infoOf(...moments), takenMs: this.timers.nowMs() };
        return { nowMs, parts: [{ kind: "held", server: { name: "fake" }, info }] };
      },
      release: () => void this.released++,
      ask: async (sql) => {
        this.asked.push(sql);
        this.timers.spend(/heavy/.test(sql) ? 500 : this.workMs);
        if (this.fault !== null) throw this.fault;
        return response(this.rows(sql));
      },
    };
    const tables = {
      summaries: (): readonly TableSummary[] => {
        this.looks++;
        return [...this.tables].map(([name, more]) => tableOf(name, more));
      },
      detail: async (name: string) => {
        this.looks++;
        this.timers.spend(this.workMs);
        const more = this.tables.get(name);
        if (more === undefined) throw new StoreError("TABLE_UNKNOWN", `there is no table "${name}"`);
        return tableOf(name, more);
      },
    };
    this.hub = new LiveHub({
      broker,
      tables,
      timers: this.timers,
      limits: { ...limits, ...smaller },
      version: "test",
      log: (level, message) => void this.logged.push(`${level} ${message}`),
    });
  }

  /** A page that keeps what it is sent; it acknowledges at once unless it is slow. */
  page(slow = false) {
    const messages: LiveMessage[] = [];
    const client = this.hub.connect((message) => {
      messages.push(message);
      if (slow || !("sequence" in message)) return;
      const { id, sequence } = message;
      queueMicrotask(() => client.receive({ kind: "ack", id, sequence }));
    });
    return { client, messages, kinds: () => messages.map(({ kind }) => kind) };
  }

  /** Rows became visible. */
  change(table = "t"): void {
    this.visible++;
    this.hub.tableChanged(table);
  }
}

export const subscribe = (id: string, sql = "SELECT k, v FROM t", ms = 60_000) =>
  ({ kind: "subscribe", id, sql, range: { kind: "last", ms }, zone: "UTC" }) as const;
