/**
 * Fetch → visible row: rows a second and a core, counted in CPU seconds of the whole process, from the embedded
 * stream (pushes over HTTP) and from Kafka, beside JSON.parse + append in plain JavaScript on the same rows.
 * Usage: node test/bench/ingest-node.ts [rows]
 */

import { KafkaTopics } from "#ingestion/source/kafka-topics-node";
import { eventBody, eventRow, eventSchema, seeded } from "#test/bench/events";
import { report, rounded, usageOf } from "#test/bench/process-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";
import { type Kafka, startKafka } from "#test/setup/kafka-node";

const partitions = 4;
const bodyRows = 20_000;
const senders = 4;

async function visible(freshet: Freshet, wanted: number): Promise<void> {
  for (;;) {
    const [[count]] = (await freshet.rows("SELECT COUNT(*) FROM events", "useCache=false")) as number[][];
    if (count === wanted) return;
    if ((count as number) > wanted) throw new Error(`${count} rows are visible but ${wanted} were sent`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Runs the work; prints rows per CPU second and per wall second of the server. */
async function measured(
  name: string,
  freshet: Freshet,
  rows: number,
  work: () => Promise<void>,
): Promise<void> {
  const pid = freshet.child.pid as number;
  const before = usageOf(pid);
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const after = usageOf(pid);
  report(`${name}: rows/s per core`, rounded(rows / (after.cpuSeconds - before.cpuSeconds)), "≥ 500,000");
  report(`${name}: rows/s, wall`, rounded(rows / seconds));
  report(`${name}: resident MiB`, rounded(after.residentBytes / 2 ** 20));
}

async function embedded(rows: number): Promise<void> {
  const freshet = await startFreshet();
  try {
    await freshet.post("/schemas", eventSchema);
    const random = seeded(1);
    const bodies: string[] = [];
    for (let first = 0; first < rows; first += bodyRows)
      bodies.push(eventBody(first, Math.min(bodyRows, rows - first), random));
    const push = async (from: readonly string[]): Promise<void> => {
      let next = 0;
      const sender = async () => {
        for (let body = from[next++]; body !== undefined; body = from[next++]) {
          const { status, json } = await freshet.post("/ingest/events", body, {
            "content-type": "application/x-ndjson",
          });
          if (status !== 200 || json["rejected"] !== 0) throw new Error(JSON.stringify(json));
        }
      };
      await Promise.all(Array.from({ length: senders }, sender));
    };
    // A process just started compiles its hot code for some seconds of CPU: told apart from what goes on after it.
    const coldBodies = bodies.slice(0, bodies.length >> 2);
    const coldRows = coldBodies.length * bodyRows;
    await measured("embedded, first quarter", freshet, coldRows, async () => {
      await push(coldBodies);
      await visible(freshet, coldRows);
    });
    await measured("embedded, the rest", freshet, rows - coldRows, async () => {
      const startedMs = performance.now();
      await push(bodies.slice(coldBodies.length));
      const seconds = (performance.now() - startedMs) / 1000;
      report("push: acknowledged rows/s, 4 senders", rounded((rows - coldRows) / seconds), "≥ 200,000");
      await visible(freshet, rows);
    });
  } finally {
    await freshet.dispose();
  }
}

async function produce(kafka: Kafka, rows: number): Promise<void> {
  const topics = new KafkaTopics({ brokers: [kafka.brokers], properties: {}, log: () => {} });
  await topics.create([{ topic: "events", partitions }]);
  const producer = await topics.producer();
  const random = seeded(2);
  for (let first = 0; first < rows; first += 5000) {
    const batch = Array.from({ length: Math.min(5000, rows - first) }, (_, index) =>
      eventRow(first + index, random),
    );
    await producer.send("events", batch);
  }
  await producer.close();
}

async function fromKafka(rows: number): Promise<void> {
  const kafka = await startKafka();
  try {
    await produce(kafka, rows);
    const freshet = await startFreshet();
    try {
      await measured("Kafka (gzip, 4 partitions)", freshet, rows, async () => {
        await freshet.post("/schemas", eventSchema);
        const streamConfigs = {
          streamType: "kafka",
          "stream.kafka.topic.name": "events",
          "stream.kafka.broker.list": kafka.brokers,
        };
        const { status, json } = await freshet.post("/tables", {
          tableName: "events",
          tableType: "REALTIME",
          tableIndexConfig: { streamConfigs },
        });
        if (status !== 200) throw new Error(JSON.stringify(json));
        await visible(freshet, rows);
      });
    } finally {
      await freshet.dispose();
    }
  } finally {
    await kafka.dispose();
  }
}

/** What plain JavaScript does with the same rows: parse each, append each field to an array. */
function parseAndAppend(rows: number): void {
  const random = seeded(3);
  const texts = Array.from({ length: Math.min(rows, 200_000) }, (_, seq) => eventRow(seq, random));
  const bytes = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  const columns = new Map<string, unknown[]>();
  const startedMs = performance.now();
  for (const text of texts) {
    const row = JSON.parse(text) as Record<string, unknown>;
    for (const name in row) {
      let column = columns.get(name);
      if (column === undefined) columns.set(name, (column = []));
      column.push(row[name]);
    }
  }
  report(
    `JSON.parse + append, ${bytes.toFixed(0)}-byte rows: rows/s per core`,
    rounded((texts.length / (performance.now() - startedMs)) * 1000),
  );
}

const rows = Number(process.argv[2] ?? 2_000_000);
parseAndAppend(rows);
await embedded(rows);
await fromKafka(rows);
