import { describe, expect, it } from "vitest";
import { labelOf } from "#broker/bind/label";
import { limits } from "#schemas/limits";
import { parseExpressionText } from "#schemas/sql/parse";

describe("labels of columns without an alias", () => {
  it.each([
    ["COUNT(*)", "count(*)", "COUNT(*)"],
    ["Sum(Price)", "sum(Price)", "Sum(Price)"],
    ["t.city", "city", "city"],
    ["a + b * 2", "plus(a,times(b,2))", "a + b * 2"],
    ["COUNT(DISTINCT a)", "distinctcount(a)", "COUNT(DISTINCT a)"],
    ["sum(a) FILTER (WHERE b > 1)", "sum(a) FILTER(WHERE b > 1)", "sum(a) FILTER (WHERE b > 1)"],
    ["'it''s'", "'it''s'", "'it''s'"],
    ["1.50", "1.50", "1.50"],
    ["NULL", "null", "NULL"],
    ["CAST(a AS VARCHAR)", "cast(a,'VARCHAR')", "CAST(a AS VARCHAR)"],
    ["EXTRACT(hour FROM ts)", "extract('HOUR',ts)", "EXTRACT(HOUR FROM ts)"],
    ["a IS NOT NULL", "is_not_null(a)", "a IS NOT NULL"],
    ["a NOT IN (1, 2)", "not_in(a,1,2)", "a NOT IN (1, 2)"],
    ["DATETRUNC('DAY', ts)", "datetrunc('DAY',ts)", "DATETRUNC('DAY', ts)"],
  ])("%s", (sql, pinot, native) => {
    const node = parseExpressionText(sql, limits);
    expect(labelOf(node, "pinot")).toBe(pinot);
    expect(labelOf(node, "native")).toBe(native);
  });
});
