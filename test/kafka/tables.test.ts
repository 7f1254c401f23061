/** Tables over a real Kafka in the real process: Pinot's configs unchanged, and everything that happens to a topic. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Freshet, startFreshet, startsAndFails } from "#test/setup/freshet-node";
import { type Kafka, startKafka } from "#test/setup/kafka-node";

const patienceMs = 40_000;
let kafka: Kafka;
let freshet: Freshet;

beforeAll(async () => {
  kafka = await startKafka();
  freshet = await startFreshet({ flags: ["--no-demo", "--kafka", kafka.brokers] });
});
afterAll(async () => {
  await freshet.dispose();
  await kafka.dispose();
});

const produce = (topic: string, rows: readonly string[], ...more: string[]) =>
  kafka.tool(
    "org.apache.kafka.tools.ConsoleProducer",
    ["--bootstrap-server", kafka.brokers, "--topic", topic, ...more],
    `${rows.join("\n")}\n`,
  );

const rowsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({ n: first + index, name: `row ${first + index}`, ts: 1_700_000_000_000 + index }),
  );

/** A realtime table as Pinot users write it. */
async function makeTable(name: string, topic: string, more: Record<string, string> = {}): Promise<void> {
  const schema = {
    schemaName: name,
    dimensionFieldSpecs: [{ name: "name", dataType: "STRING" }],
    metricFieldSpecs: [{ name: "n", dataType: "LONG" }],
    dateTimeFieldSpecs: [
      { name: "ts", dataType: "TIMESTAMP", format: "1:MILLISECONDS:EPOCH", granularity: "1:MILLISECONDS" },
    ],
  };
  const config = {
    tableName: `${name}_REALTIME`,
    tableType: "REALTIME",
    segmentsConfig: { timeColumnName: "ts", replication: "1", schemaName: name },
    tenants: {},
    tableIndexConfig: {
      loadMode: "MMAP",
      streamConfigs: {
        streamType: "kafka",
        "stream.kafka.topic.name": topic,
        "stream.kafka.broker.list": kafka.brokers,
        "stream.kafka.consumer.type": "lowlevel",
        "stream.kafka.consumer.prop.auto.offset.reset": "smallest",
        "stream.kafka.consumer.factory.class.name":
          "org.apache.pinot.plugin.stream.kafka30.KafkaConsumerFactory",
        "stream.kafka.decoder.class.name": "org.apache.pinot.plugin.inputformat.json.JSONMessageDecoder",
        "realtime.segment.flush.threshold.rows": "0",
        "realtime.segment.flush.threshold.time": "24h",
        "realtime.segment.flush.threshold.segment.size": "50M",
        ...more,
      },
    },
    metadata: {},
  };
  expect((await freshet.post("/schemas", schema)).json).toMatchObject({
    status: `${name} successfully added`,
  });
  expect((await freshet.post("/tables", config)).json).toMatchObject({
    status: `Table ${name} successfully added`,
  });
}

const totals = async (table: string) => (await freshet.rows(`SELECT COUNT(*), SUM(n) FROM ${table}`))[0];
const sumTo = (count: number) => (count * (count - 1)) / 2;

const eventually = (read: () => Promise<unknown>) =>
  expect.poll(() => read().catch((error: unknown) => String(error)), { timeout: patienceMs, interval: 200 });

interface Detail {
  readonly partitions: readonly {
    state: string;
    lagRows: number | null;
    lastError: string | null;
    nextOffset: string;
  }[];
  readonly gaps: readonly { start: string; end: string }[];
}
const detail = async (table: string) => (await freshet.get(`/api/tables/${table}`)) as Detail;

