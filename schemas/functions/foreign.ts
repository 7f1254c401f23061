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
  [/^ii?f$/, "CASE WHEN condition THEN value ELSE other END"],
  [/^countif$/, "COUNT(*) FILTER (WHERE condition)"],
  [/^(sum|avg|min|max)if$/, "the name without IF, with FILTER (WHERE condition)"],
  [/^(stddev|stddevpop|stdevp?)$/, "SQRT(AVG(x * x) - AVG(x) * AVG(x)), the deviation of all rows"],
  [/^(var|varpop|variance)$/, "AVG(x * x) - AVG(x) * AVG(x), the variance of all rows"],
  [/^(tochar|strftime|timeformat)$/, "TODATETIME(time, 'yyyy-MM-dd HH:mm')"],
  [/^(datesub|subdate|adddate)$/, "time - INTERVAL '1' DAY"],
  [/^(fromunixtime|epochmillis)$/, "TOTIMESTAMP(milliseconds)"],
  [/^(unixtimestamp|toepoch|tounixtime)$/, "TOEPOCHSECONDS(time)"],
  [/^(getdate|sysdate)$/, "NOW()"],
  [/^(argmax|maxby|last|lastvalue|latest)$/, "LASTWITHTIME(value, time, 'DOUBLE')"],
  [/^(argmin|minby|first|firstvalue|earliest)$/, "FIRSTWITHTIME(value, time, 'DOUBLE')"],
  [/^(tumble|session|timeslice)$/, "FROM HOP(table, time, slide, size), or DATEBIN(stride, time)"],
  [/^mode$/, "GROUP BY x ORDER BY COUNT(*) DESC LIMIT 1"],
  [/^lookup$/, "a query of its own: one reads one table"],
];

/** "use …" for a function that is known but not here, or null. */
export function insteadOf(name: string): string | null {
  const plain = plainName(name);
  return instead.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}
