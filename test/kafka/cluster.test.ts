/**
 * Three brokers: leaders die, stand still, come back and are elected anew while a producer writes and we read. Every row
 * is counted once, and a partition says what it waits for until it goes on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";
import { type KafkaCluster, type NodeId, startKafkaCluster } from "#test/setup/kafka-cluster-node";

const patienceMs = 40_000;
const replicas: readonly (readonly NodeId[])[] = [
  [1, 2, 3],
  [2, 3, 1],
  [3, 1, 2],
  [1, 3, 2],
];
const preferred = replicas.map(([first]) => first);
let kafka: KafkaCluster;
let freshet: Freshet;
let feed: Feed;

interface Feed {
  readonly sent: number;
  end(): Promise<void>;
}

beforeAll(async () => {
  kafka = await startKafkaCluster();
  await kafka.createTopic("events", replicas);
  await kafka.createTopic("alone", [[1], [2], [3]]);
  freshet = await startFreshet({ flags: ["--no-demo", "--kafka", kafka.brokers.join(",")] });
  await makeTable("events");
  feed = startFeed();
});
afterAll(async () => {
  await feed?.end().catch(() => {});
  await freshet?.dispose();
  await kafka?.dispose();
});

/** Writes a few rows all the time. */
function startFeed(): Feed {
  const producer = kafka.producer("events");
  let sent = 0;
  const row = (n: number) => `k${n % 97}|${JSON.stringify({ n })}`;
  const timer = setInterval(() => producer.write(Array.from({ length: 20 }, () => row(sent++))), 20);
  return {
    get sent() {
      return sent;
    },
    end: async () => {
      clearInterval(timer);
      await producer.end();
    },
  };
}

async function makeTable(name: string): Promise<void> {
  const prop = "stream.kafka.consumer.prop";
  const streamConfigs = {
    streamType: "kafka",
    "stream.kafka.topic.name": name,
    "stream.kafka.broker.list": kafka.brokers.join(","),
    "stream.kafka.decoder.class.name": "org.apache.pinot.plugin.inputformat.json.JSONMessageDecoder",
    [`${prop}.auto.offset.reset`]: "smallest",
    [`${prop}.request.timeout.ms`]: "1000",
  };
  await freshet.post("/schemas", { schemaName: name, metricFieldSpecs: [{ name: "n", dataType: "LONG" }] });
  const config = {
    tableName: `${name}_REALTIME`,
    tableType: "REALTIME",
    segmentsConfig: { schemaName: name, replication: "1" },
    tableIndexConfig: { streamConfigs },
  };
  expect(await freshet.post("/tables", config)).toMatchObject({ status: 200 });
}

interface Partition {
  readonly state: string;
  readonly lastError: string | null;
  readonly nextOffset: string;
}
const partitionsOf = async (table: string) =>
  ((await freshet.get(`/api/tables/${table}`)) as { partitions: readonly Partition[] }).partitions;
const statesOf = async (table: string) => (await partitionsOf(table)).map(({ state }) => state);

const eventually = (read: () => Promise<unknown>) =>
  expect.poll(() => read().catch((error: unknown) => String(error)), { timeout: patienceMs, interval: 30 });

/** All partitions are read, without an error that lingers, past what has been written by now. */
async function flows(): Promise<void> {
  const { sent } = feed;
  const total = async () => (await freshet.rows("SELECT COUNT(*) FROM events"))[0]?.[0] as number;
  await eventually(async () => (await total()) >= sent).toBe(true);
  const before = (await partitionsOf("events")).map(({ nextOffset }) => BigInt(nextOffset));
  expect(before).toHaveLength(replicas.length);
  const moved = async () =>
    (await partitionsOf("events")).map(
      ({ state, lastError, nextOffset }, at) =>
        lastError ?? `${state}, ${BigInt(nextOffset) > (before[at] as bigint) ? "moving" : "still"}`,
    );
  await eventually(moved).toEqual(before.map(() => "consuming, moving"));
}

/** Looks at a partition all the time; the call answers in which states it was. */
function watched(partition: number): () => Promise<readonly unknown[]> {
  const seen = new Set<unknown>();
  let isDone = false;
  const looking = (async () => {
    while (!isDone) {
      seen.add((await statesOf("events"))[partition]);
      await sleep(30);
    }
  })();
  return async () => {
    isDone = true;
    await looking;
    return [...seen];
  };
}

test("a leader dies: its partitions say so, and go on from the new leader", async () => {
  await eventually(async () => (await partitionsOf("events")).length).toBe(replicas.length);
  await flows();
  expect(await kafka.leaders("events")).toEqual(preferred);
  await kafka.kill(1);
  await eventually(() => statesOf("events")).toEqual(["retrying", "consuming", "consuming", "retrying"]);
  const [first] = await partitionsOf("events");
  expect(first?.lastError).toContain(kafka.address(1));
  await flows();
  const leaders = await kafka.leaders("events");
  expect([leaders[0], leaders[3]]).not.toContain(1);
});

test("a partition without a leader waits; the topic's others are read", async () => {
  await makeTable("alone");
  await eventually(() => statesOf("alone")).toEqual(["retrying", "consuming", "consuming"]);
  expect((await partitionsOf("alone"))[0]?.lastError).toContain("no leader");
});

test("a start whose first broker is dead finds the others, and nothing is read twice", async () => {
  const forced = await freshet.post("/tables/events/forceCommit", {});
  expect(forced.status).toBe(200);
  await freshet.kill();
  freshet = await startFreshet({
    data: freshet.data,
    flags: ["--no-demo", "--kafka", kafka.brokers.join(",")],
  });
  await flows();
});

test("the broker comes back and is elected: we follow the leader, not the one that led", async () => {
  await kafka.start(1);
  await eventually(() => kafka.inSync("events")).toBe(3);
  await kafka.electPreferred();
  await eventually(() => kafka.leaders("events")).toEqual(preferred);
  await flows();
  await eventually(() => statesOf("alone")).toEqual(["consuming", "consuming", "consuming"]);
});

test("a leader that stands still, its connections open, is left for the new one", async () => {
  const states = watched(0);
  kafka.freeze(2);
  await flows();
  // Partition 0 was led by another while broker 1 was dead: whoever went on reading there would stand still now.
  expect(await states()).toEqual(["consuming"]);
  await eventually(async () => (await kafka.leaders("events"))[1]).not.toBe(2);
  kafka.thaw(2);
  await flows();
});

test("every row was counted once", async () => {
  await feed.end();
  const { sent } = feed;
  await eventually(() => freshet.rows("SELECT COUNT(*) FROM events")).toEqual([[sent]]);
  const sums = "SELECT COUNT(*), COUNT(DISTINCT n), MIN(n), MAX(n), SUM(n) FROM events";
  expect(await freshet.rows(sums)).toEqual([[sent, sent, 0, sent - 1, (sent * (sent - 1)) / 2]]);
  expect(await freshet.get("/api/tables/events")).toMatchObject({ gaps: [], rejected: 0 });
});