describe("a Pinot table config works unchanged", () => {
  test.each(["none", "gzip", "snappy", "lz4", "zstd"])("%s batches, two partitions", async (codec) => {
    const name = `codec_${codec}`;
    await kafka.createTopic(name, 2);
    await produce(name, rowsFrom(0, 2000), "--compression-codec", codec);
    await makeTable(name, name);
    await eventually(() => totals(name)).toEqual([2000, sumTo(2000)]);
  });

  test.each(["gzip", "snappy", "lz4", "zstd"])(
    "%s batches that unpack past what is held at a time",
    async (codec) => {
      const name = `wide_${codec}`;
      await kafka.createTopic(name, 1);
      const rows = Array.from({ length: 150_000 }, (_, n) =>
        JSON.stringify({
          n,
          name: `an ordinary row with a name of its own, of the kind ${n % 7}`,
          ts: 1_700_000_000_000 + n,
        }),
      );
      await produce(
        name,
        rows,
        "--compression-codec",
        codec,
        "--batch-size",
        "100000000",
        "--producer-property",
        "batch.size=100000000",
        "--producer-property",
        "linger.ms=4000",
        "--producer-property",
        "max.request.size=100000000",
        "--producer-property",
        "buffer.memory=200000000",
      );
      await makeTable(name, name);
      await eventually(() => totals(name)).toEqual([rows.length, sumTo(rows.length)]);
      expect((await freshet.sql(`SELECT COUNT(*) FROM ${name}`))["partialResult"]).toBeFalsy();
    },
  );

  test("two tables read one topic; a push to a Kafka table is refused with a hint", async () => {
    await makeTable("second", "codec_none");
    await eventually(() => totals("second")).toEqual([2000, sumTo(2000)]);
    const { status, json } = await freshet.post("/ingest/second", rowsFrom(0, 1)[0]);
    expect(status).toBe(409);
    expect(json["error"]).toContain("codec_none");
  });

  test("rejects are kept with partition, offset and reason; unknown fields are counted", async () => {
    await kafka.createTopic("mixed", 1);
    await produce("mixed", [
      '{"n":1,"ts":1,"extra":true}',
      "not json",
      '{"n":"x","ts":1}',
      '{"n":2,"ts":1}',
      '{"n":3}',
    ]);
    await makeTable("mixed", "mixed");
    await eventually(() => totals("mixed")).toEqual([2, 3]);
    const letters = (await freshet.get("/api/tables/mixed/dead-letters")) as {
      total: number;
      samples: { offset: string; reason: string }[];
    };
    expect(letters.total).toBe(3);
    expect(letters.samples.map(({ offset }) => offset).sort()).toEqual(["1", "2", "4"]);
    expect(await freshet.get("/api/tables/mixed")).toMatchObject({
      rejected: 3,
      unknownFields: [{ name: "extra", count: 1 }],
    });
  });
});

describe("a topic becomes a table as the app makes one", () => {
  test("listed, inferred from its rows, created, consumed", async () => {
    await kafka.createTopic("found", 1);
    await produce("found", rowsFrom(0, 30));
    expect(await freshet.get("/api/topics")).toContainEqual({ name: "found", partitions: 1, table: null });
    const inferred = (await freshet.post("/api/infer", { topic: "found", table: "found" })).json;
    expect(inferred["schema"]).toMatchObject({ schemaName: "found" });
    expect((await freshet.post("/schemas", inferred["schema"])).status).toBe(200);
    expect((await freshet.post("/tables", inferred["config"])).json).toMatchObject({
      ignored: expect.any(Array),
    });
    await eventually(() => totals("found")).toEqual([30, sumTo(30)]);
    expect(await freshet.get("/api/topics")).toContainEqual({ name: "found", partitions: 1, table: "found" });
  });
});

