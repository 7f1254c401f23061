import { describe, expect, test } from "vitest";
import { defineTable } from "#schemas/definition/define";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";

const schema = {
  schemaName: "orders",
  dimensionFieldSpecs: [
    { name: "id", dataType: "STRING" },
    { name: "city", dataType: "STRING", defaultNullValue: "nowhere", maxLength: 20 },
    { name: "ok", dataType: "BOOLEAN", notNull: true },
  ],
  metricFieldSpecs: [{ name: "amount", dataType: "DOUBLE", defaultNullValue: 0 }],
  dateTimeFieldSpecs: [
    { name: "ts", dataType: "TIMESTAMP", format: "1:MILLISECONDS:EPOCH", granularity: "1:MILLISECONDS" },
    {
      name: "day",
      dataType: "STRING",
      format: "SIMPLE_DATE_FORMAT|yyyy-MM-dd HH:mm:ss.SSSSSS|Europe/Berlin",
    },
  ],
};

const config = {
  tableName: "orders_REALTIME",
  tableType: "REALTIME",
  segmentsConfig: {
    timeColumnName: "ts",
    retentionTimeUnit: "DAYS",
    retentionTimeValue: "7",
    replication: "1",
  },
  tenants: { broker: "DefaultTenant" },
  tableIndexConfig: {
    loadMode: "MMAP",
    invertedIndexColumns: ["city"],
    sortedColumn: ["ts"],
    noDictionaryColumns: ["id"],
    streamConfigs: {
      streamType: "kafka",
      "stream.kafka.topic.name": "orders",
      "stream.kafka.broker.list": "localhost:9092, localhost:9093",
      "stream.kafka.consumer.type": "lowlevel",
      "stream.kafka.consumer.prop.auto.offset.reset": "largest",
      "stream.kafka.consumer.prop.security.protocol": "SASL_SSL",
      "stream.kafka.consumer.factory.class.name":
        "org.apache.pinot.plugin.stream.kafka30.KafkaConsumerFactory",
      "stream.kafka.decoder.class.name": "org.apache.pinot.plugin.inputformat.json.JSONMessageDecoder",
      "realtime.segment.flush.threshold.rows": "0",
      "realtime.segment.flush.threshold.time": "24h",
      "realtime.segment.flush.threshold.segment.size": "100M",
    },
  },
  metadata: { customConfigs: { anything: "goes" } },
};

const define = (
  schemaJson: unknown,
  configJson: unknown = null,
  previous: Parameters<typeof defineTable>[2]["previous"] = null,
) => defineTable(schemaJson, configJson, { previous, nowMs: 1_000_000_000_000, limits });

