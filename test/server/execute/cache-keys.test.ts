/**
 * Each thing that a kept result's key says: questions that differ in that thing alone, asked of one store one after
 * the other, answer as if nothing were kept. They are chosen so that all else is the same (as many groups, as many
 * ids, tables of one length): a key without the thing gives the neighbour's answer.
 */
import { describe, expect, test } from "vitest";
import type { Expression } from "#schemas/plan/expression";
import type { ExecuteOptions } from "#schemas/plan/server-client";
import type { AggregateFragment } from "#server/execute/task";
import type { SegmentReader } from "#server/segment/reader";
import { call, column, literal } from "#test/server/execute/arbitrary";
import { buildStore, type Store, usualOptions } from "#test/server/execute/store";

const minute = 60_000n;
/** Names come unequally often; times are 17 minutes apart, so that zones cut them into other days and hours. */
const rows = Array.from({ length: 60 }, (_, index) => ({
  int: BigInt(index % 7),
  long: index < 40 ? BigInt(index) : 2n ** 62n + BigInt(index),
  price: index / 8,
  name: `t${Math.floor(Math.sqrt(index % 16))}`,
  raw: `r${Math.floor(Math.sqrt(index % 25))}`,
  at: 1_700_000_000_000n + BigInt(index) * 17n * minute,
}));
const sealedPieces = [0, 1, 2].map(() => ({ rows: 20, sealed: true, chunkRows: 4 }));

interface Question {
  readonly fragment: AggregateFragment;
  readonly options: Partial<ExecuteOptions>;
  /** Which of the store's readers. */
  readonly readers: readonly number[];
}

const count: AggregateFragment = {
  kind: "aggregate",
  table: "things",
  filter: null,
  hop: null,
  keys: [],
  aggregates: [{ name: "count", args: [], parameters: [], filter: null, type: "LONG" }],
  top: null,
};
const about = (fragment: Partial<AggregateFragment>, more: Partial<Question> = {}): Question => ({
  fragment: { ...count, ...fragment },
  options: {},
  readers: [0, 1, 2],
  ...more,
});

const is = (name: string, value: string): Expression =>
  call("equals", "BOOLEAN", column(name), literal("STRING", value));
const like = (name: string, pattern: string): Expression =>
  call("like", "BOOLEAN", column(name), literal("STRING", pattern), literal("BOOLEAN", false));
const concat = (suffix: string): Expression =>
  call("concat", "STRING", column("name"), literal("STRING", suffix));
const above = (bound: bigint): Expression =>
  call("greaterThan", "BOOLEAN", column("int"), literal("INT", bound));
const truncated = (unit: string): Expression =>
  call("dateTrunc", "TIMESTAMP", literal("STRING", unit), column("at"));
const sum = (name: string, filter: Expression | null = null): AggregateFragment["aggregates"][number] => ({
  name: "sum",
  args: [column(name)],
  parameters: [],
  filter,
  type: "DOUBLE",
});
const percentile = (rank: number): AggregateFragment["aggregates"][number] => ({
  name: "percentile",
  args: [column("price")],
  parameters: [rank],
  filter: null,
  type: "DOUBLE",
});
const counted = (filter: Expression): Question => about({ aggregates: [{ ...count.aggregates[0], filter }] });
const windowStart: Expression = { kind: "column", type: "TIMESTAMP", column: -101, name: "window_start" };
const windows = (slideMs: bigint, sizeMs: bigint): Partial<AggregateFragment> => ({
  hop: { timeColumn: 4, slideMs, sizeMs, startColumn: -101, endColumn: -102 },
  keys: [windowStart],
});
const zoned = (fragment: Partial<AggregateFragment>): Question[] =>
  ["UTC", "Asia/Kolkata", "America/New_York"].map((timeZone) => about(fragment, { options: { timeZone } }));

