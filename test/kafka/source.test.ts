/** Our Kafka source against a real Apache Kafka, with batches that its own Java producer wrote. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readKafkaBatch } from "#ingestion/decode/record-batch";
import { KafkaSource } from "#ingestion/source/kafka-node";
import { KafkaTopics } from "#ingestion/source/kafka-topics-node";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";
import { OffsetGone } from "#schemas/source";
import { type Kafka, startKafka } from "#test/setup/kafka-node";

let kafka: Kafka;
const sources: KafkaSource[] = [];
const log = () => {};

beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(async () => {
  await Promise.all(sources.map((source) => source.close()));
  await kafka.dispose();
});

function open(
  topic: string,
  options: { brokers?: string; properties?: Record<string, string> } = {},
): KafkaSource {
  const source = new KafkaSource({
    topic,
    brokers: [options.brokers ?? kafka.brokers],
    properties: options.properties ?? {},
    limits,
    log,
  });
  sources.push(source);
  return source;
}

const produce = (topic: string, rows: readonly string[], ...more: string[]) =>
  kafka.tool(
    "org.apache.kafka.tools.ConsoleProducer",
    ["--bootstrap-server", kafka.brokers, "--topic", topic, ...more],
    `${rows.join("\n")}\n`,
  );

const rowsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => JSON.stringify({ name, index, text: "é".repeat(index % 50) }));

/** All values of a partition from `from` to its end, with their offsets. */
async function readAll(source: KafkaSource, partition: number, from = 0n): Promise<Map<bigint, string>> {
  const found = new Map<bigint, string>();
  let offset = from;
  for (;;) {
    const { batches, endOffset } = await source.fetch(partition, offset, {
      waitMs: 50,
      bytesMax: 1 << 20,
      signal: AbortSignal.timeout(20_000),
    });
    for (const batch of batches) {
      for await (const { bytes, count, starts, lengths, offsets } of readKafkaBatch(batch, limits)) {
        for (let row = 0; row < count; row++) {
          const start = starts[row] as number;
          const value = new TextDecoder().decode(bytes.subarray(start, start + (lengths[row] as number)));
          if ((offsets[row] as bigint) >= from) found.set(offsets[row] as bigint, value);
        }
      }
      offset = batch.endOffset;
    }
    if (offset >= endOffset) return found;
  }
}

const faultOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => null,
    (error) => error,
  );

describe("codecs of Kafka's Java producer", () => {
  test.each(["none", "gzip", "snappy", "lz4", "zstd"])("%s", async (codec) => {
    const topic = `codec-${codec}`;
    await kafka.createTopic(topic, 1);
    const rows = rowsOf(codec, 3000);
    await produce(topic, rows, "--compression-codec", codec);
    const found = await readAll(open(topic), 0);
    expect([...found.values()]).toEqual(rows);
    expect([...found.keys()].at(-1)).toBe(2999n);
    const middle = await readAll(open(topic), 0, 1234n);
    expect([...middle.values()]).toEqual(rows.slice(1234));
  });
});

describe("partitions and offsets", () => {
  test("grow while we read", async () => {
    await kafka.createTopic("growing", 1);
    const source = open("growing");
    expect(await source.partitions()).toEqual([0]);
    await kafka.addPartitions("growing", 3);
    await expect.poll(() => source.partitions(), { timeout: 10_000 }).toEqual([0, 1, 2]);
  });

  test("first offsets: smallest, largest, by time", async () => {
    await kafka.createTopic("offsets", 1);
    await produce("offsets", ["1", "2", "3"]);
    const source = open("offsets");
    expect(await source.firstOffset(0, "smallest")).toBe(0n);
    expect(await source.firstOffset(0, "largest")).toBe(3n);
    expect(await source.firstOffset(0, { timestampMs: Date.now() - 60_000 })).toBe(0n);
    expect(await source.firstOffset(0, { timestampMs: Date.now() + 60_000 })).toBe(3n);
  });

  test("an offset past the end is gone, and says what there is", async () => {
    const error = await faultOf(
      open("offsets").fetch(0, 99n, { waitMs: 10, bytesMax: 1 << 20, signal: AbortSignal.timeout(9000) }),
    );
    expect(error).toBeInstanceOf(OffsetGone);
    expect(error).toMatchObject({ startOffset: 0n, endOffset: 3n });
  });

  test("a record's CRC tells a recreated topic from the old one", async () => {
    const source = open("recreated");
    await kafka.createTopic("recreated", 1);
    await produce("recreated", ["a", "b"]);
    const before = await source.recordCrc(0, 1n);
    expect(before).toBe(await source.recordCrc(0, 1n));
    await kafka.deleteTopic("recreated");
    await expect
      .poll(async () => (await faultOf(source.partitions())) instanceof StoreError, { timeout: 20_000 })
      .toBe(true);
    await kafka.createTopic("recreated", 1);
    await produce("recreated", ["a", "c"]);
    await expect.poll(() => source.recordCrc(0, 1n).catch(() => null), { timeout: 20_000 }).not.toBeNull();
    expect(await source.recordCrc(0, 1n)).not.toBe(before);
  });
});