describe("what happens to topics and brokers", () => {
  test("a wrong address is put right by PUT, and every partition begins where the table says", async () => {
    await kafka.createTopic("moved", 3);
    await produce("moved", rowsFrom(0, 300));
    await makeTable("moved", "moved", {
      "stream.kafka.broker.list": "127.0.0.1:1",
      "stream.kafka.consumer.prop.auto.offset.reset": "largest",
    });
    const tableOf = async () => ((await freshet.get("/tables/moved")) as { REALTIME: object }).REALTIME;
    await eventually(() => detail("moved")).toMatchObject({
      state: "degraded",
      message: expect.stringContaining("Kafka at 127.0.0.1:1"),
      partitions: [],
    });
    const config = JSON.stringify(await tableOf()).replace("127.0.0.1:1", kafka.brokers);
    const changed = await fetch(`${freshet.url}/tables/moved`, { method: "PUT", body: config });
    expect(changed.status).toBe(200);
    await eventually(async () => (await detail("moved")).partitions.map(({ state }) => state)).toEqual([
      "consuming",
      "consuming",
      "consuming",
    ]);
    const ends = (await detail("moved")).partitions.map(({ nextOffset }) => Number(nextOffset));
    expect(ends.reduce((sum, end) => sum + end)).toBe(300);
    expect(await freshet.rows("SELECT COUNT(*) FROM moved")).toEqual([[0]]);
    await produce("moved", rowsFrom(0, 30));
    await eventually(() => totals("moved")).toEqual([30, sumTo(30)]);
  });

  test("partitions added while running are read", async () => {
    await kafka.createTopic("growing", 1);
    await produce("growing", rowsFrom(0, 10));
    await makeTable("growing", "growing");
    await eventually(() => totals("growing")).toEqual([10, sumTo(10)]);
    await kafka.addPartitions("growing", 4);
    const keyed = ["--property", "parse.key=true", "--property", "key.separator=|"];
    await produce(
      "growing",
      rowsFrom(10, 90).map((row, index) => `k${index}|${row}`),
      ...keyed,
    );
    await eventually(() => totals("growing")).toEqual([100, sumTo(100)]);
    expect((await detail("growing")).partitions.length).toBe(4);
  });

  test("a broker that dies is retried visibly, then read on without loss", async () => {
    await kafka.createTopic("durable", 1);
    await produce("durable", rowsFrom(0, 50));
    await makeTable("durable", "durable");
    await eventually(() => totals("durable")).toEqual([50, sumTo(50)]);
    await kafka.kill();
    await eventually(async () => (await detail("durable")).partitions[0]?.state).toBe("retrying");
    expect((await detail("durable")).partitions[0]?.lastError).toContain(kafka.brokers);
    expect(await totals("durable")).toEqual([50, sumTo(50)]);
    await kafka.start();
    await produce("durable", rowsFrom(50, 50));
    await eventually(() => totals("durable")).toEqual([100, sumTo(100)]);
  });

  test("kill -9, then start: every row exactly once; sealed and unsealed", async () => {
    expect((await freshet.post("/tables/durable/forceCommit", {})).status).toBe(200);
    await produce("durable", rowsFrom(100, 100));
    await eventually(() => totals("durable")).toEqual([200, sumTo(200)]);
    await freshet.kill();
    await produce("durable", rowsFrom(200, 100));
    freshet = await startFreshet({ data: freshet.data, flags: ["--no-demo", "--kafka", kafka.brokers] });
    await eventually(() => totals("durable")).toEqual([300, sumTo(300)]);
    expect(await freshet.rows("SELECT COUNT(DISTINCT n), MIN(n), MAX(n) FROM durable")).toEqual([
      [300, 0, 299],
    ]);
  });

  test("offsets that the topic lost are a recorded gap, in every response over it", async () => {
    await kafka.createTopic("losing", 1);
    await produce("losing", rowsFrom(0, 10));
    await makeTable("losing", "losing");
    await eventually(() => totals("losing")).toEqual([10, sumTo(10)]);
    expect((await freshet.post("/tables/losing/pauseConsumption", {})).status).toBe(200);
    await produce("losing", rowsFrom(10, 20));
    const deletion = JSON.stringify({
      partitions: [{ topic: "losing", partition: 0, offset: 25 }],
      version: 1,
    });
    const { writeFileSync } = await import("node:fs");
    writeFileSync(`${kafka.folder}/delete.json`, deletion);
    await kafka.tool("org.apache.kafka.tools.DeleteRecordsCommand", [
      "--bootstrap-server",
      kafka.brokers,
      "--offset-json-file",
      `${kafka.folder}/delete.json`,
    ]);
    expect((await freshet.post("/tables/losing/resumeConsumption", {})).status).toBe(200);
    await eventually(() => totals("losing")).toEqual([15, sumTo(10) + sumTo(30) - sumTo(25)]);
    expect((await detail("losing")).gaps).toMatchObject([{ start: "10", end: "25" }]);
    expect((await freshet.sql("SELECT COUNT(*) FROM losing"))["gaps"]).toMatchObject([{ partition: 0 }]);
  });

  test("a topic deleted and made anew stops with a clear state instead of mixing", async () => {
    await kafka.createTopic("remade", 1);
    await produce("remade", rowsFrom(0, 10));
    await makeTable("remade", "remade");
    await eventually(() => totals("remade")).toEqual([10, sumTo(10)]);
    expect((await freshet.post("/tables/remade/forceCommit", {})).status).toBe(200);
    await kafka.deleteTopic("remade");
    await eventually(async () => (await detail("remade")).partitions[0]?.lastError ?? "").toContain("remade");
    await kafka.createTopic("remade", 1);
    await produce("remade", rowsFrom(1000, 20));
    await eventually(async () => (await detail("remade")).partitions[0]?.state).toBe("stopped");
    const answer = await freshet.sql("SELECT COUNT(*), SUM(n) FROM remade");
    expect(answer).toMatchObject({ partialResult: true, exceptions: [{ code: "STREAM_CHANGED" }] });
    expect(answer.resultTable?.rows).toEqual([[10, sumTo(10)]]);
  });
});

