import { describe, expect, it } from "vitest";
import { bind } from "#broker/bind/bind";
import { bindOptions } from "#broker/bind/options";
import { optimize, plan } from "#broker/plan/plan";
import { rewrites } from "#broker/plan/rewrites/list";
import { limits } from "#schemas/limits";
import type { Plan } from "#schemas/plan/plan";
import { expressionText } from "#schemas/plan/print";
import { parse } from "#schemas/sql/parse";
import { atOnce } from "#schemas/turns";
import { evaluate } from "#server/execute/functions/evaluate";
import { tableOf } from "#test/server/segment/build";

const table = tableOf("t", { i: "INT", l: "LONG", r: "DOUBLE", s: "STRING", b: "BOOLEAN", ts: "TIMESTAMP" });
const defaults = { timeoutMs: 1, timeoutMsMax: 1, dialect: "native", timeZone: "UTC" } as const;

function naive(sql: string): Plan {
  const statement = parse(sql, limits);
  const options = bindOptions(statement, "", defaults);
  const tables = { table: () => table, names: () => ["t"] };
  return plan(atOnce(bind(statement, { sql, tables, options, evaluate, nowMs: 0, limits })));
}

const tools = { evaluate, context: { timeZone: "UTC", nowMs: 0 }, resultRows: 1000 };
const only = (sql: string, ...names: readonly string[]): Plan => {
  const before = naive(sql);
  return rewrites
    .filter(({ name }) => names.includes(name))
    .reduce((current, { rewrite }) => rewrite(current, tools), before);
};
const filterText = ({ fragment }: Plan): string =>
  fragment === null || fragment.filter === null ? "none" : expressionText(fragment.filter);

describe("each rewrite, before and after", () => {
  it.each([
    ["foldConstants", "i = 1 + 2", "equals(cast(i),plus(1,2))", "equals(cast(i),3)"],
    ["foldConstants", "s = upper('a') || 'b'", "equals(s,concatenate(upper('a'),'b'))", "equals(s,'Ab')"],
    [
      "foldConstants",
      "i = 1 % 0 AND b",
      "and(equals(cast(i),mod(1,0)),b)",
      "and(equals(cast(i),mod(1,0)),b)",
    ],
    ["fitLiterals", "i < 2.5", "lessThan(cast(i),2.5)", "lessThanOrEqual(i,2)"],
    ["fitLiterals", "i >= 2.5", "greaterThanOrEqual(cast(i),2.5)", "greaterThanOrEqual(i,3)"],
    ["fitLiterals", "2.5 > i", "greaterThan(2.5,cast(i))", "lessThanOrEqual(i,2)"],
    ["fitLiterals", "l < 2.5", "lessThan(cast(l),2.5)", "lessThan(cast(l),2.5)"],
    [
      "simplifyLogic",
      "NOT (i < 1 AND s = 'a')",
      "not(and(lessThan(i,1),equals(s,'a')))",
      "or(greaterThanOrEqual(i,1),notEquals(s,'a'))",
    ],
    ["simplifyLogic", "b AND (b AND TRUE) AND i = 1", "and(b,and(b,true),equals(i,1))", "and(b,equals(i,1))"],
    ["simplifyLogic", "b OR TRUE", "or(b,true)", "true"],
    ["simplifyLogic", "3 > i", "greaterThan(3,i)", "lessThan(i,3)"],
    ["mergeEquals", "i = 1 OR b OR i IN (2, 1)", "or(equals(i,1),b,in(i,2,1))", "or(in(i,1,2),b)"],
    ["mergeEquals", "i IN (7, 7)", "in(i,7,7)", "equals(i,7)"],
    ["mergeEquals", "s = 'a' OR s = 'b'", "or(equals(s,'a'),equals(s,'b'))", "in(s,'a','b')"],
    [
      "mergeRanges",
      "i > 1 AND i >= 3 AND i < 9",
      "and(greaterThan(i,1),greaterThanOrEqual(i,3),lessThan(i,9))",
      "and(greaterThanOrEqual(i,3),lessThan(i,9))",
    ],
    ["mergeRanges", "i > 5 AND i < 3 AND b", "and(greaterThan(i,5),lessThan(i,3),b)", "and(false,b)"],
    [
      "mergeRanges",
      "s >= 'a' AND s <= 'a'",
      "and(greaterThanOrEqual(s,'a'),lessThanOrEqual(s,'a'))",
      "equals(s,'a')",
    ],
    ["mergeRanges", "i = 4 AND i > 1", "and(equals(i,4),greaterThan(i,1))", "equals(i,4)"],
    ["prunePredicates", "TRUE", "true", "none"],
    ["prunePredicates", "b AND NULL", "and(b,NULL)", "false"],
    ["prunePredicates", "b AND TRUE", "and(b,true)", "b"],
  ])("%s: %s", (name, condition, before, after) => {
    const sql = `SELECT i FROM t WHERE ${condition}`;
    expect(filterText(naive(sql))).toBe(before);
    expect(filterText(only(sql, name))).toBe(after);
  });

  it("pushHaving moves what is about keys alone", () => {
    const pushed = only(
      "SELECT upper(s), COUNT(*) FROM t WHERE b GROUP BY 1 HAVING upper(s) <> 'X' AND COUNT(*) > 1",
      "pushHaving",
    );
    expect(filterText(pushed)).toBe("and(b,notEquals(upper(s),'X'))");
    expect(expressionText(pushed.having!)).toBe("greaterThan(count(*),1)");
    const global = only("SELECT COUNT(*) FROM t HAVING 1 = 2", "pushHaving");
    expect(filterText(global)).toBe("none");
  });

  it("limitToTop tells servers how much is wanted", () => {
    const rows = only("SELECT s FROM t ORDER BY i DESC LIMIT 5 OFFSET 2", "limitToTop");
    expect(rows.fragment).toMatchObject({
      rows: 7,
      order: [{ expression: { column: 1 }, descending: true, nullsFirst: true }],
    });
    expect(only("SELECT s FROM t", "limitToTop").fragment).toMatchObject({ rows: 1001, order: [] });
    const groups = only("SELECT s, COUNT(*) FROM t GROUP BY s ORDER BY 2 DESC LIMIT 3", "limitToTop");
    expect(groups.fragment).toMatchObject({ top: { rows: 3, order: [{ expression: { column: 1 } }] } });
    expect(
      only("SELECT s FROM t GROUP BY s HAVING COUNT(*) > 1 LIMIT 3", "limitToTop").fragment,
    ).toMatchObject({ top: null });
  });

  const shape = ({ fragment, project }: Plan) => ({
    keys: fragment?.kind === "aggregate" ? fragment.keys.map((one) => expressionText(one)) : [],
    aggregates: fragment?.kind === "aggregate" ? fragment.aggregates.map(({ name }) => name) : [],
    project: project.map((one) => expressionText(one)),
  });

  it("dropDerivedKeys groups by what decides", () => {
    const derived = "SELECT i, i - 1, s, COUNT(*) FROM t GROUP BY i, i - 1, s, 'x' ORDER BY i - 1";
    expect(shape(only(derived, "dropDerivedKeys"))).toEqual({
      keys: ["i", "s"],
      aggregates: ["count"],
      project: ["i", "minus(i,1)", "s", "count(*)"],
    });
    const kept = (sql: string) => shape(only(sql, "dropDerivedKeys")).keys;
    expect(kept("SELECT COUNT(*) FROM t GROUP BY 1 + 1, 2 + 2")).toEqual(["plus(1,1)"]);
    expect(kept("SELECT COUNT(*) FROM t GROUP BY i - 1, s")).toEqual(["minus(i,1)", "s"]);
    expect(kept("SELECT COUNT(*) FROM t GROUP BY i, i + l")).toEqual(["i", "plus(i,l)"]);
  });

  it("shiftSums shares the states of shifted sums, where no row can overflow", () => {
    const shifted = "SELECT SUM(i), SUM(i + 1), SUM(2 - i), SUM(i - 3) FILTER (WHERE b) FROM t";
    expect(shape(only(shifted, "shiftSums"))).toEqual({
      keys: [],
      aggregates: ["sum", "count", "count", "sum"],
      project: ["sum", "plus(sum,times(1,count))", "minus(times(2,count),sum)", "plus(sum,times(-3,count))"],
    });
    for (const same of ["SUM(l + 1)", "SUM(i + r)", "SUM(i + 3000000000)", "SUM(i * 2)", "AVG(i + 1)"])
      expect(only(`SELECT ${same} FROM t`, "shiftSums")).toEqual(naive(`SELECT ${same} FROM t`));
  });

  it("dropDistinct knows groups that differ anyway", () => {
    expect(only("SELECT DISTINCT s, COUNT(*) FROM t GROUP BY s", "dropDistinct").distinct).toBe(false);
    expect(only("SELECT DISTINCT COUNT(*) FROM t GROUP BY s", "dropDistinct").distinct).toBe(true);
  });
});