const apart: Readonly<Record<string, readonly Question[]>> = {
  "the FILTER of an aggregate over a dictionary": [is("name", "t1"), is("name", "t2")].map(counted),
  "the FILTER's pattern": [like("name", "%1"), like("name", "%2")].map(counted),
  "the FILTER's pattern over raw texts": [like("raw", "%1"), like("raw", "%2")].map(counted),
  "the FILTER's number": [above(1n), above(4n)].map(counted),
  "the FILTER of a sum": [is("name", "t1"), is("name", "t3")].map((filter) =>
    about({ aggregates: [sum("price", filter)] }),
  ),
  "the FILTER's texts": [
    ["t0", "t2"],
    ["t1", "t3"],
  ].map((texts) =>
    counted(call("in", "BOOLEAN", column("name"), ...texts.map((text) => literal("STRING", text)))),
  ),
  "what is counted of a dictionary": ["t1", "t2"].map((text) =>
    about({
      keys: [column("raw")],
      aggregates: [{ ...count.aggregates[0], name: "distinctCount", args: [is("name", text)] }],
    }),
  ),
  "how wide the sum is that other segments ask for": [[0], [0, 2], [0, 1]].map((readers) =>
    about({ aggregates: [{ ...sum("long"), type: "LONG" }] }, { readers }),
  ),
  "the size of windows": [1n, 2n].map((times) => about(windows(minute * 60n, minute * 60n * times))),
  "the slide of windows": [1n, 2n].map((times) => about(windows(minute * 60n * times, minute * 120n))),
  "the slide of windows whose bounds are summed": [1n, 2n].map((times) =>
    about({
      ...windows(minute * 60n * times, minute * 60n * times),
      keys: [],
      aggregates: [{ ...sum("long"), args: [call("cast", "DOUBLE", windowStart)] }],
    }),
  ),
  "how many groups are wanted": [1, 2].map((rows) =>
    about({ keys: [column("name")], top: { order: [], rows } }),
  ),
  "the aggregate": [about({ aggregates: [sum("price")] }), about({ aggregates: [sum("int")] })],
  "the aggregate's parameter": [50, 90].map((rank) => about({ aggregates: [percentile(rank)] })),
  "keys that number a dictionary's entries": [is("name", "t1"), is("name", "t2")].map((key) =>
    about({ keys: [key] }),
  ),
  "keys that number an integer's values": [1n, 4n].map((bound) => about({ keys: [above(bound)] })),
  "keys that name their groups otherwise": ["<1>", "<2>"].map((suffix) => about({ keys: [concat(suffix)] })),
  "the order of keys": [
    about({ keys: [column("name"), column("raw")] }),
    about({ keys: [column("raw"), column("name")] }),
  ],
  "the zone of a day": zoned({ keys: [truncated("day")] }),
  "the zone of an hour of the day": zoned({ keys: [call("hour", "INT", column("at"))] }),
  "the zone of a FILTER": zoned({
    aggregates: [
      sum("price", call("equals", "BOOLEAN", call("hour", "INT", column("at")), literal("INT", 4n))),
    ],
  }),
  "the filter over a dictionary": [is("name", "t1"), is("name", "t2")].map((filter) => about({ filter })),
  "the filter's pattern": [like("raw", "%1"), like("raw", "%2")].map((filter) => about({ filter })),
  "the segments": [[0], [1], [2], [0, 1], [1, 2]].map((readers) =>
    about({ keys: [column("name")] }, { readers }),
  ),
  "whether others' groups come beside": [true, false].map((sole) =>
    about({ keys: [column("name")], top: { order: [], rows: 2 } }, { options: { sole } }),
  ),
  "whether others' distinct values come beside": [true, false].map((sole) =>
    about(
      { aggregates: [{ ...count.aggregates[0], name: "distinctCount", args: [column("raw")] }] },
      { options: { sole } },
    ),
  ),
};

const ask = (store: Store, { fragment, options, readers }: Question, useCache: boolean) =>
  store.executor.execute(
    readers.map((at): SegmentReader => store.readers[at]),
    fragment,
    { ...usualOptions, ...options, useCache },
    new AbortController().signal,
  );

describe.each(Object.entries(apart))("a key says %s", (_, questions) => {
  test.each([
    ["as written", questions],
    ["the other way round", questions.toReversed()],
  ])("%s", async (_, list) => {
    const store = buildStore(rows, sealedPieces);
    const answers: unknown[] = [];
    for (const question of list) {
      const { partial } = await ask(store, question, false);
      expect((await ask(store, question, true)).partial).toEqual(partial);
      const again = await ask(store, question, true);
      expect(again.partial).toEqual(partial);
      expect(again.stats.segmentsCached, "it was kept").toBe(question.readers.length);
      answers.push(partial);
    }
    for (const answer of answers.slice(1)) expect(answer, "the question tells").not.toEqual(answers[0]);
    store.close();
  });
});
