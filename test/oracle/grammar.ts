/** Random queries over the oracle's table, typed, in the SQL that DuckDB and our native dialect share. */
import fc from "fast-check";

type Text = fc.Arbitrary<string>;

const textLiteral = fc.constantFrom(
  "'a'",
  "'b'",
  "'B'",
  "''",
  "'żółw'",
  "'zz'",
  "'it''s'",
  "'😀'",
  "'\ue000'",
);
const wholeLiteral = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom("2147483648", "-9007199254740993"),
);
const realLiteral = fc.constantFrom("0.5e0", "-1.25e0", "3e0", "1e10", "-0.001e0", "100.75e0");
/** Without an exponent: DECIMAL there, which takes FLOAT's side beside one, as any literal does here. */
const floatLiteral = fc.constantFrom("0.1", "-2.5", "0.75", "3.3", "12.125", "'0.1'");
const dateLiteral = fc.constantFrom(
  "DATE '2026-01-15'",
  "DATE '2026-01-01'",
  "DATE '1969-12-31'",
  "DATE '2026-02-28'",
);
const dateText = fc.constantFrom("'2026-01-15'", "'2026-02-01'", "'1969-12-31'");
const timeLiteral = fc.constantFrom(
  "TIMESTAMP '2026-01-01 00:00:00'",
  "TIMESTAMP '2026-01-15 12:30:00'",
  "TIMESTAMP '1969-12-31 23:59:59'",
  "TIMESTAMP '2026-02-01 00:00:00.5'",
);
const comparison = fc.constantFrom("=", "<>", "<", "<=", ">", ">=");

const infix = (left: Text, operator: Text, right: Text): Text =>
  fc.tuple(left, operator, right).map(([a, between, b]) => `(${a} ${between} ${b})`);
const call = (name: string, ...args: readonly Text[]): Text =>
  fc.tuple(...args).map((texts) => `${name}(${texts.join(", ")})`);
const chosen = (condition: Text, value: Text): Text =>
  fc
    .tuple(condition, value, fc.option(value))
    .map(
      ([when, then, other]) => `CASE WHEN ${when} THEN ${then}${other === null ? "" : ` ELSE ${other}`} END`,
    );

interface Kinds {
  readonly text: Text;
  readonly whole: Text;
  readonly real: Text;
  readonly time: Text;
  readonly date: Text;
  readonly truth: Text;
}

const columns: Kinds = {
  text: fc.constantFrom("s", "u"),
  whole: fc.constantFrom("k", "i", "l"),
  real: fc.constantFrom("r", "f"),
  time: fc.constant("t"),
  date: fc.constantFrom("CAST(t AS DATE)", "CAST(t + INTERVAL '20' HOUR AS DATE)"),
  truth: fc.constant("b"),
};

const leaves: Kinds = {
  text: fc.oneof({ weight: 3, arbitrary: columns.text }, textLiteral),
  whole: fc.oneof({ weight: 3, arbitrary: columns.whole }, wholeLiteral),
  real: fc.oneof({ weight: 2, arbitrary: columns.real }, realLiteral),
  time: fc.oneof({ weight: 2, arbitrary: columns.time }, timeLiteral),
  date: fc.oneof({ weight: 2, arbitrary: columns.date }, dateLiteral),
  truth: fc.oneof({ weight: 2, arbitrary: columns.truth }, fc.constantFrom("TRUE", "FALSE")),
};

