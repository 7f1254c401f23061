/** Functions that people know from elsewhere and that are not here, with what there is instead. */
import { plainName } from "#schemas/functions/signature";

const exactPercentile = "PERCENTILE(x, percent), which is exact";
const distinctCounts = "DISTINCTCOUNTHLL(x), or COUNT(DISTINCT x), which is exact";

/** By plain names: lower case, without underscores. */
const instead: readonly (readonly [RegExp, string])[] = [
  [/^percentile(raw)?(est|tdigest|kll|smarttdigest)\d*(mv)?$/, exactPercentile],
  [/^(approx)?(quantile|percentile)(cont|disc|exact|tdigest)?s?$|^approxpercentile$/, exactPercentile],
  [/^median$/, "PERCENTILE(x, 50), which is exact"],
  [
    /^distinctcount(raw|smart)?(hll|hllplus|ull|cpcsketch|thetasketch|tuplesketch|integersumtuplesketch)(mv)?$/,
    distinctCounts,
  ],
  [/^(fasthll|approxcountdistinct|approxdistinct|ndv|uniq|uniqcombined|uniqhll12)$/, distinctCounts],
  [/^(countdistinct|uniqexact|distinctcount(bitmap)?mv)$/, "COUNT(DISTINCT x)"],
  [/^(count|sum|min|max|avg|minmaxrange)mv$/, "the name without MV: a column has one value a row"],
  [/^(tostartof|timebucket|timefloor|toyyyymm)\w*$/, "DATETRUNC(unit, time) or DATEBIN(stride, time)"],
  [
    /^(stringagg|groupconcat|listagg|arrayagg|collectlist|idset)$/,
    "SELECT DISTINCT x: no aggregate gathers values",
  ],
  [/^lookup$/, "a query of its own: one reads one table"],
];

/** "use …" for a function that is known but not here, or null. */
export function insteadOf(name: string): string | null {
  const plain = plainName(name);
  return instead.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}
