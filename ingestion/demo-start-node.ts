/**
 * The café at a start: its tables (over the embedded stream, or over Kafka topics), its dashboard, the day
 * before, and then purchases as time goes on. A folder that had the café keeps its rows: the feed goes on where
 * they end.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Cafe, type DemoRows, demoTopics } from "#ingestion/demo";
import { feedDemo } from "#ingestion/demo-feed";
import type { KafkaTopics } from "#ingestion/source/kafka-topics-node";
import { createTable, type TableAdmin } from "#schemas/admin";
import { parseDashboard } from "#schemas/api/dashboards";
import type { CatalogClient } from "#schemas/catalog";
import { defineTable } from "#schemas/definition/define";
import { messageOf } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { Table } from "#schemas/table";
import type { World } from "#schemas/world";

const folder = new URL("../schemas/tables/", import.meta.url);
const dayMs = 86_400_000;
const seed = 20_251;
/** So that the café's load can be spread; the other topics are small. */
const purchasePartitions = 2;

export interface DemoStart {
  readonly admin: TableAdmin;
  readonly catalog: CatalogClient;
  readonly world: World;
  readonly limits: Limits;
  /** null: the embedded stream. */
  readonly kafka: { readonly topics: KafkaTopics; readonly brokers: readonly string[] } | null;
  /** Purchases a second, over a day. */
  readonly rate: number;
  /** Fill the 24 h before the first start. */
  readonly backfill: boolean;
  readonly signal: AbortSignal;
}

const readJson = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(fileURLToPath(new URL(name, folder)), "utf8")) as Record<string, unknown>;

/** The table config as it stands in the repository, its stream on Kafka when the process has one. */
function configOf(name: keyof typeof demoTopics, brokers: readonly string[] | null): Record<string, unknown> {
  const config = readJson(`${name}.table.json`);
  if (brokers === null) return config;
  const index = config["tableIndexConfig"] as Record<string, unknown>;
  const streamConfigs = {
    streamType: "kafka",
    "stream.kafka.topic.name": demoTopics[name],
    "stream.kafka.broker.list": brokers.join(","),
    "stream.kafka.consumer.prop.auto.offset.reset": "smallest",
    "stream.kafka.decoder.class.name": "org.apache.pinot.plugin.inputformat.json.JSONMessageDecoder",
  };
  return { ...config, tableIndexConfig: { ...index, streamConfigs } };
}

/** False when a table of that name has not the café's columns: somebody's own, or of an earlier version. */
async function makeTables({ admin, world, limits, kafka }: DemoStart): Promise<boolean> {
  for (const name of Object.keys(demoTopics) as (keyof typeof demoTopics)[]) {
    const schemaJson = readJson(`${name}.schema.json`);
    const configJson = configOf(name, kafka?.brokers ?? null);
    const { table } = defineTable(schemaJson, configJson, {
      previous: null,
      nowMs: world.clock.nowMs(),
      limits,
    });
    const found = admin.definitions.record(name)?.table;
    if (found === undefined) await createTable(admin.definitions, { table, schemaJson, configJson });
    else if (!hasColumnsOf(found, table)) {
      const remedy = `drop the table, start with another --data folder, or with --no-demo`;
      world.log("warn", `the demo waits: the table ${name} has not the demo's columns; ${remedy}`);
      return false;
    }
  }
  return true;
}

const hasColumnsOf = (found: Table, wanted: Table): boolean =>
  wanted.columns.every(({ name, type }) =>
    found.columns.some((column) => column.name === name && column.type === type),
  );

async function makeDashboard({ catalog, world }: DemoStart): Promise<void> {
  if ((await catalog.dashboard("cafe")) !== null) return;
  const dashboard = parseDashboard(readJson("dashboards/cafe.json"));
  await catalog.putDashboard({ ...dashboard, version: 0, updatedMs: world.clock.nowMs() });
}

interface Opening {
  /** Event time to go on from. */
  readonly startMs: number;
  readonly isNew: boolean;
}

/** Over the embedded stream: behind the newest purchase, at most a day back. */
function embeddedOpening({ admin, world, backfill }: DemoStart): Opening {
  const nowMs = world.clock.nowMs();
  const summaries = admin.descriptions.summaries();
  const newestMs = summaries.find(({ name }) => name === "purchases")?.newestEventMs ?? null;
  const isNew = summaries.find(({ name }) => name === "products")?.rows === 0;
  const first = backfill ? nowMs - dayMs : nowMs;
  return { startMs: newestMs === null ? first : Math.max(newestMs + 1, nowMs - dayMs), isNew };
}

/** Over Kafka: topics that were there keep what they have, and purchases go on from now. */
async function kafkaOpening({ world, backfill }: DemoStart, topics: KafkaTopics): Promise<Opening> {
  const wanted = Object.values(demoTopics).map((topic) => ({
    topic,
    partitions: topic.startsWith(demoTopics.purchases) ? purchasePartitions : 1,
  }));
  const created = await topics.create(wanted);
  const nowMs = world.clock.nowMs();
  const isNew = created.includes(demoTopics.products);
  return { startMs: isNew && backfill ? nowMs - dayMs : nowMs, isNew };
}

async function feed(start: DemoStart, { startMs, isNew }: Opening): Promise<void> {
  const { admin, world, kafka, rate, signal } = start;
  const producer = kafka === null ? null : await kafka.topics.producer();
  const send = async ({ table, topic, rows }: DemoRows): Promise<void> => {
    if (producer !== null) return producer.send(topic, rows);
    const body = new TextEncoder().encode(rows.join("\n"));
    await admin.pushes.push(table, body, { format: "ndjson", idempotencyKey: null, sync: false });
  };
  const cafe = new Cafe({ seed, rate, startMs, liveMs: world.clock.nowMs(), isNew });
  const batchesUntil = (untilMs: number) => cafe.batchesUntil(untilMs);
  try {
    await feedDemo({ world, batchesUntil, send, signal });
  } finally {
    await producer?.close();
  }
}

/** Makes tables, topics and dashboard; the feed then goes on in the background until the signal. */
export async function startDemo(start: DemoStart): Promise<void> {
  const opening = start.kafka === null ? null : await kafkaOpening(start, start.kafka.topics);
  if (!(await makeTables(start))) return;
  await makeDashboard(start);
  feed(start, opening ?? embeddedOpening(start)).catch((error: unknown) => {
    if (!start.signal.aborted) start.world.log("error", `the demo stopped: ${messageOf(error)}`);
  });
}
