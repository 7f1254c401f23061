/**
 * A web-analytics table, made by DuckDB from hashes of the row number and so always the same: near-unique 64-bit ids,
 * addresses a fifth of which are distinct, mostly empty phrases and models, Zipf-like counters and regions, times that are
 * nearly sorted. As JSON lines on disk (some 530 bytes a row), as DuckDB's table, as our table's schema.
 */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";

export const tableName = "hits";

const dimensions: readonly (readonly [name: string, dataType: string])[] = [
  ["event_id", "LONG"],
  ["user_id", "LONG"],
  ["counter_id", "INT"],
  ["region_id", "INT"],
  ["client_ip", "LONG"],
  ["url", "STRING"],
  ["referer", "STRING"],
  ["title", "STRING"],
  ["search_phrase", "STRING"],
  ["phone_model", "STRING"],
  ["phone", "INT"],
  ["os", "INT"],
  ["agent", "INT"],
  ["width", "INT"],
  ["search_engine", "INT"],
  ["ad_engine", "INT"],
  ["traffic_source", "INT"],
  ["is_refresh", "INT"],
  ["is_counted", "INT"],
  ["is_link", "INT"],
  ["is_download", "INT"],
  ["url_hash", "LONG"],
  ["referer_hash", "LONG"],
];

export const webSchema = {
  schemaName: tableName,
  dimensionFieldSpecs: dimensions.map(([name, dataType]) => ({ name, dataType })),
  dateTimeFieldSpecs: [
    { name: "event_time", dataType: "TIMESTAMP", format: "TIMESTAMP", granularity: "1:MILLISECONDS" },
  ],
};

/** Uniform in [0, 1), by row and salt. */
const share = (salt: number): string => `((hash(i * 64 + ${salt}) % 1048576) / 1048576.0)`;
const below = (salt: number, limit: number): string => `(hash(i * 64 + ${salt}) % ${limit})::BIGINT`;
/** The k-th most frequent of `values` in about 1/k of the rows. */
const zipf = (salt: number, values: number): string => `floor(exp(${share(salt)} * ln(${values})))::BIGINT`;
/** Few values are frequent, most are rare: about a fifth of `rows` in all. */
const skewed = (salt: number, rows: number): string =>
  `floor(power(${share(salt)} + ${below(salt + 1, 1024)} / 1073741824.0, 2.2) * ${Math.floor(rows * 0.34)})::BIGINT`;

/** Some of 30 days, within five minutes of their order. */
const rowsSql = (rows: number): string => `
  WITH seeds AS (
    SELECT i, ${skewed(1, rows)} AS page, ${skewed(3, rows)} AS origin, ${zipf(5, Math.floor(rows / 6))} AS visitor,
      ${share(7)} AS is_search
    FROM range(${rows}) AS t(i)
  ), texts AS (
    SELECT *,
      'https://' || ['www.', 'shop.', 'news.', 'm.'][1 + page % 4] || ['example', 'google', 'market', 'autos', 'homes'][1 + page % 5]
        || (page % 997) || '.test/' || ['catalog', 'search', 'item', 'forum', 'profile'][1 + page % 5] || '/section-' || (page % 53)
        || '/page-' || page || '.html?ref=' || (hash(page) % 1000000) AS url,
      CASE WHEN ${below(9, 10)} < 3 THEN '' ELSE 'http://' || ['www.google', 'yandex', 'mail', 'www.partner'][1 + origin % 4]
        || (origin % 499) || '.test/path/' || origin || '?utm_source=' || (origin % 31) END AS referer
    FROM seeds
  )
  SELECT (hash(i * 64 + 11) >> 1)::BIGINT AS event_id,
    1763000000000 + (i * 2592000000) // ${rows} + ${below(12, 300_000)} AS event_time,
    (hash(visitor) >> 1)::BIGINT AS user_id,
    ${zipf(13, 6000)} AS counter_id,
    ${zipf(14, 5000)} AS region_id,
    (hash(visitor + 1) % 4294967296)::BIGINT AS client_ip,
    url, referer,
    'Title of page ' || (page % 20011) || ' of ' || ['example', 'Google', 'market', 'autos', 'homes'][1 + page % 5] AS title,
    CASE WHEN is_search < 0.84 THEN '' ELSE ['buy ', 'cheap ', 'how to ', 'photo of ', 'Google '][1 + ${below(15, 5)}]
      || 'thing ' || floor(power((is_search - 0.84) / 0.16, 1.3) * ${Math.floor(rows * 0.19)})::BIGINT END AS search_phrase,
    CASE WHEN ${below(16, 10)} < 9 THEN '' ELSE 'model ' || ${zipf(17, 160)} END AS phone_model,
    CASE WHEN ${below(16, 10)} < 9 THEN 0 ELSE ${zipf(18, 80)} END AS phone,
    ${zipf(19, 60)} AS os, ${zipf(20, 80)} AS agent,
    [1920, 1366, 1280, 1536, 360, 390, 414, 2560][1 + ${below(21, 8)}] AS width,
    CASE WHEN is_search < 0.84 THEN 0 ELSE ${zipf(22, 90)} END AS search_engine,
    CASE WHEN ${below(23, 100)} < 95 THEN 0 ELSE ${zipf(24, 18)} END AS ad_engine,
    ${below(25, 11)} - 1 AS traffic_source,
    (${below(26, 10)} < 1)::INT AS is_refresh, (${below(27, 10)} < 9)::INT AS is_counted,
    (${below(28, 20)} < 1)::INT AS is_link, (${below(29, 50)} < 1)::INT AS is_download,
    (hash(url) >> 1)::BIGINT AS url_hash, (hash(referer) >> 1)::BIGINT AS referer_hash
  FROM texts ORDER BY i`;

export interface WebFiles {
  /** Rows as JSON lines, in several files. */
  readonly lines: readonly string[];
}

/** Writes the rows once, then loads them into DuckDB's table `hits`, in the order in which they come. */
export async function loadWeb(duck: DuckDBConnection, rows: number, folder: string): Promise<WebFiles> {
  mkdirSync(folder, { recursive: true });
  const parquet = join(folder, "rows.parquet");
  if (!existsSync(parquet)) {
    await duck.run(`COPY (${rowsSql(rows)}) TO '${parquet}.part' (FORMAT PARQUET, COMPRESSION ZSTD)`);
    renameSync(`${parquet}.part`, parquet);
  }
  const fileRows = 500_000;
  const lines: string[] = [];
  for (let first = 0; first < rows; first += fileRows) {
    const path = join(folder, `rows-${first}.ndjson`);
    lines.push(path);
    if (existsSync(path)) continue;
    const part = `SELECT * FROM '${parquet}' LIMIT ${fileRows} OFFSET ${first}`;
    await duck.run(`COPY (${part}) TO '${path}.part' (FORMAT JSON)`);
    renameSync(`${path}.part`, path);
  }
  await duck.run(
    `CREATE TABLE ${tableName} AS SELECT * REPLACE (make_timestamp(event_time * 1000) AS event_time) FROM '${parquet}'`,
  );
  return { lines };
}
