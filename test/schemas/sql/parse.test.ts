import fc from "fast-check";
import { loadModule, parseSync } from "libpg-query";
import { beforeAll, describe, expect, it } from "vitest";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";
import { parse, parseExpressionText } from "#schemas/sql/parse";
import { printExpression, printSql } from "#schemas/sql/print";
import { walk } from "#schemas/sql/walk";
import { bare, expressionOf, statement } from "#test/schemas/sql/generate";

const faultOf = (sql: string): StoreError => {
  try {
    parse(sql, limits);
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error(`${sql} was taken`);
};

describe("printing", () => {
  it("reads back as the same tree", () => {
    fc.assert(
      fc.property(statement, (tree) => {
        const sql = printSql(tree);
        expect(bare(parse(sql, limits)), sql).toEqual(bare(tree));
      }),
      { numRuns: 1000 },
    );
  });

  it("needs no more parentheses than the tree", () => {
    const plain = "NOT a = b OR c AND d IS NULL";
    expect(printExpression(parseExpressionText(`(NOT (a = b)) OR ((c) AND (d IS NULL))`, limits))).toBe(
      plain,
    );
    expect(printExpression(parseExpressionText("a - (b - c) - d", limits))).toBe("a - (b - c) - d");
    expect(printExpression(parseExpressionText("- -1", limits))).toBe("- -1");
  });
});

describe("spans", () => {
  it("every node covers its own text", () => {
    const sql = "SELECT upper(city) AS c, 1 + 2 FROM t WHERE a BETWEEN 1 AND 2 AND b LIKE 'x%'";
    const { select } = parse(sql, limits);
    const textOf = ({ start, end }: { start: number; end: number }) => sql.slice(start, end);
    expect(textOf(select.items[0].expression.span)).toBe("upper(city)");
    expect(textOf(select.items[0].span)).toBe("upper(city) AS c");
    expect(textOf(select.where!.span)).toBe("a BETWEEN 1 AND 2 AND b LIKE 'x%'");
    const parts = [...walk(select.where!)].map(({ span }) => textOf(span));
    expect(parts).toEqual([
      "a BETWEEN 1 AND 2 AND b LIKE 'x%'",
      "a BETWEEN 1 AND 2",
      "a",
      "1",
      "2",
      "b LIKE 'x%'",
      "b",
      "'x%'",
    ]);
  });
});

describe("limits", () => {
  it("refuses deep nesting with its limit's name, at any depth", () => {
    for (const depth of [129, 10_000, 200_000]) {
      expect(faultOf(`SELECT ${"(".repeat(depth)}1${")".repeat(depth)}`).message).toContain("sqlDepth");
      expect(faultOf(`SELECT ${"-(".repeat(depth)}1${")".repeat(depth)}`).message).toContain("sqlDepth");
      expect(faultOf(`SELECT ${"NOT -".repeat(depth)}1`).message).toContain("sqlDepth");
    }
  });

  it("refuses endless chains, but takes long lists and long conditions", () => {
    expect(faultOf(`SELECT ${"1+".repeat(100_000)}1`).message).toContain("sqlNodes");
    expect(faultOf(`SELECT ${"NOT ".repeat(200_000)}a`).message).toContain("sqlNodes");
    const long = Array.from({ length: 5000 }, (_, index) => `a = ${index}`);
    expect(parse(`SELECT 1 FROM t WHERE ${long.join(" OR ")}`, limits).select.where?.kind).toBe("logical");
    expect(
      parse(`SELECT 1 FROM t WHERE a IN (${long.map((_, index) => index).join()})`, limits).select.where
        ?.kind,
    ).toBe("in");
  });

  it("refuses long texts", () => {
    expect(faultOf(`SELECT '${"x".repeat(limits.sqlBytes)}'`).message).toContain("sqlBytes");
  });

  it("reads a megabyte of nested comments in little time", () => {
    expect(faultOf("/*".repeat(500_000)).code).toBe("SQL_SYNTAX");
    expect(faultOf(`${"/*".repeat(200_000)}${"*/".repeat(200_000)}`).message).toContain("expected SELECT");
  });
});

const seeds = [
  "SELECT a, count(*) AS c FROM t WHERE a IN (1, 2) AND NOT b LIKE 'x%' GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT 5 OFFSET 2",
  "SET timeoutMs = 5; SELECT CASE x WHEN 1 THEN 'a' ELSE NULL END, CAST(y AS LONG) FROM \"default\".t OPTION(useCache=false);",
  "SELECT sum(x) FILTER (WHERE y BETWEEN 1.5 AND 2e3) FROM HOP(t, ts, INTERVAL '5' MINUTE, INTERVAL '10 minutes') GROUP BY window_start",
  "SELECT EXTRACT(HOUR FROM ts), ts AT TIME ZONE 'UTC', TIMESTAMP '2026-01-01', X'00ff' FROM t -- comment",
];

describe("faulty text", () => {
  it("never gives anything but a StoreError with a position", () => {
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 8 }),
      put: fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.constantFrom("(", ")", "'", '"', ",", " NOT ", " AND ", "/*", ";"),
      ),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (seed, edits) => {
          let sql = seed;
          for (const { at, cut, put } of edits) {
            const start = at % (sql.length + 1);
            sql = sql.slice(0, start) + put + sql.slice(start + cut);
          }
          try {
            parse(sql, limits);
          } catch (error) {
            if (!(error instanceof StoreError)) throw error;
            expect(error.detail.position, sql).toBeDefined();
            expect(error.detail.position!.end, sql).toBeLessThanOrEqual(sql.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is refused at every prefix that is not a statement", () => {
    for (const seed of seeds) {
      for (let end = 0; end < seed.length; end++) {
        try {
          parse(seed.slice(0, end), limits);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
        }
      }
    }
  });
});

describe("beside PostgreSQL's own grammar", () => {
  beforeAll(loadModule);
  const accepts = (sql: string): boolean => {
    try {
      parseSync(sql);
      return true;
    } catch {
      return false;
    }
  };

  it("takes what PostgreSQL takes of the expressions both have", () => {
    fc.assert(
      fc.property(expressionOf(3), (tree) => {
        const sql = `SELECT ${printExpression(tree)}`;
        // Ours alone: a FILTER or DISTINCT on anything, X'…' of hexadecimal bytes, intervals without a unit list.
        if (/ escape |interval '5' months|between.* at time zone|left\(|\$offset/i.test(sql)) return;
        expect(accepts(sql), sql).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["SELECT 1 +", false],
    ["SELECT a b c", false],
    ["SELECT a FROM", false],
    ["SELECT a FROM t WHERE", false],
    ["SELECT a FROM t GROUP a", false],
    ["SELECT a FROM t ORDER BY a DESC ASC", false],
    ["SELECT a, FROM t", false],
    ["SELECT (1", false],
    ["SELECT 1)", false],
    ["SELECT count(*) FROM t HAVING a > 1 WHERE b", false],
    ["SELECT a AS b FROM t LIMIT 1 OFFSET 2", true],
    ["SELECT a b FROM t", true],
    ["SELECT t.a FROM t AS t", true],
    ["SELECT a FROM t WHERE a NOT IN (1)", true],
    ["SELECT a FROM t WHERE NOT a ILIKE 'x' ESCAPE '!'", true],
    ["SELECT a || b || c", true],
    ["SELECT 1 -- comment\n + 2 /* a /* nested */ one */", true],
    ["SELECT trim(both ' ' from a)", true],
    ["SELECT substring(a from 1 for 2)", true],
    ["SELECT current_timestamp", true],
    ["SELECT a FROM t WHERE a IS NOT DISTINCT FROM b", true],
    ["SELECT CASE WHEN a THEN 1 END", true],
    ["SELECT CASE END", false],
    ["SELECT a IS b", false],
    ["SELECT 'a", false],
    ['SELECT ""', false],
    ["SELECT 1a", false],
  ])("%s: %s in both", (sql, taken) => {
    expect(accepts(sql)).toBe(taken);
    if (taken) expect(() => parse(sql, limits)).not.toThrow();
    else expect(faultOf(sql).code).toMatch(/^SQL_/);
  });
});
