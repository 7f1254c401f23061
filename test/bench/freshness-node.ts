/**
 * Freshness at a steady 10,000 rows a second: from the moment the stream has a row (Kafka's or the push's
 * acknowledgement) to the first answer that counts it. Open loop: rows are sent by the clock, not by the answers.
 * Usage: node test/bench/freshness-node.ts [seconds]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { KafkaTopics } from "#ingestion/source/kafka-topics-node";
import { eventRow, eventSchema, seeded } from "#test/bench/events";
import { report, share } from "#test/bench/process-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";
import { startKafka } from "#test/setup/kafka-node";

const rowsPerSecond = 10_000;
const batchMs = 20;

/** Sends `seconds` of rows by the clock and asks all the time; answers the delays in ms, one a batch. */
async function delays(
  freshet: Freshet,
  seconds: number,
  send: (rows: readonly string[]) => Promise<void>,
): Promise<number[]> {
  const random = seeded(5);
  const batchRows = (rowsPerSecond * batchMs) / 1000;
  const waiting: { rows: number; atMs: number }[] = [];
  const found: number[] = [];
  let sent = 0;
  let done = false;
  const asking = (async () => {
    while (!done || waiting.length > 0) {
      const [[count]] = (await freshet.rows("SELECT COUNT(*) FROM events", "useCache=false")) as number[][];
      const nowMs = performance.now();
      while (waiting.length > 0 && (waiting[0] as { rows: number }).rows <= (count as number)) {
        found.push(Math.max(0, nowMs - (waiting.shift() as { atMs: number }).atMs));
      }
    }
  })();
  const startedMs = performance.now();
  const sending: Promise<void>[] = [];
  for (let batch = 0; batch < (seconds * 1000) / batchMs; batch++) {
    const dueMs = startedMs + batch * batchMs;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    const rows = Array.from({ length: batchRows }, () => eventRow(sent++, random, Date.now()));
    const upTo = sent;
    sending.push(send(rows).then(() => void waiting.push({ rows: upTo, atMs: performance.now() })));
  }
  await Promise.all(sending);
  done = true;
  await asking;
  return found;
}

function print(name: string, found: readonly number[]): void {
  report(`${name}: fresh after, p50`, `${share(found, 0.5).toFixed(1)} ms`, "≤ 50 ms");
  report(`${name}: fresh after, p99`, `${share(found, 0.99).toFixed(1)} ms`);
}

async function embedded(seconds: number): Promise<void> {
  const freshet = await startFreshet();
  try {
    await freshet.post("/schemas", eventSchema);
    const send = async (rows: readonly string[]) => {
      await freshet.post("/ingest/events", rows.join("\n"), { "content-type": "application/x-ndjson" });
    };
    print("push", await delays(freshet, seconds, send));
  } finally {
    await freshet.dispose();
  }
}

async function fromKafka(seconds: number): Promise<void> {
  const kafka = await startKafka();
  const freshet = await startFreshet();
  try {
    const topics = new KafkaTopics({ brokers: [kafka.brokers], properties: {}, log: () => {} });
    await topics.create([{ topic: "events", partitions: 2 }]);
    await freshet.post("/schemas", eventSchema);
    const streamConfigs = {
      streamType: "kafka",
      "stream.kafka.topic.name": "events",
      "stream.kafka.broker.list": kafka.brokers,
    };
    await freshet.post("/tables", {
      tableName: "events",
      tableType: "REALTIME",
      tableIndexConfig: { streamConfigs },
    });
    const producer = await topics.producer();
    print("Kafka", await delays(freshet, seconds, (rows) => producer.send("events", rows)));
    await producer.close();
  } finally {
    await freshet.dispose();
    await kafka.dispose();
  }
}

const seconds = Number(process.argv[2] ?? 20);
await embedded(seconds);
await fromKafka(seconds);
