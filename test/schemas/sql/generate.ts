/** Random syntax trees, as the parser makes them: for round trips of print and parse. */
import fc from "fast-check";
import type { FromItem, OrderItem, Select, SelectItem, SqlExpression, Statement } from "#schemas/sql/ast";

const span = { start: 0, end: 0 };
const plainName = fc.constantFrom(
  "a",
  "b",
  "Price",
  "month",
  "order",
  "two words",
  'q"uote',
  "select",
  "żółw",
  "$offset",
  "count",
);
const textValue = fc.oneof(fc.constantFrom("", "it's", "%a_", "--", "/*"), fc.string({ maxLength: 6 }));
const unit = fc.constantFrom("minute", "hour", "day", "months");

const leaf: fc.Arbitrary<SqlExpression> = fc.oneof(
  fc
    .array(plainName, { minLength: 1, maxLength: 2 })
    .map((parts): SqlExpression => ({ kind: "name", parts, span })),
  fc.nat().map((value): SqlExpression => ({ kind: "integer", text: String(value), span })),
  fc
    .constantFrom("1.5", ".5", "2.", "1e10", "3.25E-2")
    .map((text): SqlExpression => ({ kind: "decimal", text, span })),
  textValue.map((value): SqlExpression => ({ kind: "text", value, span })),
  fc.boolean().map((value): SqlExpression => ({ kind: "boolean", value, span })),
  fc.constant<SqlExpression>({ kind: "null", span }),
  fc.constantFrom("", "00ff").map((hex): SqlExpression => ({ kind: "bytes", hex, span })),
  fc
    .constantFrom("timestamp", "date")
    .map((type): SqlExpression => ({ kind: "time", type: type as "date", value: "2026-01-01", span })),
  fc.option(unit).map((one): SqlExpression => ({ kind: "interval", value: "5", unit: one, span })),
);

/** Expressions nested `depth` deep at most. */
export const expressionOf = (depth: number): fc.Arbitrary<SqlExpression> =>
  depth === 0
    ? leaf
    : fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 3, arbitrary: nested(expressionOf(depth - 1)) });

function predicates(inner: fc.Arbitrary<SqlExpression>): readonly fc.Arbitrary<SqlExpression>[] {
  const flag = fc.boolean();
  return [
    fc
      .record({ operand: inner, low: inner, high: inner, negated: flag })
      .map((node) => ({ kind: "between", ...node, span })),
    fc
      .record({ operand: inner, list: fc.array(inner, { minLength: 1, maxLength: 3 }), negated: flag })
      .map((node) => ({ kind: "in", ...node, span })),
    fc
      .record({ operand: inner, pattern: inner, escape: fc.option(inner), ignoreCase: flag, negated: flag })
      .map((node) => ({ kind: "like", ...node, span })),
    fc.record({ operand: inner, negated: flag }).map((node) => ({ kind: "isNull", ...node, span })),
    fc
      .record({ operand: inner, value: flag, negated: flag })
      .map((node) => ({ kind: "isTruth", ...node, span })),
    fc
      .record({ left: inner, right: inner, negated: flag })
      .map((node) => ({ kind: "isDistinct", ...node, span })),
  ];
}

function operators(inner: fc.Arbitrary<SqlExpression>): readonly fc.Arbitrary<SqlExpression>[] {
  const comparison = fc.constantFrom("=", "<>", "<", "<=", ">", ">=");
  const arithmetic = fc.constantFrom("+", "-", "*", "/", "%", "||");
  const logical = fc.constantFrom("and", "or");
  return [
    inner.map((operand) => ({ kind: "negate", operand, span })),
    inner.map((operand) => ({ kind: "not", operand, span })),
    fc
      .record({ operator: comparison, left: inner, right: inner })
      .map((node) => ({ kind: "comparison", ...node, span }) as SqlExpression),
    fc
      .record({ operator: arithmetic, left: inner, right: inner })
      .map((node) => ({ kind: "arithmetic", ...node, span }) as SqlExpression),
    fc
      .record({ operator: logical, operands: fc.array(inner, { minLength: 2, maxLength: 4 }) })
      .map((node) => ({ kind: "logical", ...node, span }) as SqlExpression),
    fc.record({ operand: inner, zone: inner }).map((node) => ({ kind: "atTimeZone", ...node, span })),
  ];
}

const nested = (inner: fc.Arbitrary<SqlExpression>): fc.Arbitrary<SqlExpression> =>
  fc.oneof(
    ...predicates(inner),
    ...operators(inner),
    fc
      .record({
        operand: fc.option(inner),
        branches: fc.array(fc.record({ when: inner, result: inner }), { minLength: 1, maxLength: 2 }),
        otherwise: fc.option(inner),
      })
      .map((node): SqlExpression => ({ kind: "case", ...node, span })),
    inner.map((operand): SqlExpression => ({ kind: "cast", operand, type: "VARCHAR", typeSpan: span, span })),
    fc
      .record({ unit, operand: inner })
      .map((node): SqlExpression => ({ kind: "extract", unitSpan: span, ...node, span })),
    fc
      .record({
        name: fc.constantFrom("sum", "DATE_TRUNC", "left", "replace"),
        args: fc.array(inner, { minLength: 1, maxLength: 3 }),
        distinct: fc.boolean(),
        filter: fc.option(inner),
      })
      .map((node): SqlExpression => ({ kind: "call", nameSpan: span, ...node, span })),
  );

const expression = expressionOf(3);
const alias = fc.option(plainName);
const item: fc.Arbitrary<SelectItem> = fc.record({ expression, alias, span: fc.constant(span) });
const star: fc.Arbitrary<SelectItem> = fc
  .option(plainName)
  .map((qualifier) => ({ expression: { kind: "star", qualifier, span }, alias: null, span }));
const order: fc.Arbitrary<OrderItem> = fc.record({
  expression,
  descending: fc.boolean(),
  nullsFirst: fc.option(fc.boolean()),
  span: fc.constant(span),
});
const table: fc.Arbitrary<FromItem> = fc
  .record({ parts: fc.array(plainName, { minLength: 1, maxLength: 2 }), alias })
  .map((from) => ({ kind: "table", ...from, span }));

const select: fc.Arbitrary<Select> = fc.record({
  distinct: fc.boolean(),
  items: fc.array(fc.oneof(item, star), { minLength: 1, maxLength: 3 }),
  from: fc.option(table),
  where: fc.option(expression),
  groupBy: fc.array(expression, { maxLength: 2 }),
  having: fc.option(expression),
  orderBy: fc.array(order, { maxLength: 2 }),
  limit: fc.option(fc.nat()),
  offset: fc.nat({ max: 9 }),
  span: fc.constant(span),
});
const setting = fc.record({
  name: fc.constantFrom("timeoutMs", "useCache"),
  value: textValue,
  span: fc.constant(span),
});

/** Whole statements. */
export const statement: fc.Arbitrary<Statement> = fc.record({
  explain: fc.boolean(),
  settings: fc.array(setting, { maxLength: 2 }),
  options: fc.array(setting, { maxLength: 2 }),
  select,
  span: fc.constant(span),
});

/** The tree without spans, chains of AND and OR flattened as the parser has them. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !key.toLowerCase().endsWith("span"));
  return Object.fromEntries(entries.map(([key, inner]) => [key, bare(inner)]));
}
