/**
 * Where DuckDB and we mean different things by the same SQL. The grammar of random queries leaves these out; each has
 * its reason, and a golden file shows what we do.
 */
export const knownDifferences: readonly { readonly what: string; readonly reason: string }[] = [
  {
    what: "INT + INT overflows at 2^31 in DuckDB",
    reason:
      "our INT arithmetic is LONG, so that it cannot overflow unseen; the oracle's table holds INT as BIGINT",
  },
  {
    what: "x / 0 and x % 0",
    reason: "DuckDB answers NULL for some; we follow Pinot: ±Infinity, NaN, an error for %",
  },
  { what: "SUM of BIGINT", reason: "HUGEINT there; LONG here, or an error that names SUMPRECISION" },
  { what: "sums and averages of doubles", reason: "another order of addition: compared relatively" },
  {
    what: "LIKE without ESCAPE",
    reason: "DuckDB has no default escape character; ours is \\ as PostgreSQL's and Pinot's",
  },
  { what: "CAST of a DOUBLE to an integer", reason: "DuckDB rounds, we cut towards zero as Pinot does" },
  { what: "substr, strpos", reason: "Pinot counts from 0" },
  { what: "comparison of text with numbers", reason: "DuckDB casts the text column; we refuse" },
  {
    what: "HAVING and GROUP BY names",
    reason: "an alias wins over a column for us, the other way round there",
  },
];