function errorOf(run: () => unknown): StoreError {
  try {
    run();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("expected a StoreError");
}

describe("a Pinot schema and table config", () => {
  test("an inverted index over doubles is named as ignored, however it is asked for", () => {
    const asked = {
      ...config,
      tableIndexConfig: { ...config.tableIndexConfig, invertedIndexColumns: ["city", "amount"] },
    };
    const { table, ignored } = define(schema, asked);
    expect(table.invertedColumns).toEqual(["city"]);
    expect(ignored).toContain("invertedIndexColumns: amount (no index over FLOAT and DOUBLE)");
    const listed = { ...config, fieldConfigList: [{ name: "amount", indexTypes: ["INVERTED"] }] };
    expect(define(schema, listed).ignored).toContainEqual(expect.stringContaining("amount"));
  });

  test("become a table; what is not used is named", () => {
    const { table, ignored } = define(schema, config);
    expect(table).toMatchObject({
      name: "orders",
      version: 1,
      timeColumn: "ts",
      sortedColumn: "ts",
      invertedColumns: ["city"],
      rawColumns: ["id"],
      retentionMs: 7 * 86_400_000,
      flushRows: null,
      flushMs: 86_400_000,
      flushBytes: 100 * 1024 * 1024,
      stream: {
        kind: "kafka",
        topic: "orders",
        brokers: ["localhost:9092", "localhost:9093"],
        start: "largest",
      },
    });
    expect(table.stream.properties).toEqual({ "security.protocol": "SASL_SSL" });
    expect(ignored).toEqual(["tenants", "replication", "loadMode", "stream.kafka.consumer.type"]);
    expect(table.columns.map(({ id, name, type }) => [id, name, type])).toEqual([
      [0, "id", "STRING"],
      [1, "city", "STRING"],
      [2, "ok", "BOOLEAN"],
      [3, "amount", "DOUBLE"],
      [4, "ts", "TIMESTAMP"],
      [5, "day", "STRING"],
    ]);
    expect(table.columns[1]).toMatchObject({ defaultValue: "nowhere", textLengthMax: 20 });
    expect(table.columns[5]?.timeFormat).toEqual({
      kind: "pattern",
      pattern: "yyyy-MM-dd HH:mm:ss.SSSSSS",
      zone: "Europe/Berlin",
    });
  });

  test("a schema alone is an embedded table", () => {
    expect(define(schema).table.stream).toMatchObject({ kind: "embedded", topic: "orders", partitions: 1 });
  });

  test("column ids survive added and dropped columns", () => {
    const first = define(schema).table;
    const { dimensionFieldSpecs: dimensions } = schema;
    const changed = {
      ...schema,
      dimensionFieldSpecs: [{ name: "note", dataType: "JSON" }, ...dimensions.slice(1)],
    };
    const second = define(changed, null, first).table;
    expect(second.version).toBe(2);
    expect(second.columns.map(({ id, name }) => [id, name])).toEqual([
      [6, "note"],
      [1, "city"],
      [2, "ok"],
      [3, "amount"],
      [4, "ts"],
      [5, "day"],
    ]);
    const back = define(schema, null, second).table;
    expect(back.columns.find((column) => column.name === "id")?.id).toBe(7);
  });
});

describe("a bad definition names path, value, what is allowed and a near word", () => {
  const cases: readonly (readonly [string, unknown, unknown, string, string])[] = [
    [
      "unknown key",
      { ...schema, dimensionFieldSpec: [] },
      null,
      "$.dimensionFieldSpec",
      'Did you mean "dimensionFieldSpecs"?',
    ],
    [
      "type",
      { ...schema, metricFieldSpecs: [{ name: "m", dataType: "DOUBEL" }] },
      null,
      "$.metricFieldSpecs[0].dataType",
      'Did you mean "DOUBLE"?',
    ],
    [
      "nested key",
      schema,
      { ...config, segmentsConfig: { timeColumName: "ts" } },
      "$.segmentsConfig.timeColumName",
      'Did you mean "timeColumnName"?',
    ],
    ["enum", schema, { ...config, tableType: "REALTIM" }, "$.tableType", "expected one of REALTIME, OFFLINE"],
    [
      "multi-value",
      { ...schema, dimensionFieldSpecs: [{ name: "a", dataType: "INT", singleValueField: false }] },
      null,
      "$.dimensionFieldSpecs[0].singleValueField",
      "multi-value",
    ],
    [
      "default",
      { ...schema, metricFieldSpecs: [{ name: "m", dataType: "INT", defaultNullValue: "x" }] },
      null,
      "$.metricFieldSpecs[0].defaultNullValue",
      "type INT",
    ],
    [
      "same name",
      { ...schema, metricFieldSpecs: [{ name: "CITY", dataType: "INT" }] },
      null,
      "$.metricFieldSpecs[0].name",
      "ignore case",
    ],
    [
      "missing column",
      schema,
      { ...config, tableIndexConfig: { invertedIndexColumns: ["citty"] } },
      "$.tableIndexConfig.invertedIndexColumns[0]",
      'Did you mean "city"?',
    ],
    ["upsert", schema, { ...config, upsertConfig: { mode: "FULL" } }, "$.upsertConfig", "change results"],
    [
      "transform",
      schema,
      {
        tableName: "orders",
        ingestionConfig: { transformConfigs: [{ columnName: "a", transformFunction: "b" }] },
      },
      "$.ingestionConfig.transformConfigs",
      "change results",
    ],
    [
      "decoder",
      schema,
      {
        tableName: "orders",
        tableIndexConfig: {
          streamConfigs: {
            "stream.kafka.topic.name": "t",
            "stream.kafka.decoder.class.name": "x.AvroDecoder",
          },
        },
      },
      '$.tableIndexConfig.streamConfigs["stream.kafka.decoder.class.name"]',
      "JSONMessageDecoder",
    ],
    [
      "stream key",
      schema,
      { tableName: "orders", tableIndexConfig: { streamConfigs: { "stream.kafka.topic.nam": "t" } } },
      '$.tableIndexConfig.streamConfigs["stream.kafka.topic.nam"]',
      'Did you mean "stream.kafka.topic.name"?',
    ],
    [
      "format",
      { ...schema, dateTimeFieldSpecs: [{ name: "t", dataType: "LONG", format: "1:SECNDS:EPOCH" }] },
      null,
      "$.dateTimeFieldSpecs[0].format",
      'Did you mean "SECONDS"?',
    ],
    [
      "zone",
      {
        ...schema,
        dateTimeFieldSpecs: [{ name: "t", dataType: "LONG", format: "SIMPLE_DATE_FORMAT|yyyy|Mars/Base" }],
      },
      null,
      "$.dateTimeFieldSpecs[0].format",
      "IANA",
    ],
    ["name", { ...schema, schemaName: "a b" }, null, "$.schemaName", "letters"],
    ["not JSON of a schema", 7, null, "$", "expected object"],
  ];
  test.each(cases)("%s", (_, schemaJson, configJson, path, part) => {
    const error = errorOf(() => define(schemaJson, configJson));
    expect(error.code).toBe("TABLE_DEFINITION");
    expect(error.detail.at).toBe(path);
    expect(error.message).toContain(part);
  });

  test("where and how a topic is read may change, where it began may not", () => {
    const kafkaConfig = (more: Record<string, string>) => ({
      tableName: "orders",
      tableType: "REALTIME",
      tableIndexConfig: {
        streamConfigs: { streamType: "kafka", "stream.kafka.topic.name": "orders", ...more },
      },
    });
    const reset = "stream.kafka.consumer.prop.auto.offset.reset";
    const first = define(
      schema,
      kafkaConfig({ "stream.kafka.broker.list": "old:9092", [reset]: "largest" }),
    ).table;
    const moved = { "stream.kafka.broker.list": "new:9092", "security.protocol": "SSL" };
    expect(define(schema, kafkaConfig(moved), first).table.stream).toEqual({
      ...first.stream,
      brokers: ["new:9092"],
      properties: { "security.protocol": "SSL" },
    });
  });

  test("a stream cannot change", () => {
    const first = define(schema).table;
    expect(errorOf(() => define(schema, config, first)).code).toBe("TABLE_STREAM");
  });
});

/** Paths of everything that is said against a definition. */
function faultsOf(schemaJson: unknown, configJson: unknown = null): readonly string[] {
  try {
    define(schemaJson, configJson);
    return [];
  } catch (error) {
    const { code, detail, message } = error as StoreError;
    expect(code).toBe("TABLE_DEFINITION");
    const paths = detail.faults?.map(({ at }) => at) ?? [detail.at ?? ""];
    for (const path of paths) expect(message).toContain(path);
    return paths;
  }
}

describe("all faults at once", () => {
  test("of shape and of meaning, in both documents", () => {
    const badSchema = {
      schemaName: "orders",
      nickname: "x",
      dimensionFieldSpecs: [
        { name: "a", dataType: "STRNG" },
        { name: "b", dataType: "INT", defaultNullValue: "x", singleValueField: false },
        { dataType: "STRING" },
        { name: "c", dataType: "STRING", colour: "red" },
      ],
      metricFieldSpecs: [{ name: "A", dataType: "BOOLEAN" }],
      dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "1:FORTNIGHTS:EPOCH" }],
      primaryKeyColumns: ["missing"],
    };
    const badConfig = {
      tableName: "no blanks please",
      tableType: "REALTIM",
      segmentsConfig: { timeColumnName: "c", retentionTimeUnit: "DAY", retentionTimeValue: "-1" },
      tableIndexConfig: {
        invertedIndexColumns: ["a", "nowhere"],
        sortedColumns: ["a"],
        streamConfigs: {
          streamType: "kafka",
          "stream.kafka.topic.nam": "t",
          "realtime.segment.flush.threshold.time": "soon",
        },
      },
      upsertConfig: { mode: "FULL" },
    };
    expect([...faultsOf(badSchema, badConfig)].sort()).toEqual(
      [
        "$.nickname",
        "$.dimensionFieldSpecs[0].dataType",
        "$.dimensionFieldSpecs[1].defaultNullValue",
        "$.dimensionFieldSpecs[1].singleValueField",
        "$.dimensionFieldSpecs[2].name",
        "$.dimensionFieldSpecs[3].colour",
        "$.metricFieldSpecs[0].dataType",
        "$.metricFieldSpecs[0].name",
        "$.dateTimeFieldSpecs[0].format",
        "$.primaryKeyColumns[0]",
        "$.tableName",
        "$.tableType",
        "$.segmentsConfig.timeColumnName",
        "$.segmentsConfig.retentionTimeUnit",
        "$.segmentsConfig.retentionTimeValue",
        "$.tableIndexConfig.invertedIndexColumns[1]",
        "$.tableIndexConfig.sortedColumns",
        '$.tableIndexConfig.streamConfigs["stream.kafka.topic.name"]',
        '$.tableIndexConfig.streamConfigs["stream.kafka.topic.nam"]',
        '$.tableIndexConfig.streamConfigs["realtime.segment.flush.threshold.time"]',
        "$.upsertConfig",
      ].sort(),
    );
  });

  test("one place is told once, whatever is wrong with what lies below it", () => {
    expect(faultsOf({ schemaName: 1, dimensionFieldSpecs: "none" })).toEqual([
      "$.schemaName",
      "$.dimensionFieldSpecs",
      "$",
    ]);
    expect(faultsOf(null, { tableName: "t", oddity: 1 })).toEqual(["$", "$.oddity"]);
    expect(faultsOf([], "x")).toEqual(["$"]);
  });

  test("a list of them is bounded", () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ name: `c${index}`, dataType: "NONE" }));
    try {
      define({ schemaName: "t", dimensionFieldSpecs: many });
      expect.unreachable();
    } catch (error) {
      const { detail, message } = error as StoreError;
      expect(detail.faults).toHaveLength(limits.definitionFaults);
      expect(message).toMatch(/^300 faults:\n.*\nand 200 more$/s);
    }
  });
});

test("machinery of Pinot's own is taken, and named as ignored", () => {
  const { ignored } = define(
    {
      schemaName: "t",
      dimensionFieldSpecs: [{ name: "a", dataType: "STRING", cardinality: 12, fieldSize: 8 }],
    },
    {
      tableName: "t",
      segmentsConfig: {
        replicaGroupStrategyConfig: { numInstancesPerPartition: 2 },
        hllConfig: { log2m: 8 },
      },
      tableIndexConfig: { columnMajorSegmentBuilderEnabled: true, skipSegmentPreprocess: true },
    },
  );
  expect([...ignored].sort()).toEqual([
    "cardinality",
    "columnMajorSegmentBuilderEnabled",
    "fieldSize",
    "hllConfig",
    "replicaGroupStrategyConfig",
    "skipSegmentPreprocess",
  ]);
});