function truths(inner: Kinds): readonly Text[] {
  const compared = (kind: Text) => infix(kind, comparison, kind);
  const member = (kind: Text, literal: Text) =>
    fc
      .tuple(
        kind,
        fc.constantFrom("IN", "NOT IN"),
        fc.array(fc.oneof(literal, fc.constant("NULL")), { minLength: 1, maxLength: 4 }),
      )
      .map(([value, word, list]) => `(${value} ${word} (${list.join(", ")}))`);
  const between = (kind: Text, literal: Text) =>
    fc
      .tuple(kind, fc.constantFrom("BETWEEN", "NOT BETWEEN"), literal, literal)
      .map(([value, word, low, high]) => `(${value} ${word} ${low} AND ${high})`);
  const pattern = fc.constantFrom("'a%'", "'%b'", "'_'", "'%ó%'", "'%'", "'a_%'", "''");
  const any = fc.oneof(inner.text, inner.whole, inner.real, inner.time, inner.date, inner.truth);
  return [
    compared(inner.text),
    compared(inner.whole),
    compared(inner.real),
    compared(inner.time),
    compared(inner.date),
    infix(inner.date, comparison, dateText),
    infix(inner.date, comparison, inner.time),
    member(columns.date, fc.oneof(dateLiteral, dateText)),
    between(columns.date, dateLiteral),
    infix(fc.constant("f"), comparison, floatLiteral),
    member(fc.constant("f"), floatLiteral),
    between(fc.constant("f"), floatLiteral),
    infix(inner.whole, comparison, inner.real),
    member(columns.text, textLiteral),
    member(columns.whole, wholeLiteral),
    between(columns.whole, wholeLiteral),
    between(columns.time, timeLiteral),
    between(columns.real, realLiteral),
    fc
      .tuple(inner.text, fc.constantFrom("LIKE", "ILIKE", "NOT LIKE"), pattern)
      .map((parts) => `(${parts.join(" ")})`),
    fc.tuple(any, fc.constantFrom("IS NULL", "IS NOT NULL")).map((parts) => `(${parts.join(" ")})`),
    fc.tuple(inner.text, inner.text).map(([a, b]) => `(${a} IS NOT DISTINCT FROM ${b})`),
    inner.truth.map((truth) => `(NOT ${truth})`),
    fc
      .tuple(inner.truth, fc.constantFrom("IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"))
      .map((parts) => `(${parts.join(" ")})`),
    between(columns.text, textLiteral),
    member(columns.time, timeLiteral),
    infix(inner.truth, fc.constantFrom("AND", "OR"), inner.truth),
  ];
}

function kindsOf(depth: number): Kinds {
  if (depth === 0) return leaves;
  const inner = kindsOf(depth - 1);
  const unit = fc.constantFrom("'hour'", "'day'", "'month'", "'week'", "'year'");
  const field = fc.constantFrom("YEAR", "MONTH", "DAY", "HOUR", "MINUTE");
  const small = columns.whole.map((column) => (column === "l" ? "i" : column));
  return {
    text: fc.oneof(
      leaves.text,
      call("upper", inner.text),
      call("lower", inner.text),
      infix(inner.text, fc.constant("||"), inner.text),
      call("coalesce", inner.text, inner.text),
      call("nullif", inner.text, inner.text),
      chosen(inner.truth, inner.text),
    ),
    whole: fc.oneof(
      leaves.whole,
      infix(small, fc.constantFrom("+", "-", "*"), fc.integer({ min: -9, max: 9 }).map(String)),
      infix(small, fc.constant("%"), fc.integer({ min: 2, max: 9 }).map(String)),
      call("length", inner.text),
      call("coalesce", inner.whole, inner.whole),
      fc.tuple(field, inner.time).map(([one, time]) => `EXTRACT(${one} FROM ${time})`),
      fc
        .tuple(fc.constantFrom("YEAR", "MONTH", "DAY", "QUARTER", "ISODOW", "DOY"), inner.date)
        .map(([one, date]) => `EXTRACT(${one} FROM ${date})`),
      infix(inner.date, fc.constant("-"), inner.date),
      chosen(inner.truth, inner.whole),
    ),
    real: fc.oneof(
      leaves.real,
      infix(inner.real, fc.constantFrom("+", "-", "*"), realLiteral),
      infix(small, fc.constant("/"), fc.integer({ min: 2, max: 9 }).map(String)),
      call("abs", inner.real),
      call("floor", inner.real),
      call("coalesce", inner.real, inner.real),
      chosen(inner.truth, inner.real),
    ),
    time: fc.oneof(
      leaves.time,
      fc
        .tuple(
          inner.time,
          fc.constantFrom("+ INTERVAL '90' MINUTE", "- INTERVAL '1' DAY", "+ INTERVAL '1' MONTH"),
        )
        .map((parts) => `(${parts.join(" ")})`),
      call("date_trunc", unit, inner.time),
      call("coalesce", inner.time, inner.time),
    ),
    date: fc.oneof(
      leaves.date,
      infix(inner.date, fc.constantFrom("+", "-"), fc.integer({ min: 0, max: 40 }).map(String)),
      fc
        .tuple(
          inner.date,
          fc.constantFrom("+ INTERVAL '1' MONTH", "- INTERVAL '3' DAY", "+ INTERVAL '1' YEAR"),
        )
        .map(([date, shift]) => `CAST((${date} ${shift}) AS DATE)`),
      call("coalesce", inner.date, inner.date),
      chosen(inner.truth, inner.date),
    ),
    truth: fc.oneof(leaves.truth, ...truths(inner)),
  };
}

