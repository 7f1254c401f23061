/** Random rows, segmentations and fragments over the test table. */
import fc from "fast-check";
import { aggregateNamed } from "#schemas/aggregates/registry";
import type { AggregateCall, Expression, OrderKey } from "#schemas/plan/expression";
import type { Hop } from "#schemas/plan/plan";
import type { SqlType, Value } from "#schemas/types";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import { type Piece, table } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 5 });
const texts = fc.constantFrom("", "a", "ab", "b", "é", "日本", "z\u{1f600}", "B");
const quarter = fc.integer({ min: -40, max: 40 }).map((value) => value / 4 + 0);
const int64 = 2n ** 63n;

const sampleOf = {
  INT: fc.oneof(
    { weight: 8, arbitrary: fc.bigInt({ min: -5n, max: 9n }) },
    { weight: 1, arbitrary: fc.constantFrom(2n ** 31n - 1n, -(2n ** 31n)) },
  ),
  LONG: fc.oneof(
    { weight: 9, arbitrary: fc.bigInt({ min: -3n, max: 300n }) },
    { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }) },
  ),
  BOOLEAN: fc.boolean(),
  TIMESTAMP: fc.bigInt({ min: -20n, max: 200n }).map((value) => value * 900_000n),
  DOUBLE: fc.oneof({ weight: 9, arbitrary: quarter }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
  STRING: texts,
  BIG_DECIMAL: fc.constantFrom("0", "-1.5", "2.25", "10", "9.5", "100000000000000000000.1"),
} as const;

type TestType = keyof typeof sampleOf;

export const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  int: orNull(sampleOf.INT),
  long: orNull(sampleOf.LONG),
  flag: orNull(sampleOf.BOOLEAN),
  at: orNull(sampleOf.TIMESTAMP),
  price: orNull(sampleOf.DOUBLE),
  name: orNull(texts),
  raw: orNull(texts),
  amount: orNull(sampleOf.BIG_DECIMAL),
});

export const piecesArbitrary: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.record({
    rows: fc.integer({ min: 0, max: 14 }),
    sealed: fc.boolean(),
    chunkRows: fc.constantFrom(2, 3, 8),
  }),
  { minLength: 1, maxLength: 4 },
);

export const column = (name: string): Expression => {
  const found = table.columns.find((one) => one.name === name);
  if (found === undefined) return { kind: "column", type: "STRING", column: 99, name };
  return { kind: "column", type: found.type, column: found.id, name };
};
export const literal = (type: SqlType, value: Value): Expression => ({ kind: "literal", type, value });
export const call = (name: string, type: SqlType, ...args: readonly Expression[]): Expression => ({
  kind: "call",
  name,
  type,
  args,
});

const columnArbitrary = fc.constantFrom(...table.columns.map(({ name }) => column(name)), column("notThere"));
const literalFor = (type: SqlType) =>
  sampleOf[type as TestType].map((value): Expression => literal(type, value as Value));
const comparisons = [
  "equals",
  "notEquals",
  "lessThan",
  "lessThanOrEqual",
  "greaterThan",
  "greaterThanOrEqual",
];

const leaf: fc.Arbitrary<Expression> = columnArbitrary.chain((operand) =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...comparisons), literalFor(operand.type), fc.boolean())
      .map(([name, value, swapped]) =>
        swapped ? call(name, "BOOLEAN", value, operand) : call(name, "BOOLEAN", operand, value),
      ),
    fc
      .array(
        fc.oneof(
          { weight: 6, arbitrary: literalFor(operand.type) },
          { weight: 1, arbitrary: fc.constant(literal(operand.type, null)) },
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((values) => call("in", "BOOLEAN", operand, ...values)),
    fc.constantFrom("isNull", "isNotNull").map((name) => call(name, "BOOLEAN", operand)),
    fc
      .tuple(literalFor(operand.type), literalFor(operand.type))
      .map(([low, high]) => call("between", "BOOLEAN", operand, low, high)),
  ),
);

const special: fc.Arbitrary<Expression> = fc.constantFrom(
  column("flag"),
  literal("BOOLEAN", null),
  literal("BOOLEAN", true),
  call("like", "BOOLEAN", column("name"), literal("STRING", "a%"), literal("BOOLEAN", false)),
  call("like", "BOOLEAN", column("raw"), literal("STRING", "%b"), literal("BOOLEAN", false)),
  call("greaterThan", "BOOLEAN", call("plus", "LONG", column("int"), column("long")), literal("LONG", 4n)),
  call("lessThan", "BOOLEAN", call("cast", "DOUBLE", column("int")), literal("DOUBLE", 2.5)),
  call("greaterThanOrEqual", "BOOLEAN", call("cast", "DOUBLE", column("long")), literal("DOUBLE", 3.5)),
  call("equals", "BOOLEAN", column("name"), column("raw")),
);

export const filterArbitrary: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    special,
    fc
      .tuple(fc.constantFrom("and", "or"), tie("tree"), tie("tree"))
      .map(([name, left, right]) => call(name, "BOOLEAN", left, right)),
    tie("tree").map((inner) => call("not", "BOOLEAN", inner)),
  ),
})).tree;

