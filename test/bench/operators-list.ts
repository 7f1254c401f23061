/** The operators that are measured, as SQL over a table `t`. */

export interface Operator {
  readonly name: string;
  /** Ours; `t` is the table. */
  readonly sql: string;
  /** DuckDB's, where it is written otherwise. */
  readonly duck?: string;
  /** Relative tolerance of numbers: sums of doubles differ in their last digits; estimates differ more. */
  readonly tolerance?: number;
}

const aggregates = "COUNT(*), SUM(m), MIN(m), MAX(m), AVG(m), SUM(q), MIN(q), MAX(q), AVG(q)";
const inList = Array.from({ length: 10 }, (_, at) => `'product number ${at * 97}'`).join(", ");

export const operators: readonly Operator[] = [
  { name: "1a sum of doubles", sql: "SELECT SUM(m) FROM t" },
  { name: "1b sum of int64", sql: "SELECT SUM(q) FROM t" },
  { name: "2a filter 0.1 %, sum", sql: "SELECT SUM(m) FROM t WHERE q < 1800 AND k7 = 'category 1'" },
  { name: "2b filter 10 %, sum", sql: "SELECT SUM(m) FROM t WHERE q < 170000 AND k7 = 'category 1'" },
  { name: "2c filter 50 %, sum", sql: "SELECT SUM(m) FROM t WHERE q < 850000 AND k7 = 'category 1'" },
  { name: "3a 7 groups, 9 aggregates", sql: `SELECT k7, ${aggregates} FROM t GROUP BY k7 ORDER BY k7` },
  {
    name: "3b 1000 groups, 9 aggregates",
    sql: `SELECT k1000, ${aggregates} FROM t GROUP BY k1000 ORDER BY k1000`,
  },
  {
    name: "3c 2000 groups, 9 aggregates",
    sql: `SELECT k2000, ${aggregates} FROM t GROUP BY k2000 ORDER BY k2000`,
  },
  {
    name: "4a 1M int groups, top 10",
    sql: "SELECT user_id, COUNT(*), SUM(q) FROM t GROUP BY user_id ORDER BY 3 DESC, 1 LIMIT 10",
    duck: "SELECT user_id, COUNT(*), SUM(q) FROM t GROUP BY user_id ORDER BY 3 DESC NULLS FIRST, 1 LIMIT 10",
  },
  {
    name: "4b 1M text groups, top 10",
    sql: "SELECT user_name, COUNT(*), SUM(q) FROM t GROUP BY user_name ORDER BY 3 DESC, 1 LIMIT 10",
    duck: "SELECT user_name, COUNT(*), SUM(q) FROM t GROUP BY user_name ORDER BY 3 DESC NULLS FIRST, 1 LIMIT 10",
  },
  {
    name: "5 two keys, 9 aggregates",
    sql: `SELECT k7, k1000, ${aggregates} FROM t GROUP BY k7, k1000 ORDER BY k7, k1000`,
  },
  { name: "6a distinct ints, exact", sql: "SELECT COUNT(DISTINCT user_id) FROM t" },
  { name: "6a distinct texts, exact", sql: "SELECT COUNT(DISTINCT user_name) FROM t" },
  {
    name: "6b distinct ints, HLL",
    sql: "SELECT DISTINCTCOUNTHLL(user_id, 12) FROM t",
    duck: "SELECT approx_count_distinct(user_id) FROM t",
    tolerance: 0.1,
  },
  {
    name: "6c 7 groups, distinct ints",
    sql: "SELECT k7, COUNT(DISTINCT user_id) FROM t GROUP BY k7 ORDER BY k7",
  },
  { name: "7 IN of 10 texts, sum", sql: `SELECT SUM(m) FROM t WHERE k1000 IN (${inList})` },
  {
    name: "8 by minute, count and sum",
    sql: "SELECT DATETRUNC('minute', ts) AS minute, COUNT(*), SUM(q) FROM t GROUP BY minute ORDER BY minute LIMIT 50000",
    duck: "SELECT date_trunc('minute', ts) AS minute, COUNT(*), SUM(q) FROM t GROUP BY minute ORDER BY minute",
  },
  { name: "9 one of 2000 texts, sum", sql: "SELECT SUM(m) FROM t WHERE k2000 = 'store 77'" },
  {
    name: "10 best 10 rows by m",
    sql: "SELECT m, ts FROM t WHERE m IS NOT NULL ORDER BY m DESC, ts LIMIT 10",
  },
  { name: "11 sum of a product", sql: "SELECT SUM(m * q) FROM t" },
  {
    name: "12 filter 60 %, 1000 groups",
    sql: `SELECT k1000, ${aggregates} FROM t WHERE q < 600000 GROUP BY k1000 ORDER BY k1000`,
  },
  { name: "13 LIKE on 1M texts", sql: "SELECT COUNT(*), SUM(m) FROM t WHERE user_name LIKE '%999%'" },
  {
    name: "14 by day and key",
    sql: "SELECT DATETRUNC('day', ts) AS day, k7, COUNT(*), SUM(m) FROM t GROUP BY day, k7 ORDER BY day, k7",
    duck: "SELECT date_trunc('day', ts) AS day, k7, COUNT(*), SUM(m) FROM t GROUP BY ALL ORDER BY day, k7",
  },
  {
    name: "15 ten minutes of a month, sum",
    sql: "SELECT COUNT(*), SUM(m) FROM t WHERE ts >= 1764000000000 AND ts < 1764000600000",
    duck: "SELECT COUNT(*), SUM(m) FROM t WHERE ts >= make_timestamp(1764000000000000) AND ts < make_timestamp(1764000600000000)",
  },
];
