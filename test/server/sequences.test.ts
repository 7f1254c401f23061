/**
 * Random sequences of statements, rows and definitions on one store: what was kept never shows. Every statement is asked
 * with what earlier ones left behind and without, and both answers are the same; statements differ from one another in
 * one thing only, so that a key which leaves that thing out gives a neighbour's answer.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Broker } from "#broker/broker";
import { brokerCatalog } from "#broker/query-door";
import { evaluate } from "#server/execute/functions/evaluate";
import { Life, range, record, stream } from "#test/server/life";
import { smallLimits } from "#test/setup/inline-server";
import { rowsText } from "#test/sql/rows-text";

const zones = ["UTC", "America/New_York", "Asia/Kolkata"];
const filters = ["", "WHERE id >= 3", "WHERE id >= 30", "WHERE text LIKE 't%'", "WHERE text LIKE '%3'"];
const aggregates = [
  ...["COUNT(*)", "SUM(id)", "COUNT(DISTINCT text)", "MIN(text)", "PERCENTILE(id, 50)", "PERCENTILE(id, 90)"],
  ...["id > 2", "id > 4", "text = 't1'", "text IN ('t0', 't2')", "text IN ('t1', 't3')", "HOUR(ts) = 5"].map(
    (filter) => `COUNT(*) FILTER (WHERE ${filter})`,
  ),
];
/** Neighbours have as many groups over as many ids: what they are computed into is of one shape. */
const keys = [
  ...["text", "text = 't1'", "text = 't2'", "text LIKE '%3'", "CONCAT(text, '<1>')", "CONCAT(text, '<2>')"],
  ...["DATETRUNC('day', ts)", "DATETRUNC('hour', ts)", "HOUR(ts)", "id % 3", "id % 4", "id > 20", "id > 21"],
];

interface Statement {
  readonly kind: "ask";
  readonly zone: string;
  readonly filter: string;
  readonly aggregate: string;
  readonly key: string;
  readonly nulls: boolean;
}
type Step =
  | Statement
  | { readonly kind: "push"; readonly rows: number }
  | { readonly kind: "seal" | "anew" | "maintain" };

const statement: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("ask"),
  zone: fc.constantFrom(...zones),
  filter: fc.constantFrom(...filters),
  aggregate: fc.constantFrom(...aggregates),
  key: fc.constantFrom(...keys),
  nulls: fc.boolean(),
});
const change: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("push" as const), rows: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constantFrom("seal" as const, "anew" as const, "maintain" as const) }),
);
const sequence = fc.array(fc.oneof({ weight: 5, arbitrary: statement }, { weight: 1, arbitrary: change }), {
  minLength: 12,
  maxLength: 40,
});

/** A row's time after the one before: minutes of every kind, so that zones cut rows into other hours and days. */
const stepMs = 17 * 60_000;
const firstMs = 1_700_000_000_000;

const sqlOf = ({ zone, filter, aggregate, key, nulls }: Statement): string =>
  `SET timeZone = '${zone}'; SET enableNullHandling = ${nulls};
   SELECT ${key} AS k, ${aggregate} FROM t ${filter} GROUP BY k ORDER BY k, 2 LIMIT 1000`;

class Store extends Life {
  pushed = 0;
  hits = 0;
  #broker: Broker | null = null;

  async open(): Promise<void> {
    await this.start();
    await this.create(record());
    this.#broker = new Broker({
      id: "Broker_test_8099",
      catalog: brokerCatalog(this.admin.definitions),
      servers: [this.server],
      evaluate,
      limits: smallLimits,
      clock: this.world.clock,
      log: () => undefined,
    });
  }

  async ask(sql: string, queryOptions: string): Promise<{ rows: readonly string[]; cached: number }> {
    const answer = await this.until(
      this.#broker!.ask({
        sql,
        queryOptions,
        dialect: "native",
        timeZone: "UTC",
        clientQueryId: null,
        client: "test",
        snapshot: null,
        signal: new AbortController().signal,
      }),
    );
    expect(answer.exceptions, sql).toEqual([]);
    return { rows: rowsText(answer), cached: answer.result?.scattered.stats.segmentsCached ?? 0 };
  }

  /** Rows of other texts and times each time, so that a table made anew has the old one's shape and other values. */
  async rows(count: number): Promise<void> {
    const from = this.pushed;
    this.pushed += count;
    await this.push(range(from, this.pushed), { ts: firstMs + from * stepMs, stepMs });
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "push":
        return await this.rows(step.rows);
      case "seal":
        return await this.seal();
      case "maintain":
        return await this.maintain();
      case "anew":
        await this.until(this.drop("t"));
        await this.until(this.create(record({ stream })));
        return await this.rows(7);
      case "ask": {
        const sql = sqlOf(step);
        const plain = await this.ask(sql, "useCache=false");
        const first = await this.ask(sql, "");
        const again = await this.ask(sql, "");
        expect(first.rows, sql).toEqual(plain.rows);
        expect(again.rows, sql).toEqual(plain.rows);
        expect(plain.cached).toBe(0);
        this.hits += again.cached;
      }
    }
  }
}

test("a sequence of statements, rows and definitions answers as if nothing were kept", async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      const store = new Store();
      await store.open();
      await store.rows(9);
      await store.seal();
      await store.rows(5);
      for (const step of steps) await store.take(step);
      hits += store.hits;
      await store.stop();
    }),
    { numRuns: 12 },
  );
  expect(hits, "something was kept").toBeGreaterThan(0);
}, 120_000);

const usual: Statement = {
  kind: "ask",
  zone: "UTC",
  filter: "",
  aggregate: "COUNT(*)",
  key: "text",
  nulls: true,
};

test("statements that differ in one thing alone, one after the other", async () => {
  const store = new Store();
  await store.open();
  await store.rows(90);
  await store.seal();
  await store.rows(6);
  for (const key of keys) await store.take({ ...usual, key });
  for (const key of keys.filter((one) => one.includes("ts")))
    for (const zone of zones) await store.take({ ...usual, key, zone });
  for (const filter of filters) await store.take({ ...usual, filter });
  for (const aggregate of aggregates)
    for (const zone of zones) await store.take({ ...usual, aggregate, zone });
  await store.stop();
}, 60_000);

test("one statement, again and again while its rows grow, are sealed, merged and replaced by as many", async () => {
  const store = new Store();
  await store.open();
  for (const sealed of [false, true])
    for (let again = 0; again < 3; again++) {
      await store.take({ kind: "anew" });
      if (sealed) await store.seal();
      await store.take(usual);
      await store.take({ kind: "push", rows: 3 });
      await store.take(usual);
      for (const kind of ["seal", "maintain"] as const) {
        await store.take({ kind });
        await store.take(usual);
      }
    }
  await store.stop();
}, 60_000);
