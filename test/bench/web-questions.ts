/**
 * Forty-three questions in the manner of web analytics' usual benchmark, in the `pinot` dialect, whose LIKE ignores case;
 * DuckDB's spelling beside it where it differs.
 */
export interface Question {
  readonly sql: string;
  readonly duck?: string;
  /** Rows tie in the order: only these columns are compared, as a whole. */
  readonly ties?: readonly number[];
}

const sums = Array.from({ length: 30 }, (_, at) => `SUM(width + ${at})`).join(", ");
const likes = (sql: string): string => sql.replaceAll("LIKE", "ILIKE");
const liking = (sql: string, rest: Omit<Question, "sql" | "duck"> = {}): Question => ({
  sql,
  duck: likes(sql),
  ...rest,
});
const month = "event_time >= '2025-11-14 00:00:00' AND event_time < '2025-12-10 00:00:00'";
const day = "event_time >= '2025-11-20 00:00:00' AND event_time < '2025-11-22 00:00:00'";
const host = (group: string) => `REGEXP_REPLACE(referer, '^https?://(?:www\\.)?([^/]+)/.*$', '${group}')`;
const byHost = (group: string) =>
  `SELECT ${host(group)} AS k, AVG(LENGTH(referer)) AS l, COUNT(*) AS c, MIN(referer) FROM hits WHERE referer <> '' GROUP BY ${host(group)} HAVING COUNT(*) > 5000 ORDER BY l DESC, k LIMIT 25`;

