/**
 * Where DuckDB and we mean different things by the same SQL: the grammar of random queries leaves these out. Each has
 * its reason, and a test that it is still so.
 */
export interface Difference {
  readonly sql: string;
  /** As text; null when the statement is refused. */
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly reason: string;
}

export const knownDifferences: readonly Difference[] = [
  {
    sql: "SELECT CAST(2147483647 AS INT) + CAST(1 AS INT)",
    ours: "2147483648",
    theirs: null,
    reason:
      "our INT arithmetic is LONG, so that it cannot overflow unseen; the oracle's table holds INT as BIGINT",
  },
  {
    sql: "SELECT 1 % 0",
    ours: null,
    theirs: "null",
    reason: "an integer by zero is an error for us, as in PostgreSQL",
  },
  {
    sql: "SELECT CAST(2.7e0 AS INT)",
    ours: "2",
    theirs: "3",
    reason: "we cut towards zero, as Pinot does; DuckDB rounds",
  },
  {
    sql: "SELECT substr('abc', 1, 2)",
    ours: "b",
    theirs: "ab",
    reason: "Pinot's substr counts from 0 to an end",
  },
  {
    sql: "SELECT 'a\\%b' LIKE 'a\\%b'",
    ours: "false",
    theirs: "true",
    reason: "\\ is our default escape, as PostgreSQL's and Pinot's; DuckDB has none",
  },
  {
    sql: "SELECT count(*) FROM o WHERE s = 5",
    ours: null,
    theirs: null,
    reason: "both refuse here, but DuckDB only because a text is no number: it casts the column",
  },
  {
    sql: "SELECT k % 2 AS i, count(*) FROM o GROUP BY i HAVING i > 5",
    ours: "",
    theirs: null,
    reason: "an alias wins over a column in GROUP BY for us (Pinot), the other way round there",
  },
  {
    sql: "SELECT sum(9223372036854775807) FROM o WHERE k < 2",
    ours: null,
    theirs: "18446744073709551614",
    reason: "SUM of LONG is LONG or an error that names SUMPRECISION; HUGEINT there",
  },
];
