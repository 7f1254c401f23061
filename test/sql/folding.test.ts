/**
 * What is computed while planning equals what is computed over rows, to the bit: random expressions over odd values,
 * as literals folded, as literals not folded, and as columns of stores that scan with kernels.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "#broker/broker";
import { valueAt } from "#broker/vectors";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import type { Value } from "#schemas/types";
import { storeConfigs, TestBroker } from "#test/sql/store";

/** Each odd value: a column of that name holds it, and this literal is it. */
const doubles: Readonly<Record<string, string>> = {
  d0: "-0.0",
  d1: "NaN",
  d2: "Infinity",
  d3: "-Infinity",
  d4: "1.7976931348623157e308",
  d5: "5e-324",
  d6: "-2.5",
  d7: "9007199254740993",
};
const longs: Readonly<Record<string, string>> = {
  l0: "9223372036854775807",
  l1: "-9223372036854775808",
  l2: "0",
  l3: "-1",
  l4: "3",
  l5: "9007199254740993",
};
const floats: Readonly<Record<string, string>> = {
  f0: "0.1",
  f1: "-0.0",
  f2: "3.4028235e38",
  f3: "16777217",
};
const decimals: Readonly<Record<string, string>> = { m0: "0.1", m1: "-99999999999999999999.5", m2: "0" };
const times: Readonly<Record<string, string>> = { t0: "2026-03-29 00:30:00", t1: "1969-12-31 23:59:59.999" };

const table = defineTable(
  {
    schemaName: "w",
    dimensionFieldSpecs: [],
    metricFieldSpecs: [
      ...Object.keys(doubles).map((name) => ({ name, dataType: "DOUBLE" as const })),
      ...Object.keys(longs).map((name) => ({ name, dataType: "LONG" as const })),
      ...Object.keys(floats).map((name) => ({ name, dataType: "FLOAT" as const })),
      ...Object.keys(decimals).map((name) => ({ name, dataType: "BIG_DECIMAL" as const })),
    ],
    dateTimeFieldSpecs: Object.keys(times).map((name) => ({
      name,
      dataType: "TIMESTAMP" as const,
      format: "TIMESTAMP",
      granularity: "1:MILLISECONDS",
    })),
  },
  null,
  { previous: null, nowMs: 0, limits },
).table;

const row: Record<string, Value> = {};
for (const [name, text] of Object.entries(doubles)) row[name] = Number(text) + 0;
for (const [name, text] of Object.entries(longs)) row[name] = BigInt(text);
for (const [name, text] of Object.entries(floats)) row[name] = Math.fround(Number(text)) + 0;
for (const [name, text] of Object.entries(decimals)) row[name] = text;
for (const [name, text] of Object.entries(times))
  row[name] = BigInt(Date.parse(`${text.replace(" ", "T")}Z`));

const typeOf = { d: "DOUBLE", l: "LONG", f: "FLOAT", m: "DECIMAL", t: "TIMESTAMP" } as const;
const everything = { ...doubles, ...longs, ...floats, ...decimals, ...times };
/** The expression with each column as the literal that it holds. */
const literally = (sql: string): string =>
  sql.replace(/\b([dlfmt])(\d)\b/g, (name, kind: keyof typeof typeOf) =>
    kind === "t" ? `TIMESTAMP '${everything[name]}'` : `CAST('${everything[name]}' AS ${typeOf[kind]})`,
  );

type Text = fc.Arbitrary<string>;
const of = (values: object): Text => fc.constantFrom(...Object.keys(values));
const call = (name: string, ...args: readonly Text[]): Text =>
  fc.tuple(...args).map((texts) => `${name}(${texts.join(", ")})`);

