/** Values inside JSON. */
import { expect, test } from "vitest";
import { parsePath } from "#server/execute/functions/json";
import { runExample } from "#test/server/functions/example";

const json = `'{"a":{"b c":[1,{"d":"x"}],"n":null,"t":true},"big":12345678901234567890,"rawJSON":1}'`;

const cases: readonly (readonly [string, string])[] = [
  [`jsonExtractScalar(${json}, '$.a[''b c''][1].d', 'STRING')`, "'x'"],
  [`jsonExtractScalar(${json}, '$.a["b c"][-1]', 'STRING')`, `'{"d":"x"}'`],
  [`jsonExtractScalar(${json}, '$.a.n', 'STRING', 'none')`, "'none'"],
  [`jsonExtractScalar(${json}, '$.a.n', 'LONG')`, "NULL"],
  [`jsonExtractScalar(${json}, '$.a.t', 'BOOLEAN')`, "true"],
  [`jsonExtractScalar(${json}, '$.big', 'BIG_DECIMAL')`, "DECIMAL '12345678901234567890'"],
  [`jsonExtractScalar(${json}, '$.big.rawJSON', 'STRING', 'no')`, "'no'"],
  [`jsonExtractScalar(${json}, '$', 'JSON')`, json],
  [`jsonExtractScalar('not json', '$.a', 'INT', 0)`, "0"],
  [`jsonExtractScalar(NULL, '$.a', 'INT', 0)`, "0"],
  [`jsonPathExists(${json}, '$.a.n')`, "true"],
  [`jsonPathLong(${json}, '$.zzz', 5)`, "5"],
];

test.each(cases)("%s", (text, result) => {
  expect(runExample(text)).toBe(result);
});

test("paths that are not understood are refused", () => {
  for (const path of ["$.a[", "$.a..b", "$.a[*]", "$.", "$ a"])
    expect(() => parsePath(path), path).toThrow(expect.objectContaining({ code: "VALUE_SYNTAX" }));
});
