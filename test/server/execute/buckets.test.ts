/** Steps of time functions over a range: whatever was guessed, every value has the function's own answer. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { type Steps, stepsOf } from "#server/execute/compile/buckets";
import { evaluate } from "#server/execute/functions/evaluate";

const context: EvaluateContext = { nowMs: 0, timeZone: "UTC" };
const ts: Expression = { kind: "column", type: "TIMESTAMP", column: 0, name: "ts" };
const text = (value: string): Expression => ({ kind: "literal", type: "STRING", value });

const truncation = (unit: string, zone: string): Expression => ({
  kind: "call",
  type: "TIMESTAMP",
  name: "dateTrunc",
  args: [text(unit), ts, text("MILLISECONDS"), text(zone)],
});

/** The slow way: each value by itself. */
function valuesOf(expression: Expression, values: readonly bigint[]): bigint[] {
  const column = BigInt64Array.from(values);
  const vector = {
    kind: "int",
    type: "TIMESTAMP",
    rows: values.length,
    values: column,
    nulls: null,
  } as const;
  const result = evaluate(expression, { rows: values.length, column: () => vector }, context);
  if (result.kind !== "int") throw new Error("a time is an int");
  return [...result.values];
}

function stepAt(steps: Steps, value: bigint): bigint {
  if (steps.kind === "equal") return steps.first + ((value - steps.origin) / steps.size) * steps.step;
  const after = steps.boundaries.findIndex((boundary) => boundary > value);
  return steps.values.at(after < 0 ? -1 : after - 1) as bigint;
}

const dayMs = 86_400_000n;
const zones = [
  "UTC",
  "+05:30",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "America/Havana",
];
const units = ["hour", "day", "week", "month", "quarter", "year"];

test("steps are the function's own, at random moments and on both sides of every boundary", () => {
  const ranges = fc.record({
    unit: fc.constantFrom(...units),
    zone: fc.constantFrom(...zones, "Asia/Tehran", "Africa/Casablanca"),
    min: fc.bigInt({ min: -20_000n * dayMs, max: 20_000n * dayMs }),
    span: fc.oneof(
      fc.bigInt({ min: 0n, max: 20n * dayMs }),
      fc.bigInt({ min: 300n * dayMs, max: 4000n * dayMs }),
    ),
    asked: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
  });
  fc.assert(
    fc.property(ranges, ({ unit, zone, min, span, asked }) => {
      const max = min + span;
      const expression = truncation(unit, zone);
      const steps = stepsOf(expression, "TIMESTAMP", { min, max }, { evaluate, context });
      if (steps === null) {
        expect(unit).toBe("hour");
        return;
      }
      const edges = steps.kind === "listed" ? [...steps.boundaries].flatMap((at) => [at - 1n, at]) : [];
      const random = asked.map((share) => min + BigInt(Math.floor(share * Number(span))));
      const probes = [min, max, ...random, ...edges.slice(1, 400)].filter((at) => at >= min && at <= max);
      expect(probes.map((value) => stepAt(steps, value))).toEqual(valuesOf(expression, probes));
      if (steps.kind === "listed") expect(new Set(steps.values).size).toBe(steps.values.length);
    }),
    { numRuns: 150 },
  );
});

test("decades of days and months in a zone with summer time are a list, found by few calls", () => {
  let calls = 0;
  const counted: typeof evaluate = (...args) => {
    calls++;
    return evaluate(...args);
  };
  const range = { min: 0n, max: 40n * 365n * dayMs };
  for (const [unit, count] of [
    ["day", 14_600],
    ["month", 480],
  ] as const) {
    calls = 0;
    const tools = { evaluate: counted, context };
    const steps = stepsOf(truncation(unit, "Europe/Berlin"), "TIMESTAMP", range, tools);
    expect(steps?.kind === "listed" && Math.abs(steps.boundaries.length - count)).toBeLessThan(3);
    expect(calls).toBeLessThan(6000);
  }
});
