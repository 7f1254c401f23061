/**
 * Restart with sealed rows and a full tail: seconds from the start of the process to the first right answer.
 * Usage: node test/bench/restart-node.ts [rows]
 */
import { eventBody, eventSchema, seeded } from "#test/bench/events";
import { report, rounded, usageOf } from "#test/bench/process-node";
import { startFreshet } from "#test/setup/freshet-node";

const bodyRows = 20_000;
const tailRows = 900_000;

const rows = Number(process.argv[2] ?? 10_000_000);
const first = await startFreshet();
const random = seeded(11);
await first.post("/schemas", eventSchema);
const send = async (from: number, count: number) => {
  for (let at = from; at < from + count; at += bodyRows) {
    const { status, json } = await first.post("/ingest/events", eventBody(at, bodyRows, random), {
      "content-type": "application/x-ndjson",
    });
    if (status !== 200) throw new Error(JSON.stringify(json));
  }
};
await send(0, rows);
await first.post("/tables/events/forceCommit", {});
for (;;) {
  const table = (await first.get("/api/tables/events")) as {
    segments: { state: string; rows: number; bytes: number }[];
  };
  const sealed = table.segments.filter(({ state }) => state === "sealed");
  const total = (of: "rows" | "bytes") => sealed.reduce((sum, segment) => sum + segment[of], 0);
  if (total("rows") >= rows) {
    report("bytes a row in sealed segments", (total("bytes") / total("rows")).toFixed(1));
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}
await send(rows, tailRows);
const expected = await first.rows("SELECT COUNT(*), SUM(seq) FROM events");
await first.kill();
const startedMs = performance.now();
const second = await startFreshet({ data: first.data });
try {
  const found = await second.rows("SELECT COUNT(*), SUM(seq) FROM events");
  const seconds = (performance.now() - startedMs) / 1000;
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  report(
    `kill -9 with ${rounded(rows)} sealed + ${rounded(tailRows)} tail rows: first right answer`,
    `${seconds.toFixed(2)} s`,
  );
  report("resident MiB after it", rounded(usageOf(second.child.pid as number).residentBytes / 2 ** 20));
} finally {
  await second.dispose();
}