const keyArbitrary: fc.Arbitrary<Expression> = fc.constantFrom(
  ...table.columns.map(({ name }) => column(name)),
  column("notThere"),
  call("dateTrunc", "TIMESTAMP", literal("STRING", "hour"), column("at")),
  call("dateTrunc", "TIMESTAMP", literal("STRING", "day"), column("at")),
  call("upper", "STRING", column("name")),
  call("upper", "STRING", column("raw")),
  call("mod", "LONG", column("int"), literal("INT", 3n)),
  call("plus", "DOUBLE", column("price"), literal("DOUBLE", 1)),
  literal("STRING", "constant"),
);

const argumentsFor = (name: string): readonly Expression[] => {
  const numbers = ["int", "long", "price"].map(column);
  if (["sum", "avg", "percentile"].includes(name)) {
    return [...numbers, call("plus", "LONG", column("int"), column("long"))];
  }
  if (name === "sumPrecision") return [...numbers.slice(0, 2), column("amount")];
  if (name === "minMaxRange") return numbers;
  if (name === "boolAnd") return [column("flag")];
  return [...table.columns.map((one) => column(one.name)), column("notThere")];
};

function bindCall(name: string, args: readonly Expression[], filter: Expression | null): AggregateCall {
  const aggregate = aggregateNamed(name)!;
  const bound = aggregate.bind(
    args.map((argument) =>
      argument.kind === "literal"
        ? { type: argument.type, literal: argument.value }
        : { type: argument.type },
    ),
  );
  return {
    name: bound.name,
    args: args.slice(0, bound.columns),
    parameters: bound.parameters,
    filter,
    type: bound.type,
  };
}

const aggregateArbitrary: fc.Arbitrary<AggregateCall> = fc
  .tuple(
    fc.constantFrom(
      "count",
      "sum",
      "avg",
      "min",
      "max",
      "distinctCount",
      "distinctCountHll",
      "percentile",
      "sumPrecision",
      "minMaxRange",
      "boolAnd",
      "lastWithTime",
      "firstWithTime",
    ),
    fc.option(filterArbitrary, { nil: null, freq: 3 }),
    fc.nat(),
    fc.constantFrom(0n, 25n, 50n, 99n, 100n),
  )
  .map(([name, filter, choice, percent]) => {
    if (name === "count" && choice % 3 === 0) return bindCall(name, [], filter);
    const possible = argumentsFor(name);
    const argument = possible[choice % possible.length];
    if (name === "percentile") return bindCall(name, [argument, literal("INT", percent)], filter);
    if (name.endsWith("WithTime")) return bindCall(name, [argument, column("at")], filter);
    return bindCall(name, [argument], filter);
  });

const windowStart: Expression = {
  kind: "column",
  type: "TIMESTAMP",
  column: -101,
  name: "window_start",
};
const windowEnd: Expression = { kind: "column", type: "TIMESTAMP", column: -102, name: "window_end" };

const hopArbitrary: fc.Arbitrary<Hop> = fc
  .tuple(fc.constantFrom(900_000n, 1_800_000n, 3_600_000n), fc.constantFrom(1n, 2n, 3n), fc.boolean())
  .map(([slideMs, times, odd]) => ({
    timeColumn: 4,
    slideMs,
    sizeMs: slideMs * times + (odd ? 600_000n : 0n),
    startColumn: -101,
    endColumn: -102,
  }));

export const aggregateFragment: fc.Arbitrary<AggregateFragment> = fc
  .record({
    filter: fc.option(filterArbitrary, { nil: null, freq: 3 }),
    hop: fc.option(hopArbitrary, { nil: null, freq: 2 }),
    keys: fc.array(keyArbitrary, { maxLength: 3 }),
    window: fc.constantFrom("start", "both", "used", "none"),
    aggregates: fc.array(aggregateArbitrary, { maxLength: 4 }),
  })
  .map(({ filter, hop, keys, window, aggregates }): AggregateFragment => {
    const windows =
      hop === null || window === "none"
        ? []
        : window === "start"
          ? [windowStart]
          : window === "both"
            ? [windowStart, windowEnd]
            : [call("dateTrunc", "TIMESTAMP", literal("STRING", "hour"), windowStart)];
    return {
      kind: "aggregate",
      table: table.name,
      filter,
      hop,
      keys: [...windows, ...keys],
      aggregates,
      top: null,
    };
  });

const orderArbitrary: fc.Arbitrary<OrderKey> = fc.record({
  expression: fc.oneof(
    columnArbitrary,
    fc.constant(call("plus", "LONG", column("int"), literal("LONG", 1n))),
  ),
  descending: fc.boolean(),
  nullsFirst: fc.boolean(),
});

export const rowsFragment: fc.Arbitrary<RowsFragment> = fc
  .record({
    filter: fc.option(filterArbitrary, { nil: null, freq: 3 }),
    hop: fc.option(hopArbitrary, { nil: null, freq: 8 }),
    project: fc.array(fc.oneof(columnArbitrary, fc.constant(call("upper", "STRING", column("name")))), {
      minLength: 1,
      maxLength: 4,
    }),
    order: fc.array(orderArbitrary, { maxLength: 2 }),
    rows: fc.constantFrom(0, 1, 3, 7, 1000, 0x7fff_ffff),
  })
  .map((parts): RowsFragment => ({ kind: "rows", table: table.name, ...parts }));

export const extremes = [int64 - 1n, -int64];