export const questions: readonly Question[] = [
  { sql: "SELECT COUNT(*) FROM hits" },
  { sql: "SELECT COUNT(*) FROM hits WHERE ad_engine <> 0" },
  { sql: "SELECT SUM(ad_engine), COUNT(*), AVG(width) FROM hits" },
  { sql: "SELECT AVG(user_id) FROM hits" },
  { sql: "SELECT COUNT(DISTINCT user_id) FROM hits" },
  { sql: "SELECT COUNT(DISTINCT search_phrase) FROM hits" },
  {
    sql: "SELECT MIN(event_time), MAX(event_time) FROM hits",
    duck: "SELECT epoch_ms(MIN(event_time)), epoch_ms(MAX(event_time)) FROM hits",
  },
  {
    sql: "SELECT ad_engine, COUNT(*) AS c FROM hits WHERE ad_engine <> 0 GROUP BY ad_engine ORDER BY c DESC, ad_engine LIMIT 100",
  },
  {
    sql: "SELECT region_id, COUNT(DISTINCT user_id) AS u FROM hits GROUP BY region_id ORDER BY u DESC, region_id LIMIT 10",
  },
  {
    sql: "SELECT region_id, SUM(ad_engine), COUNT(*) AS c, AVG(width), COUNT(DISTINCT user_id) FROM hits GROUP BY region_id ORDER BY c DESC, region_id LIMIT 10",
  },
  {
    sql: "SELECT phone_model, COUNT(DISTINCT user_id) AS u FROM hits WHERE phone_model <> '' GROUP BY phone_model ORDER BY u DESC, phone_model LIMIT 10",
  },
  {
    sql: "SELECT phone, phone_model, COUNT(DISTINCT user_id) AS u FROM hits WHERE phone_model <> '' GROUP BY phone, phone_model ORDER BY u DESC, phone, phone_model LIMIT 10",
  },
  {
    sql: "SELECT search_phrase, COUNT(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC LIMIT 10",
    ties: [1],
  },
  {
    sql: "SELECT search_phrase, COUNT(DISTINCT user_id) AS u FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY u DESC LIMIT 10",
    ties: [1],
  },
  {
    sql: "SELECT search_engine, search_phrase, COUNT(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_engine, search_phrase ORDER BY c DESC LIMIT 10",
    ties: [2],
  },
  { sql: "SELECT user_id, COUNT(*) AS c FROM hits GROUP BY user_id ORDER BY c DESC LIMIT 10", ties: [1] },
  {
    sql: "SELECT user_id, search_phrase, COUNT(*) AS c FROM hits GROUP BY user_id, search_phrase ORDER BY c DESC LIMIT 10",
    ties: [2],
  },
  {
    sql: "SELECT user_id, search_phrase, COUNT(*) AS c FROM hits GROUP BY user_id, search_phrase LIMIT 10",
    ties: [],
  },
  {
    sql: "SELECT user_id, EXTRACT(MINUTE FROM event_time) AS m, search_phrase, COUNT(*) AS c FROM hits GROUP BY user_id, EXTRACT(MINUTE FROM event_time), search_phrase ORDER BY c DESC LIMIT 10",
    ties: [3],
  },
  { sql: "SELECT user_id FROM hits WHERE user_id = 435090932899640449" },
  liking("SELECT COUNT(*) FROM hits WHERE url LIKE '%google%'"),
  liking(
    "SELECT search_phrase, MIN(url), COUNT(*) AS c FROM hits WHERE url LIKE '%google%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC LIMIT 10",
    { ties: [2] },
  ),
  liking(
    "SELECT search_phrase, MIN(url), MIN(title), COUNT(*) AS c, COUNT(DISTINCT user_id) FROM hits WHERE title LIKE '%google%' AND url NOT LIKE '%.google.%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC LIMIT 10",
    { ties: [3] },
  ),
  liking("SELECT * FROM hits WHERE url LIKE '%google%' ORDER BY event_time LIMIT 10", { ties: [] }),
  { sql: "SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time LIMIT 10", ties: [] },
  { sql: "SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY search_phrase LIMIT 10" },
  {
    sql: "SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time, search_phrase LIMIT 10",
  },
  {
    sql: "SELECT counter_id, AVG(LENGTH(url)) AS l, COUNT(*) AS c FROM hits WHERE url <> '' GROUP BY counter_id HAVING COUNT(*) > 5000 ORDER BY l DESC, counter_id LIMIT 25",
  },
  { sql: byHost("$1"), duck: byHost("\\1") },
  { sql: `SELECT ${sums} FROM hits` },
  {
    sql: "SELECT search_engine, client_ip, COUNT(*) AS c, SUM(is_refresh), AVG(width) FROM hits WHERE search_phrase <> '' GROUP BY search_engine, client_ip ORDER BY c DESC LIMIT 10",
    ties: [2],
  },
  {
    sql: "SELECT event_id, client_ip, COUNT(*) AS c, SUM(is_refresh), AVG(width) FROM hits WHERE search_phrase <> '' GROUP BY event_id, client_ip ORDER BY c DESC LIMIT 10",
    ties: [2],
  },
  {
    sql: "SELECT event_id, client_ip, COUNT(*) AS c, SUM(is_refresh), AVG(width) FROM hits GROUP BY event_id, client_ip ORDER BY c DESC LIMIT 10",
    ties: [2],
  },
  { sql: "SELECT url, COUNT(*) AS c FROM hits GROUP BY url ORDER BY c DESC LIMIT 10", ties: [1] },
  {
    sql: "SELECT 1, url, COUNT(*) AS c FROM hits GROUP BY 1, url ORDER BY c DESC LIMIT 10",
    duck: "SELECT 1, url, COUNT(*) AS c FROM hits GROUP BY ALL ORDER BY c DESC LIMIT 10",
    ties: [2],
  },
  {
    sql: "SELECT client_ip, client_ip - 1, client_ip - 2, client_ip - 3, COUNT(*) AS c FROM hits GROUP BY client_ip, client_ip - 1, client_ip - 2, client_ip - 3 ORDER BY c DESC LIMIT 10",
    ties: [4],
  },
  {
    sql: `SELECT url, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${month} AND is_counted = 1 AND is_refresh = 0 AND url <> '' GROUP BY url ORDER BY v DESC LIMIT 10`,
    ties: [1],
  },
  {
    sql: `SELECT title, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${month} AND is_counted = 1 AND is_refresh = 0 AND title <> '' GROUP BY title ORDER BY v DESC LIMIT 10`,
    ties: [1],
  },
  {
    sql: `SELECT url, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${month} AND is_refresh = 0 AND is_link <> 0 AND is_download = 0 GROUP BY url ORDER BY v DESC LIMIT 10 OFFSET 100`,
    ties: [1],
  },
  {
    sql: `SELECT traffic_source, search_engine, ad_engine, CASE WHEN search_engine = 0 AND ad_engine = 0 THEN referer ELSE '' END AS src, url, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${month} AND is_refresh = 0 GROUP BY traffic_source, search_engine, ad_engine, CASE WHEN search_engine = 0 AND ad_engine = 0 THEN referer ELSE '' END, url ORDER BY v DESC LIMIT 10 OFFSET 100`,
    ties: [5],
  },
  {
    sql: `SELECT url_hash, DATETRUNC('day', event_time) AS d, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${month} AND is_refresh = 0 AND traffic_source IN (-1, 6) GROUP BY url_hash, DATETRUNC('day', event_time) ORDER BY v DESC LIMIT 10`,
    ties: [2],
  },
  {
    sql: `SELECT width, os, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${month} AND is_refresh = 0 AND is_counted = 1 GROUP BY width, os ORDER BY v DESC, width, os LIMIT 10 OFFSET 20`,
  },
  {
    sql: `SELECT DATETRUNC('minute', event_time) AS m, COUNT(*) AS v FROM hits WHERE counter_id = 62 AND ${day} AND is_refresh = 0 AND is_counted = 1 GROUP BY DATETRUNC('minute', event_time) ORDER BY DATETRUNC('minute', event_time) LIMIT 10 OFFSET 100`,
    ties: [1],
  },
];
