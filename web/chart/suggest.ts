/** A first chart for a result that nobody has described: time against numbers, or categories against one. */
import type { ChartSettings } from "#schemas/api/dashboards";
import type { SqlType } from "#schemas/types";
import { extentOf } from "../extent.ts";
import { instantOfCell, numberOfCell } from "../format.ts";
import { isNumberType } from "./columns.ts";
import type { ChartResult } from "./context.ts";

const isText = (type: SqlType | undefined): boolean => type === "STRING" || type === "BOOLEAN";

/** 1 January 2000 … 2100 in milliseconds: a LONG column whose values all lie there holds instants. */
const looksLikeInstant = (value: number): boolean => value > 946_684_800_000 && value < 4_102_444_800_000;

/** Columns that read as instants. */
function timeColumns(result: ChartResult): readonly string[] {
  return result.columnNames.filter((_name, at) => {
    const type = result.columnTypes[at];
    if (type === "TIMESTAMP" || type === "DATE") return true;
    if (type !== "LONG" || result.rows.length === 0) return false;
    return result.rows.slice(0, 50).every((row) => looksLikeInstant(numberOfCell(row[at]) ?? 0));
  });
}

/** The width of time buckets, when most neighbours are one apart. */
function bucketOf(result: ChartResult, column: string): number | undefined {
  const at = result.columnNames.indexOf(column);
  const instants = [...new Set(result.rows.map((row) => instantOfCell(row[at] ?? null) ?? 0))].toSorted(
    (left, right) => left - right,
  );
  const steps = instants.slice(1).map((instant, index) => instant - instants[index]!);
  const smallest = extentOf(steps)?.min;
  if (smallest === undefined || smallest < 1000) return undefined;
  return steps.filter((step) => step === smallest).length * 2 >= steps.length ? smallest : undefined;
}

/** Null when there is nothing to draw: no numbers, or no rows. */
export function suggestChart(result: ChartResult): ChartSettings | null {
  const times = timeColumns(result);
  const typeOf = (name: string) => result.columnTypes[result.columnNames.indexOf(name)];
  const numbers = result.columnNames.filter((name) => isNumberType(typeOf(name)) && !times.includes(name));
  const texts = result.columnNames.filter((name) => isText(typeOf(name)));
  const [measure] = numbers;
  if (measure === undefined || result.rows.length === 0) return null;
  const [time] = times;
  if (time !== undefined) {
    const bucketMs = bucketOf(result, time);
    const series = texts[0];
    return {
      kind: series === undefined ? "line" : "stackedBar",
      x: time,
      y: series === undefined ? numbers : [measure],
      ...(series === undefined ? {} : { series }),
      ...(bucketMs === undefined ? { kind: "line" } : { bucketMs }),
    };
  }
  const [category, second] = texts;
  if (category !== undefined) {
    const split = second === undefined ? {} : { series: second };
    return { kind: "bar", x: category, y: second === undefined ? numbers : [measure], ...split };
  }
  if (result.rows.length === 1) return { kind: "bigNumber", y: [measure] };
  return numbers.length > 1 ? { kind: "bar", x: measure, y: [numbers[1]!] } : null;
}