const kinds = kindsOf(2);
const anyKind = fc.oneof(kinds.text, kinds.whole, kinds.real, kinds.time, kinds.date, kinds.truth);

const where = fc.option(kinds.truth).map((condition) => (condition === null ? "" : ` WHERE ${condition}`));
const direction = fc.constantFrom("ASC NULLS FIRST", "ASC NULLS LAST", "DESC NULLS FIRST", "DESC NULLS LAST");

/** A total order over `count` columns, and perhaps LIMIT and OFFSET; or nothing. */
const ordering = (count: number): Text =>
  fc
    .tuple(
      fc.array(direction, { minLength: count, maxLength: count }),
      fc.option(fc.nat({ max: 20 })),
      fc.nat({ max: 4 }),
    )
    .map(([directions, limit, offset]) => {
      const keys = directions.map((one, index) => `${index + 1} ${one}`);
      return ` ORDER BY ${keys.join(", ")}${limit === null ? "" : ` LIMIT ${limit} OFFSET ${offset}`}`;
    });

/** A random query, and whether its rows are ordered. */
export interface OracleQuery {
  readonly sql: string;
  readonly ordered: boolean;
}

const finished = (select: Text, count: number): fc.Arbitrary<OracleQuery> =>
  fc
    .tuple(select, fc.option(ordering(count)))
    .map(([sql, order]) => ({ sql: sql + (order ?? ""), ordered: order !== null }));

const rowsQuery = fc.array(anyKind, { minLength: 1, maxLength: 4 }).chain((items) =>
  finished(
    fc.tuple(fc.constantFrom("", "DISTINCT "), where).map(([distinct, filter]) => {
      const list = items.map((item, index) => `${item} AS c${index}`).join(", ");
      return `SELECT ${distinct}${list} FROM o${filter}`;
    }),
    items.length,
  ),
);

const aggregate: Text = fc
  .tuple(
    fc.oneof(
      fc.constant("count(*)"),
      call("count", anyKind),
      call("sum", kinds.real),
      call("sum", fc.constantFrom("i", "k", "i * 2", "length(s)")),
      call("avg", fc.constantFrom("i", "k", "r", "i + 1")),
      call("min", fc.oneof(kinds.text, kinds.whole, kinds.time, kinds.date)),
      call("max", fc.oneof(kinds.text, kinds.whole, kinds.time, kinds.date, columns.real)),
      fc.oneof(columns.text, columns.whole, columns.time).map((column) => `count(DISTINCT ${column})`),
      fc.oneof(kinds.text, kinds.time, kinds.date).map((value) => `count(DISTINCT ${value})`),
    ),
    fc.option(kinds.truth),
  )
  .map(([text, filter]) => (filter === null ? text : `${text} FILTER (WHERE ${filter})`));

/** Conditions over aggregates whose answer does not hang on a sum's last digit. */
const having: Text = fc
  .tuple(
    fc.constantFrom("count(*)", "count(s)", "min(i)", "max(k)", "sum(i)", "count(DISTINCT s)"),
    comparison,
    fc.integer({ min: -3, max: 9 }),
    fc.constantFrom("", "NOT "),
  )
  .map(([call, operator, bound, not]) => `${not}(${call} ${operator} ${bound})`);

const groupKey = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("s", "b", "i", "date_trunc('day', t)", "CAST(t AS DATE)", "u", "r"),
  },
  fc.oneof(kinds.text, kinds.truth),
);

const groupsQuery = fc
  .tuple(fc.uniqueArray(groupKey, { maxLength: 3 }), fc.array(aggregate, { minLength: 1, maxLength: 3 }))
  .chain(([keys, aggregates]) =>
    finished(
      fc.tuple(where, fc.option(having)).map(([filter, condition]) => {
        const items = [...keys, ...aggregates].map((item, index) => `${item} AS c${index}`);
        const group = keys.length === 0 ? "" : ` GROUP BY ${keys.map((_, index) => index + 1).join(", ")}`;
        const bound = condition === null ? "" : ` HAVING ${condition}`;
        return `SELECT ${items.join(", ")} FROM o${filter}${group}${bound}`;
      }),
      keys.length + aggregates.length,
    ),
  );

export const oracleQuery: fc.Arbitrary<OracleQuery> = fc.oneof(rowsQuery, groupsQuery);