describe("unwrapDefaults", () => {
  const before = "SET enableNullHandling=false; SELECT i FROM t WHERE ";
  it.each([
    ["s = 'a'", "equals(s,'a')"],
    ["s = 'null'", "or(isNull(s),equals(s,'null'))"],
    ["s IN ('a', 'null')", "or(isNull(s),in(s,'a','null'))"],
    ["i < 5", "or(isNull(i),lessThan(i,5))"],
    ["i > 5 AND s LIKE 'n%'", "and(greaterThan(i,5),or(isNull(s),like(s,'n%',false)))"],
    ["s IS NULL", "false"],
    ["s IS NOT NULL OR b", "or(true,coalesce(b,false))"],
    ["upper(s) = 'X'", "equals(upper(coalesce(s,'null')),'X')"],
  ])("%s", (condition, after) => {
    expect(filterText(only(before + condition, "unwrapDefaults"))).toBe(after);
  });
});

describe("all together", () => {
  const optimized = (sql: string) => filterText(atOnce(optimize(naive(sql), tools)));
  it.each([
    [
      "ts >= '2026-01-01' AND ts < TIMESTAMP '2026-01-01' + INTERVAL '1' DAY AND ts > 0",
      "and(greaterThanOrEqual(ts,1767225600000),lessThan(ts,1767312000000))",
    ],
    ["NOT (i <> 1 AND i <> 2)", "in(i,1,2)"],
    ["1 = 1", "none"],
    ["1 = 2", "false"],
    ["i > 0.5 AND i < 1.5", "equals(i,1)"],
    ["s LIKE 'a%' OR FALSE", "like(s,'a%',false)"],
  ])("%s", (condition, after) => {
    expect(optimized(`SELECT i FROM t WHERE ${condition}`)).toBe(after);
  });

  it("can be switched off by name, or all", () => {
    expect(optimized("SET rewritesOff='foldConstants'; SELECT i FROM t WHERE i = 1 + 2")).toBe(
      "equals(cast(i),plus(1,2))",
    );
    expect(optimized("SET rewritesOff='all'; SELECT i FROM t WHERE i = 1 OR TRUE")).toBe(
      "or(equals(i,1),true)",
    );
  });
});
