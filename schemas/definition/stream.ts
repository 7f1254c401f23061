/** Pinot's stream config map → where a table's rows come from and when its segments seal. */
import { definitionError } from "#schemas/definition/check";
import type { DefinitionFaults } from "#schemas/definition/faults";
import { didYouMean } from "#schemas/suggest";
import type { Stream } from "#schemas/table";

export type StreamMap = Readonly<Record<string, string | number | boolean>>;

export interface StreamPlan {
  readonly stream: Stream;
  readonly flushRows: number | null;
  readonly flushMs: number | null;
  readonly flushBytes: number | null;
  readonly ignored: readonly string[];
}

interface Place {
  readonly tableName: string;
  readonly nowMs: number;
  /** Of the map, in the config. */
  readonly path: string;
  readonly faults: DefinitionFaults;
}

const usedKeys = [
  "streamType",
  "stream.kafka.topic.name",
  "stream.kafka.broker.list",
  "stream.kafka.consumer.prop.auto.offset.reset",
  "stream.kafka.consumer.factory.class.name",
  "stream.kafka.decoder.class.name",
  "stream.kafka.metadata.populate",
  "stream.embedded.topic.name",
  "stream.embedded.partitions",
  "realtime.segment.flush.threshold.rows",
  "realtime.segment.flush.threshold.segment.rows",
  "realtime.segment.flush.threshold.size",
  "realtime.segment.flush.threshold.time",
  "realtime.segment.flush.threshold.segment.size",
  "realtime.segment.flush.desired.size",
];

/** Tuning of Pinot's own consumer: accepted, reported as ignored. */
const ignoredKeys = [
  "stream.kafka.consumer.type",
  "stream.kafka.hlc.zk.connect.string",
  "stream.kafka.hlc.group.id",
  "stream.kafka.hlc.bootstrap.server",
  "stream.kafka.zk.broker.url",
  "stream.kafka.fetch.timeout.millis",
  "stream.kafka.connection.timeout.millis",
  "stream.kafka.buffer.size",
  "stream.kafka.socket.timeout",
  "stream.kafka.fetcher.size",
  "stream.kafka.fetcher.minBytes",
  "stream.kafka.isolation.level",
  "stream.kafka.idle.timeout.millis",
  "topic.consumption.rate.limit",
  "realtime.segment.flush.autotune.initialRows",
  "realtime.segment.flush.threshold.variance.fraction",
  "realtime.segment.commit.timeoutSeconds",
  "realtime.segment.serverUploadToDeepStore",
  "realtime.segment.pauseless.download.timeoutSeconds",
  "realtime.segment.offsetAutoReset.enable",
  "realtime.segment.offsetAutoReset.offsetThreshold",
  "realtime.segment.offsetAutoReset.timeThresholdSeconds",
  "realtime.segment.parallelSegmentConsumptionPolicy",
];

const openKey = /^(stream\.kafka\.consumer\.prop\.|stream\.\w+\.decoder\.prop\.|security\.|sasl\.|ssl\.)/;
const jsonDecoders = /(JSONMessageDecoder|JsonMessageDecoder|KafkaJSONMessageDecoder)$/;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "6h", "1d12h", "PT6H" or milliseconds. */
function periodMs(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text);
  const plain = text.toLowerCase().replace(/^p(?:(\d+d))?t?/, "$1");
  if (!/^(\d+(ms|d|h|m|s))+$/.test(plain)) return null;
  return [...plain.matchAll(/(\d+)(ms|d|h|m|s)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unitMs[unit as string] as number),
    0,
  );
}

/** "200M", "1.5G" or bytes. */
function sizeBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text);
  if (match === null) return null;
  return Math.floor(Number(match[1]) * 1024 ** " kmgt".indexOf((match[2] || " ").toLowerCase()));
}

function startOf(text: string, nowMs: number, path: string): Stream["start"] {
  if (/^(smallest|earliest)$/i.test(text)) return "smallest";
  if (/^(largest|latest)$/i.test(text)) return "largest";
  const period = periodMs(text);
  if (period !== null) return { timestampMs: nowMs - period };
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return { timestampMs: at };
  throw definitionError(
    path,
    `expected smallest, largest, a period such as "2d" or an ISO time but found "${text}".`,
    text,
  );
}

function checkKeys(map: StreamMap, { path, faults }: Place): string[] {
  const unused = Object.keys(map).filter((key) => !usedKeys.includes(key) && !openKey.test(key));
  for (const key of unused) {
    if (ignoredKeys.includes(key)) continue;
    const hint = didYouMean(key, [...usedKeys, ...ignoredKeys]);
    const message = `unknown stream setting "${key}".${hint || " Remove it."}`;
    faults.add(definitionError(`${path}["${key}"]`, message));
  }
  return unused;
}

