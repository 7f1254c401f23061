/**
 * Small queries over 10,000 rows, as a dashboard asks them: time inside the process from text to encoded answer (the
 * response's timeUsedUs), time over HTTP, and queries a second and a core.
 * Usage: node test/bench/small-query-node.ts
 */
import { eventBody, eventSchema, seeded } from "#test/bench/events";
import { report, rounded, share, usageOf } from "#test/bench/process-node";
import { startFreshet } from "#test/setup/freshet-node";

const rows = 10_000;
const rounds = 2000;
const loadMs = 5000;
const loadClients = 8;

const statements: readonly (readonly [string, string])[] = [
  ["count", "SELECT COUNT(*) FROM events"],
  ["sum of a range", "SELECT SUM(amount) FROM events WHERE ts >= 1763000002000 AND ts < 1763000007000"],
  [
    "group by country",
    "SELECT country, COUNT(*), SUM(amount) FROM events GROUP BY country ORDER BY 3 DESC LIMIT 10",
  ],
  [
    "by minute",
    "SELECT DATETRUNC('second', ts) AS t, AVG(latency_ms) FROM events WHERE device = 'phone' GROUP BY t ORDER BY t LIMIT 100",
  ],
  ["newest rows", "SELECT ts, page, latency_ms FROM events ORDER BY ts DESC LIMIT 20"],
];

const freshet = await startFreshet();
try {
  await freshet.post("/schemas", eventSchema);
  await freshet.post("/ingest/events?sync=true", eventBody(0, rows, seeded(7)), {
    "content-type": "application/x-ndjson",
  });
  for (const [name, sql] of statements) {
    const inside: number[] = [];
    const outside: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startedMs = performance.now();
      const answer = await freshet.sql(sql, "useCache=false");
      outside.push(performance.now() - startedMs);
      inside.push((answer["timeUsedUs"] as number) / 1000);
    }
    const warm = inside.slice(rounds / 10);
    report(`${name}: inside, p50`, `${share(warm, 0.5).toFixed(3)} ms`, "≤ 0.5 ms");
    report(`${name}: inside, p99`, `${share(warm, 0.99).toFixed(3)} ms`);
    report(`${name}: over HTTP, p50`, `${share(outside.slice(rounds / 10), 0.5).toFixed(3)} ms`);
  }
  const pid = freshet.child.pid as number;
  const before = usageOf(pid).cpuSeconds;
  const endMs = performance.now() + loadMs;
  let asked = 0;
  const client = async (first: number) => {
    for (let at = first; performance.now() < endMs; at++, asked++) {
      await freshet.sql(
        (statements[at % statements.length] as readonly [string, string])[1],
        "useCache=false",
      );
    }
  };
  await Promise.all(Array.from({ length: loadClients }, (_, first) => client(first)));
  report("mix over HTTP: queries/s per core", rounded(asked / (usageOf(pid).cpuSeconds - before)));
} finally {
  await freshet.dispose();
}