describe("a topic made anew, shorter than what was read, with nothing sealed", () => {
  const remake = async (topic: string, rows: readonly string[]) => {
    await kafka.deleteTopic(topic);
    await eventually(async () => (await detail(topic)).partitions[0]?.state).not.toBe("consuming");
    await kafka.createTopic(topic, 1);
    if (rows.length > 0) await produce(topic, rows);
  };
  const goOn = (table: string, from: string) =>
    freshet.post(`/tables/${table}/resumeConsumption?consumeFrom=${from}`, {});

  test("stops at once, makes answers partial, and goes on where somebody says", async () => {
    await kafka.createTopic("short", 1);
    await produce("short", rowsFrom(0, 50));
    await makeTable("short", "short");
    await eventually(() => totals("short")).toEqual([50, sumTo(50)]);
    await remake("short", rowsFrom(1000, 5));
    await eventually(async () => (await detail("short")).partitions[0]).toMatchObject({
      state: "stopped",
      lastErrorCode: "STREAM_CHANGED",
      lastError: expect.stringContaining("consumeFrom=smallest"),
    });
    const answer = await freshet.sql("SELECT COUNT(*) FROM short");
    expect(answer).toMatchObject({ partialResult: true, exceptions: [{ code: "STREAM_CHANGED" }] });
    expect(answer.resultTable?.rows).toEqual([[50]]);
    const metrics = await (await fetch(`${freshet.url}/metrics`)).text();
    expect(metrics).toContain('freshet_table_healthy{table="short"} 0');
    expect((await goOn("short", "anywhere")).json).toMatchObject({ errorCode: "OPTION_VALUE" });
    expect((await goOn("short", "smallest")).json).toMatchObject({
      description: expect.stringContaining("go on"),
    });
    await eventually(() => totals("short")).toEqual([55, sumTo(50) + 5 * 1000 + sumTo(5)]);
    const after = await freshet.sql("SELECT COUNT(*) FROM short");
    expect(after["partialResult"]).toBe(false);
    expect(after["gaps"]).toMatchObject([{ partition: 0, start: "50", end: "51" }]);
    await freshet.kill();
    await produce("short", rowsFrom(2000, 1));
    freshet = await startFreshet({ data: freshet.data, flags: ["--no-demo", "--kafka", kafka.brokers] });
    await eventually(() => totals("short")).toEqual([56, sumTo(50) + 5 * 1000 + sumTo(5) + 2000]);
    expect((await freshet.post("/tables/short/forceCommit", {})).status).toBe(200);
    await remake("short", []);
    await eventually(async () => (await detail("short")).partitions[0]?.state).toBe("stopped");
    await goOn("short", "largest");
    await produce("short", rowsFrom(7, 1));
    await eventually(() => totals("short")).toEqual([57, sumTo(50) + 5 * 1000 + sumTo(5) + 2007]);
  });
});

describe("the folder and its stream", () => {
  test("a folder that began on Kafka refuses to go on without it, in one line", async () => {
    const data = freshet.data;
    expect(await freshet.stop()).toBe(0);
    const { code, output } = await startsAndFails(["--data", data, "--port", "0", "--no-demo"]);
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([expect.stringContaining("--kafka")]);
    freshet = await startFreshet({ data, flags: ["--kafka", kafka.brokers, "--demo-rate", "200"] });
  });

  test("the demo flows through Kafka, without a back-fill unless asked", async () => {
    await eventually(
      async () => ((await freshet.rows("SELECT COUNT(*) FROM purchases"))[0]?.[0] as number) > 100,
    ).toBe(true);
    const [[oldest]] = (await freshet.rows(
      "SELECT MIN(TOEPOCHSECONDS(transaction_time)) FROM purchases",
    )) as number[][];
    expect(Date.now() / 1000 - (oldest as number)).toBeLessThan(600);
    expect(await freshet.rows("SELECT COUNT(*) FROM products")).toEqual([[26]]);
  });
});