describe("logins", () => {
  const jaas = (password: string) =>
    `org.apache.kafka.common.security.plain.PlainLoginModule required username="freshet" password="${password}";`;

  test.each(["PLAIN", "SCRAM-SHA-256"])("SASL %s", async (mechanism) => {
    const properties = {
      "security.protocol": "SASL_PLAINTEXT",
      "sasl.mechanism": mechanism,
      "sasl.jaas.config": jaas("secret"),
    };
    const found = await readAll(open("offsets", { brokers: kafka.saslBrokers, properties }), 0);
    expect([...found.values()]).toEqual(["1", "2", "3"]);
  });

  test("a wrong password is said", async () => {
    const properties = {
      "security.protocol": "SASL_PLAINTEXT",
      "sasl.mechanism": "PLAIN",
      "sasl.jaas.config": jaas("wrong"),
    };
    const error = await faultOf(open("offsets", { brokers: kafka.saslBrokers, properties }).partitions());
    expect(error).toMatchObject({ code: "STREAM_UNREACHABLE" });
    expect(String(error)).toContain("login failed");
  });

  test("TLS with the broker's certificate; without it, a clear refusal", async () => {
    const properties = { "security.protocol": "SSL", "ssl.truststore.certificates": kafka.certificate };
    const found = await readAll(open("offsets", { brokers: kafka.tlsBrokers, properties }), 0);
    expect([...found.values()]).toEqual(["1", "2", "3"]);
    const untrusted = { brokers: kafka.tlsBrokers, properties: { "security.protocol": "SSL" } };
    expect(await faultOf(open("offsets", untrusted).partitions())).toMatchObject({
      code: "STREAM_UNREACHABLE",
    });
  });
});

describe("topics of the process", () => {
  test("are listed, sampled, made and filled", async () => {
    const topics = new KafkaTopics({ brokers: [kafka.brokers], properties: {}, log });
    await topics.create([
      { topic: "made", partitions: 2 },
      { topic: "offsets", partitions: 1 },
    ]);
    expect(await topics.list()).toContainEqual({ name: "made", partitions: 2 });
    const producer = await topics.producer();
    await producer.send("made", ['{"a":1}', '{"a":2}', '{"a":3}']);
    await producer.close();
    expect((await topics.sample("made", 10)).length).toBe(3);
    expect(await topics.sample("offsets", 2)).toEqual(["2", "3"]);
  });
});

describe("a broker that goes away", () => {
  test("is unreachable, then read on from the same offset", async () => {
    const source = open("offsets");
    await readAll(source, 0);
    await kafka.kill();
    const ask = () =>
      source.fetch(0, 3n, { waitMs: 10, bytesMax: 1 << 20, signal: AbortSignal.timeout(9000) });
    expect(await faultOf(ask())).toMatchObject({ code: "STREAM_UNREACHABLE" });
    await kafka.start();
    await produce("offsets", ["4"]);
    await expect
      .poll(
        () =>
          readAll(source, 0, 3n).then(
            (rows) => [...rows.values()],
            () => [],
          ),
        { timeout: 30_000, interval: 500 },
      )
      .toEqual(["4"]);
  });
});