const { number } = fc.letrec<{ number: string; truth: string }>((tie) => {
  const inner = tie("number");
  const leaf = fc.oneof(of(doubles), of(longs), of(floats), of(decimals));
  const infix = (operators: Text): Text =>
    fc.tuple(inner, operators, inner).map(([a, operator, b]) => `(${a} ${operator} ${b})`);
  const whole = fc.oneof(
    of(longs),
    call("timestampDiff", fc.constantFrom("'DAY'", "'HOUR'"), of(times), of(times)),
  );
  return {
    truth: fc.oneof(
      infix(fc.constantFrom("=", "<>", "<", "<=", ">", ">=")),
      inner.map((value) => `${value} IS NULL`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `${a} IN (${b}, ${c})`),
    ),
    number: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      leaf,
      infix(fc.constantFrom("+", "-", "*", "/", "%")),
      fc
        .tuple(
          fc.constantFrom("abs", "ceil", "floor", "round", "truncate", "sign", "sqrt", "exp", "-"),
          inner,
        )
        .map(([name, value]) => `${name}(${value})`),
      call("round", inner, fc.constantFrom("2", "-2", "0", "20", "l4")),
      call("least", inner, inner),
      call("greatest", inner, inner),
      call("coalesce", inner, inner),
      call("nullif", inner, inner),
      fc.tuple(tie("truth"), inner, inner).map(([when, a, b]) => `CASE WHEN ${when} THEN ${a} ELSE ${b} END`),
      fc
        .tuple(inner, fc.constantFrom("INT", "LONG", "FLOAT", "DOUBLE", "DECIMAL"))
        .map(([value, type]) => `CAST(${value} AS ${type})`),
      whole,
    ),
  };
});

const shown = fc.oneof(
  number,
  number.map((value) => `CAST(${value} AS STRING)`),
  of(times).map((time) => `CAST(${time} AS DATE)`),
  fc
    .tuple(of(times), fc.constantFrom("DAY", "MONTH", "HOUR"))
    .map(([time, unit]) => `${time} + INTERVAL '1' ${unit}`),
);

/** The bits of a value, or the error's code. */
function bitsOf(answer: Answer): string {
  const [fault] = answer.exceptions;
  if (fault !== undefined) return String(fault.code);
  const value = valueAt(answer.result!.batch.columns[0], 0);
  const type = answer.result!.columns[0].type;
  if (typeof value !== "number") return `${type} ${value}`;
  return `${type} ${Object.is(value, -0) ? "-0" : value}`;
}

describe.each(storeConfigs.filter(({ name }) => /^(one-mutable|one-sealed|twins|model)/.test(name)))(
  "folded and computed on $name",
  (config) => {
    let store: TestBroker;
    beforeAll(async () => {
      store = await TestBroker.open({ ...config, queryOptions: "" });
      await store.put({ table, rows: [row] });
    });
    afterAll(async () => {
      await store.close();
    });

    it("are the same", async () => {
      const ask = async (sql: string) => bitsOf(await store.ask(sql, { dialect: "native" }));
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(shown, fc.constantFrom("UTC", "Europe/Berlin"), async (expression, zone) => {
          const settings = `SET timeZone = '${zone}'; `;
          const over = (text: string) => `SELECT ${text} AS x FROM w`;
          // TIMESTAMP literals are what the zone's clock shows: the columns hold what UTC's shows.
          const literals =
            zone === "UTC"
              ? literally(expression)
              : literally(expression).replaceAll("TIMESTAMP '", "TIMESTAMP 'Z");
          const written = literals.replace(/TIMESTAMP 'Z([^']*)'/g, "TIMESTAMP '$1Z'");
          const folded = await ask(settings + over(written));
          const computed = await ask(`${settings}SET rewritesOff = 'foldConstants'; ${over(written)}`);
          // A decimal yields to doubles as a literal, not as a column; a literal whose cast fails is told at once.
          const isTyped = folded === "SQL_TYPE" || /\bm\d|DECIMAL/.test(expression);
          const columns = isTyped ? folded : await ask(settings + over(expression));
          expect([computed, columns], written).toEqual([folded, folded]);
          expect(folded).not.toBe("DOUBLE -0");
          if (!/^[A-Z_]+$/.test(folded)) answered++;
        }),
        { numRuns: 150 },
      );
      expect(answered).toBeGreaterThan(75);
    }, 120_000);
  },
);
