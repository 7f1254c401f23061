/** Functions that DuckDB has under some name: the same values over the same rows, computed as vectors here. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType, Value } from "#schemas/types";
import { evaluate } from "#server/execute/functions/evaluate";
import { valuesOf, vectorOf } from "#server/execute/functions/vectors";
import { Duck } from "#test/oracle/duck";
import { call, literal, testContext } from "#test/server/functions/example";
import { seededRandom } from "#test/setup/random";

const random = seededRandom(20_261_120);
const words = [
  "",
  "Mango",
  "naïve café",
  "a,b,,c",
  "  padded ",
  "x😀y",
  "BERRY berry",
  "12.50",
  "a-b-c",
  "ÀÉ",
  "ab%c_d",
];
const rows = Array.from({ length: 200 }, (_, k) => {
  const orNull = <T extends Value>(value: T): T | null => (random.chance(0.1) ? null : value);
  return {
    k: BigInt(k),
    s: orNull(words[random.below(words.length)]),
    u: orNull(words[random.below(words.length)]),
    b: orNull(random.chance(0.5)),
    i: orNull(BigInt(random.below(41) - 20)),
    l: orNull(BigInt(random.below(2_000_001) - 1_000_000) * 1_000_003n),
    f: null,
    r: orNull(Math.round((random.next() - 0.5) * 200_000) / 1000),
    t: orNull(BigInt(Math.floor((random.next() - 0.3) * 4e12))),
  };
});

const types = {
  s: "STRING",
  u: "STRING",
  b: "BOOLEAN",
  i: "LONG",
  l: "LONG",
  r: "DOUBLE",
  t: "TIMESTAMP",
} as const satisfies Record<string, SqlType>;
const names = Object.keys(types) as (keyof typeof types)[];
const vectors = names.map((name) =>
  vectorOf(
    types[name],
    rows.map((row) => row[name]),
  ),
);
const c = Object.fromEntries(
  names.map((name, column): [string, Expression] => [
    name,
    { kind: "column", type: types[name], column, name },
  ]),
) as Record<keyof typeof types, Expression>;
const n = (value: number): Expression => literal("LONG", BigInt(value));
const s = (value: string): Expression => literal("STRING", value);

const cases: readonly (readonly [sql: string, expression: Expression])[] = [
  ["upper(s)", call("upper", [c.s])],
  ["lower(s)", call("lower", [c.s])],
  ["reverse(s)", call("reverse", [c.s])],
  ["trim(s)", call("trim", [c.s])],
  ["ltrim(s)", call("ltrim", [c.s])],
  ["rtrim(s, 'c')", call("rtrim", [c.s, s("c")])],
  ["length(s)", call("length", [c.s])],
  ["strlen(s)", call("octetLength", [c.s])],
  ["substring(s, 2, 3)", call("substring", [c.s, n(2), n(3)])],
  ["substring(s, 2, 3)", call("substr", [c.s, n(1), n(4)])],
  ["left(s, 2)", call("left", [c.s, n(2)])],
  ["right(s, 2)", call("right", [c.s, n(2)])],
  ["s || u", call("concatenate", [c.s, c.u])],
  ["concat(s, u)", call("concat", [c.s, c.u])],
  ["concat_ws('-', s, u)", call("concatWS", [s("-"), c.s, c.u])],
  ["replace(s, 'a', 'XX')", call("replace", [c.s, s("a"), s("XX")])],
  ["translate(s, 'abc', 'xy')", call("translate", [c.s, s("abc"), s("xy")])],
  ["starts_with(s, 'M')", call("startsWith", [c.s, s("M")])],
  ["ends_with(s, 'c')", call("endsWith", [c.s, s("c")])],
  ["contains(s, 'a')", call("contains", [c.s, s("a")])],
  ["strpos(s, 'a') - 1", call("strpos", [c.s, s("a")])],
  ["repeat(s, 3)", call("repeat", [c.s, n(3)])],
  ["s LIKE '%a_%'", call("like", [c.s, s("%a_%")])],
  ["s ILIKE '%B%'", call("like", [c.s, s("%B%"), literal("BOOLEAN", true)])],
  ["regexp_matches(s, '^[a-z]+')", call("regexpLike", [c.s, s("^[a-z]+")])],
  ["regexp_replace(s, '[a-c]+', '<\\0>', 'g')", call("regexpReplace", [c.s, s("([a-c]+)"), s("<$1>")])],
  ["regexp_extract(s, '(\\w+),(\\w)', 2)", call("regexpExtract", [c.s, s("(\\w+),(\\w)"), n(2)])],
  ["s < u", call("lessThan", [c.s, c.u])],
  ["s IS DISTINCT FROM u", call("isDistinctFrom", [c.s, c.u])],
  ["nullif(s, u)", call("nullIf", [c.s, c.u])],
  ["coalesce(s, u, 'z')", call("coalesce", [c.s, c.u, s("z")])],
  ["least(i, l)", call("least", [c.i, c.l])],
  ["greatest(s, u)", call("greatest", [c.s, c.u])],
  [
    "CASE WHEN b THEN i WHEN r > 0 THEN l END",
    call("case", [c.b, c.i, call("greaterThan", [c.r, n(0)]), c.l, literal("UNKNOWN", null)]),
  ],
  [
    "b AND i > 0 OR r < 0",
    call("or", [call("and", [c.b, call("greaterThan", [c.i, n(0)])]), call("lessThan", [c.r, n(0)])]),
  ],
  ["i IN (1, 2, l, NULL)", call("in", [c.i, n(1), n(2), c.l, literal("UNKNOWN", null)])],
  ["i % 7", call("mod", [c.i, n(7)])],
  ["i // 7", call("div", [c.i, n(7)])],
  ["l * i + 1", call("plus", [call("times", [c.l, c.i]), n(1)])],
  ["i / 8", call("divide", [c.i, n(8)])],
  ["abs(l)", call("abs", [c.l])],
  ["ceil(r)", call("ceil", [c.r])],
  ["floor(r)", call("floor", [c.r])],
  ["trunc(r)", call("truncate", [c.r])],
  ["sqrt(abs(r))", call("sqrt", [call("abs", [c.r])])],
  ["ln(abs(r) + 1)", call("ln", [call("plus", [call("abs", [c.r]), n(1)])])],
  ["pow(r, 2)", call("pow", [c.r, n(2)])],
  ["i & 12", call("bitAnd", [c.i, n(12)])],
  ["xor(i, 5)", call("bitXor", [c.i, n(5)])],
  ["gcd(l, 12)", call("gcd", [c.l, n(12)])],
  ...["second", "minute", "hour", "day", "week", "month", "quarter", "year"].map(
    (unit) => [`date_trunc('${unit}', t)::TIMESTAMP`, call("dateTrunc", [s(unit), c.t])] as const,
  ),
  ["year(t)", call("year", [c.t])],
  ["quarter(t)", call("quarter", [c.t])],
  ["month(t)", call("month", [c.t])],
  ["week(t)", call("week", [c.t])],
  ["isoyear(t)", call("yearOfWeek", [c.t])],
  ["day(t)", call("day", [c.t])],
  ["isodow(t)", call("dayOfWeek", [c.t])],
  ["dayofyear(t)", call("dayOfYear", [c.t])],
  ["hour(t)", call("hour", [c.t])],
  ["minute(t)", call("minute", [c.t])],
  ["second(t)", call("second", [c.t])],
  [
    "date_trunc('day', t AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin')::TIMESTAMP",
    call("atTimeZone", [call("dateTrunc", [s("day"), c.t, s("Europe/Berlin")]), s("Europe/Berlin")]),
  ],
  ["hour(t AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')", call("hour", [c.t, s("America/New_York")])],
  ["t + INTERVAL 1 MONTH", call("timestampAdd", [s("MONTH"), n(1), c.t])],
  ["t - INTERVAL 36 HOUR", call("timestampAdd", [s("HOUR"), n(-36), c.t])],
  [
    "date_sub('month', TIMESTAMP '2000-01-31 12:00:00', t)",
    call("timestampDiff", [s("MONTH"), literal("TIMESTAMP", 949_320_000_000n), c.t]),
  ],
  [
    "date_sub('day', TIMESTAMP '2000-01-31 12:00:00', t)",
    call("timestampDiff", [s("DAY"), literal("TIMESTAMP", 949_320_000_000n), c.t]),
  ],
  ["strftime(t, '%Y-%m-%dT%H:%M:%S')", call("toDateTime", [c.t, s("yyyy-MM-dd'T'HH:mm:ss")])],
  ["epoch_ms(t)", call("fromTimestamp", [c.t])],
  ["CAST(l AS VARCHAR)", { kind: "call", name: "cast", type: "STRING", args: [c.l] }],
  ["CAST(i AS BOOLEAN)", { kind: "call", name: "cast", type: "BOOLEAN", args: [c.i] }],
];

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open(rows);
});
afterAll(() => duck.close());

/** Counts come as numbers there; doubles may differ in the last digits. */
const isSame = (ours: Value, theirs: Value): boolean => {
  if (ours === null || theirs === null || typeof ours === "string") return ours === theirs;
  const [left, right] = [Number(ours), Number(theirs)];
  return Object.is(left + 0, right + 0) || Math.abs(left - right) <= 1e-12 * Math.max(1, Math.abs(left));
};

test.each(cases)("%s", async (sql, expression) => {
  const answer = await duck.ask(`SELECT ${sql} FROM o ORDER BY k`);
  if (typeof answer === "string") throw new Error(answer);
  const input = { rows: rows.length, column: (id: number) => vectors[id] };
  const ours = valuesOf(evaluate(expression, input, testContext));
  const different = ours.flatMap((value, row) => {
    const theirs = answer[row][0];
    return isSame(value, theirs) ? [] : [{ row: rows[row], ours: value, theirs }];
  });
  expect(different.slice(0, 3)).toEqual([]);
});
