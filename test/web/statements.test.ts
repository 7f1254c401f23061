/** Which statement the console runs, and what laying one out may change. */
import { expect, test } from "vitest";
import { conditionOf, polished, statementAt, withinRange } from "../../web/console/statements.ts";

/** The statement at the mark `|`. */
function at(marked: string): string {
  const position = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to } = statementAt(text, position);
  return text.slice(from, to);
}

test("one statement is run as it is, with what stands around it", () => {
  expect(at("SELECT 1 |;\n")).toBe("SELECT 1 ;\n");
  expect(at("SET timeoutMs = 5; SELECT 1|")).toBe("SET timeoutMs = 5; SELECT 1");
  expect(at("|")).toBe("");
});

test("of several the one with the cursor is run, or the one just before it", () => {
  expect(at("SELECT |1;\nSELECT 2;\nSELECT 3")).toBe("SELECT 1");
  expect(at("SELECT 1;|\nSELECT 2;\nSELECT 3")).toBe("SELECT 1");
  expect(at("SELECT 1;\n|SELECT 2;\nSELECT 3")).toBe("SELECT 2");
  expect(at("SELECT 1;\nSELECT 2;\n\n|")).toBe("SELECT 2");
  expect(at("SELECT 1;\nSET useCache = false;\nSELECT |2")).toBe("SET useCache = false;\nSELECT 2");
});

test("a semicolon in a text, a name or a comment ends nothing", () => {
  expect(at("SELECT ';', \"a;b\" -- ;\n, 1 /* ; */|; SELECT 2")).toBe(
    "SELECT ';', \"a;b\" -- ;\n, 1 /* ; */",
  );
  expect(at("SELECT 'it''s; |fine'; SELECT 2")).toBe("SELECT 'it''s; fine'");
  expect(at("SELECT 1; -- the end|")).toBe("SELECT 1; -- the end");
});

test("laying out raises reserved words, keeps names, and closes calls", () => {
  expect(polished("select DATETRUNC ('minute', at) as minute from t where x in (1, 2)")).toBe(
    "SELECT DATETRUNC('minute', at) AS minute FROM t WHERE x IN (1, 2)",
  );
  expect(
    polished("select count(*) filter (where a) -- from here\nfrom \"order\" /* as is */ where b = 'and'"),
  ).toBe("SELECT count(*) filter (WHERE a) -- from here\nFROM \"order\" /* as is */ WHERE b = 'and'");
});

test("parameters and casts are no words", () => {
  expect(polished("select :from, a::text from t")).toBe("SELECT :from, a::text FROM t");
});

test("a statement is narrowed to a dashboard's range beside its own condition", () => {
  expect(withinRange("SELECT a, COUNT(*) FROM t GROUP BY a LIMIT 5", "at")).toBe(
    "SELECT a, COUNT(*) FROM t\nWHERE at >= :from AND at < :to\nGROUP BY a LIMIT 5",
  );
  expect(withinRange("SELECT SUM(x) FILTER (WHERE y > 1) FROM t", "order")).toBe(
    'SELECT SUM(x) FILTER (WHERE y > 1) FROM t\nWHERE "order" >= :from AND "order" < :to',
  );
  expect(withinRange("SELECT a FROM t WHERE b = 'LIMIT' OR c -- why\nORDER BY a", "at")).toBe(
    "SELECT a FROM t\nWHERE at >= :from AND at < :to AND (\nb = 'LIMIT' OR c -- why\n)\nORDER BY a",
  );
  expect(conditionOf("SELECT a FROM t WHERE at > ago('PT1H') GROUP BY a")).toBe("at > ago('PT1H')");
  expect(conditionOf("SELECT at FROM t")).toBe("");
});
