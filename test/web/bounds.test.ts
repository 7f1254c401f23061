/** What grows with a result never becomes the arguments of a call, and every bound of the app is in force somewhere. */
import { expect, test } from "vitest";
import { appLimits } from "#schemas/limits";
import { readSources } from "#test/setup/sources-node";
import { oneNumberOf } from "../../web/chart/number.ts";
import { sparklineOf } from "../../web/chart/sparkline.ts";
import { extentOf } from "../../web/extent.ts";
import { csvOf } from "../../web/panel/csv.ts";

const sources = readSources().filter(({ path }) => path.startsWith("web/") && !path.includes("-node."));

test("no list is spread into a call: a call takes some hundred thousand arguments, a result has more", () => {
  const spread =
    /\b(?:Math\.(?:min|max|hypot)|(?:push|unshift|splice|concat|fromCharCode|fromCodePoint))\([^(){}]*\.\.\./;
  const found = sources.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) => (spread.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});

test("every bound of the app is used", () => {
  const text = sources.map((source) => source.text).join("\n");
  expect(Object.keys(appLimits).filter((name) => !text.includes(`appLimits.${name}`))).toEqual([]);
});

test("what takes a whole result takes a million rows", () => {
  const values = Array.from({ length: 1_000_000 }, (_, at) => at % 1000);
  expect(extentOf(values)).toEqual({ min: 0, max: 999 });
  expect(extentOf([null, Number.NaN])).toBeNull();
  expect(sparklineOf(values)?.line.split("L").length).toBeLessThanOrEqual(40);
  const result = { columnNames: ["v"], columnTypes: ["LONG"] as const, rows: values.map((value) => [value]) };
  expect(oneNumberOf(result, { kind: "bigNumber" }).notes[0]?.values).toBe(999_999);
  expect(csvOf(result).length).toBeGreaterThan(1_000_000);
});