function thresholds(
  map: StreamMap,
  { path, faults }: Place,
): Pick<StreamPlan, "flushRows" | "flushMs" | "flushBytes"> {
  const read = (
    keys: readonly string[],
    parse: (text: string) => number | null,
    what: string,
  ): number | null => {
    const key = keys.find((name) => map[name] !== undefined);
    if (key === undefined) return null;
    const value = parse(String(map[key]));
    if (value === null)
      faults.add(definitionError(`${path}["${key}"]`, `expected ${what} but found "${map[key]}".`, map[key]));
    return value === 0 ? null : value; // Pinot: 0 rows means "by size alone"
  };
  const prefix = "realtime.segment.flush.threshold";
  const count = (text: string) => (/^\d+$/.test(text) ? Number(text) : null);
  return {
    flushRows: read(
      [`${prefix}.segment.rows`, `${prefix}.rows`, `${prefix}.size`],
      count,
      "a number of rows",
    ),
    flushMs: read([`${prefix}.time`], periodMs, 'a period such as "6h"'),
    flushBytes: read(
      [`${prefix}.segment.size`, "realtime.segment.flush.desired.size"],
      sizeBytes,
      'a size such as "200M"',
    ),
  };
}

function kafkaStream(map: StreamMap, { nowMs, path, faults }: Place): Stream {
  const refuse = (key: string, message: string) => faults.add(definitionError(`${path}["${key}"]`, message));
  const topic = map["stream.kafka.topic.name"];
  if (topic === undefined || topic === "")
    refuse("stream.kafka.topic.name", "is missing: the topic to consume.");
  const factory = String(map["stream.kafka.consumer.factory.class.name"] ?? "");
  if (factory !== "" && !factory.startsWith("org.apache.pinot.plugin.stream.kafka")) {
    refuse(
      "stream.kafka.consumer.factory.class.name",
      `expected org.apache.pinot.plugin.stream.kafka… but found "${factory}".`,
    );
  }
  const decoder = String(map["stream.kafka.decoder.class.name"] ?? "JSONMessageDecoder");
  if (!jsonDecoders.test(decoder)) {
    refuse(
      "stream.kafka.decoder.class.name",
      `expected a JSONMessageDecoder but found "${decoder}"; other formats are not supported.`,
    );
  }
  if (String(map["stream.kafka.metadata.populate"] ?? "false") === "true") {
    refuse("stream.kafka.metadata.populate", "record metadata columns are not supported; set it to false.");
  }
  const prefix = "stream.kafka.consumer.prop.";
  const properties: Record<string, string> = {};
  for (const [key, value] of Object.entries(map)) {
    if (key.startsWith(prefix) && key !== `${prefix}auto.offset.reset`)
      properties[key.slice(prefix.length)] = String(value);
    if (/^(security\.|sasl\.|ssl\.)/.test(key)) properties[key] = String(value);
  }
  const resetKey = `${prefix}auto.offset.reset`;
  return {
    kind: "kafka",
    topic: String(topic),
    partitions: 0,
    brokers: String(map["stream.kafka.broker.list"] ?? "")
      .split(",")
      .map((broker) => broker.trim())
      .filter((broker) => broker !== ""),
    start: faults.attempt(
      () => startOf(String(map[resetKey] ?? "smallest"), nowMs, `${path}["${resetKey}"]`),
      "smallest",
    ),
    properties,
  };
}

/** The stream of a table that only rows pushed over HTTP feed. */
export const embeddedStream = (topic: string, partitions = 1): Stream => ({
  kind: "embedded",
  topic,
  partitions,
  brokers: [],
  start: "smallest",
  properties: {},
});

/** Reads one stream config map; `nowMs` anchors relative start periods. */
export function streamOf(map: StreamMap, place: Place): StreamPlan {
  const { tableName, path, faults } = place;
  const ignored = checkKeys(map, place);
  const kind = String(map["streamType"] ?? "kafka");
  if (kind !== "kafka" && kind !== "embedded")
    faults.add(
      definitionError(`${path}.streamType`, `expected kafka or embedded but found "${kind}".`, kind),
    );
  const given = map["stream.embedded.partitions"];
  const partitions = Number(given ?? 1);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1024)
    faults.add(
      definitionError(`${path}["stream.embedded.partitions"]`, `expected 1 to 1024 but found "${given}".`),
    );
  const stream =
    kind === "kafka"
      ? kafkaStream(map, place)
      : embeddedStream(String(map["stream.embedded.topic.name"] ?? tableName), partitions);
  return { stream, ...thresholds(map, place), ignored };
}
