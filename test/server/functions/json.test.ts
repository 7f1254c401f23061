/** Values inside JSON. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePath } from "#server/execute/functions/json";
import { compactJson, follow, wholeValue } from "#server/execute/functions/json-text";
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

describe("a text as it came", () => {
  const odd = `{"b": 1.0, "10": 1e5,\n "a":{ "z":1,  "y" : [1, 2.50 ] }, "1":12345678901234567890123, "b":-0.0, "é\\u00e9":"\\ud83d\\ude00" }`;
  const at = (path: string, type = "STRING") =>
    runExample(`jsonExtractScalar('${odd}', '${path.replaceAll("'", "''")}', '${type}')`);

  test("keys, digits and spaces are those of the source", () => {
    expect(at("$", "JSON")).toBe(`'${odd}'`);
    expect(at("$")).toBe(`'${odd}'`);
    expect(at("$.a")).toBe(`'{ "z":1,  "y" : [1, 2.50 ] }'`);
    expect(at("$.a.y")).toBe("'[1, 2.50 ]'");
    expect(at("$.a.y[1]")).toBe("'2.50'");
    expect(at("$.a.y[-1]", "DOUBLE")).toBe("2.5");
    expect(at("$['10']")).toBe("'1e5'");
    expect(at("$['1']", "BIG_DECIMAL")).toBe("DECIMAL '12345678901234567890123'");
    expect(at("$['éé']")).toBe("'😀'");
    expect(at("$['éé']", "JSON")).toBe(`'"\\ud83d\\ude00"'`);
  });

  test("of a key that is there twice the last one counts", () => {
    expect(at("$.b")).toBe("'-0.0'");
    expect(at("$.b", "DOUBLE")).toBe("0.0");
  });

  test("the default stands for whatever does not convert", () => {
    const odds = [
      `{"a":"x"}`,
      `{"a":99999999999}`,
      `{"a":{}}`,
      `{"a":[1]}`,
      `{"a":true}`,
      `{}`,
      `{"a":null}`,
      "no",
    ];
    for (const text of odds)
      expect(runExample(`jsonExtractScalar('${text}', '$.a', 'INT', 7)`), text).toBe("7");
    expect(runExample(`jsonExtractScalar('{"a":"x"}', '$.a', 'DOUBLE', 0.5)`)).toBe("0.5");
    expect(runExample(`jsonExtractScalar('{"a":"x"}', '$.a', 'TIMESTAMP', 0)`)).toBe(
      "TIMESTAMP '1970-01-01 00:00:00'",
    );
    expect(runExample(`jsonPathLong('{"a":"x"}', '$.a', 3)`)).toBe("3");
    expect(() => runExample(`jsonExtractScalar('{"a":"x"}', '$.a', 'INT')`)).toThrow("is not a INT");
  });

  test("jsonFormat takes out spaces and nothing else", () => {
    expect(runExample(`jsonFormat('${odd}')`)).toBe(
      `'{"b":1.0,"10":1e5,"a":{"z":1,"y":[1,2.50]},"1":12345678901234567890123,"b":-0.0,"é\\u00e9":"\\ud83d\\ude00"}'`,
    );
    expect(runExample(`jsonFormat(' "a  b" ')`)).toBe(`'"a  b"'`);
  });
});

describe("beside JSON.parse", () => {
  const spaced = (value: unknown): string => JSON.stringify(value, null, 1);

  test("every value is found, and reads as there", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, isWide) => {
        const text = isWide ? ` ${spaced(value)}\n` : JSON.stringify(value);
        const whole = wholeValue(text);
        expect(JSON.parse(text.slice(whole.start, whole.end))).toEqual(JSON.parse(text));
        expect(compactJson(text)).toBe(JSON.stringify(value));
        if (typeof value !== "object" || value === null) return;
        for (const [key, inner] of Object.entries(value)) {
          const step = Array.isArray(value) ? Number(key) : key;
          const found = follow(text, whole, [step])!;
          expect(JSON.parse(text.slice(found.start, found.end))).toEqual(JSON.parse(JSON.stringify(inner)));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("depth costs no stack", () => {
    const deep = `${"[".repeat(500_000)}1${"]".repeat(500_000)}`;
    expect(wholeValue(deep)).toEqual({ start: 0, end: deep.length });
    expect(runExample(`isJson('${deep}')`)).toBe("true");
    expect(runExample(`jsonExtractScalar('${deep}', '$[0][0]', 'STRING')`)).toBe(`'${deep.slice(2, -2)}'`);
  });
});
