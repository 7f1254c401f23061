/** Every aggregate by name. Names ignore case and underscores. */
import type { Aggregate, AggregateArgument } from "#schemas/aggregates/aggregate";
import { anyValue } from "#schemas/aggregates/any-value";
import { expectCount } from "#schemas/aggregates/arguments";
import { avg } from "#schemas/aggregates/avg";
import { boolAnd } from "#schemas/aggregates/bool-and";
import { boolOr } from "#schemas/aggregates/bool-or";
import { count } from "#schemas/aggregates/count";
import { distinctCount } from "#schemas/aggregates/distinct-count";
import { distinctCountHll } from "#schemas/aggregates/distinct-count-hll";
import { firstWithTime } from "#schemas/aggregates/first-with-time";
import { lastWithTime } from "#schemas/aggregates/last-with-time";
import { max } from "#schemas/aggregates/max";
import { min } from "#schemas/aggregates/min";
import { minMaxRange } from "#schemas/aggregates/min-max-range";
import { percentile } from "#schemas/aggregates/percentile";
import { sum } from "#schemas/aggregates/sum";
import { sumPrecision } from "#schemas/aggregates/sum-precision";

/** In the order of the documentation. */
export const aggregates: readonly Aggregate[] = [
  count,
  sum,
  min,
  max,
  avg,
  distinctCount,
  distinctCountHll,
  percentile,
  sumPrecision,
  firstWithTime,
  lastWithTime,
  minMaxRange,
  anyValue,
  boolAnd,
  boolOr,
];

const spelling = (name: string): string => name.toLowerCase().replaceAll("_", "");

const byName = new Map<string, Aggregate>(
  aggregates.flatMap((aggregate) =>
    [aggregate.name, ...aggregate.aliases].map((name) => [spelling(name), aggregate] as const),
  ),
);

/** Pinot's old spelling PERCENTILE95(x) of PERCENTILE(x, 95). */
const withPercent = (percent: number): Aggregate => ({
  ...percentile,
  bind(args: readonly AggregateArgument[]) {
    expectCount(`percentile${percent}`, args, { least: 1, most: 1 });
    return percentile.bind([...args, { type: "INT", literal: BigInt(percent) }]);
  },
});

/** The aggregate of that name, or null: then it may be a scalar function. */
export function aggregateNamed(name: string): Aggregate | null {
  const spelt = spelling(name);
  const found = byName.get(spelt);
  if (found !== undefined) return found;
  const legacy = /^percentile(\d{1,2}|100)$/.exec(spelt);
  return legacy === null ? null : withPercent(Number(legacy[1]));
}
