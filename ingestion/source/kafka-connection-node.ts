/**
 * kafkajs, as far as we use it: its cluster (metadata, TLS, SASL, reconnects) and its connections, but neither its
 * consumer nor its decoding. The deep import is why package.json pins one exact version.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { type KafkaSettings, kafkaSettings } from "#ingestion/source/kafka-settings";
import type { World } from "#schemas/world";

const require = createRequire(import.meta.url);

interface Encodable {
  readonly apiKey: number;
  readonly apiVersion: number;
}

interface ResponseReader {
  decode(bytes: Buffer): Promise<Buffer>;
  parse(bytes: Buffer): Promise<Buffer>;
}

export interface FetchAsk {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly waitMs: number;
  readonly bytesMax: number;
}

interface ClusterBroker {
  lookupRequest(apiKey: number, requests: unknown): (fields: object) => { readonly request: Encodable };
  readonly connectionPool: {
    send(call: {
      request: Encodable;
      response: ResponseReader;
      requestTimeout?: number;
      logResponseError: boolean;
    }): Promise<Buffer>;
  };
}

interface ClusterApi {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(options: { nodeId: string }): Promise<ClusterBroker>;
}

const Cluster = require("kafkajs/src/cluster") as new (options: object) => ClusterApi;
const apiKeys = require("kafkajs/src/protocol/requests/apiKeys") as Record<string, number>;
const { requests } = require("kafkajs/src/protocol/requests") as { requests: Record<string, unknown> };
const makeSocketFactory = require("kafkajs/src/network/socketFactory") as () => unknown;
const { createLogger } = require("kafkajs/src/loggers") as { createLogger(options: object): unknown };

/** The version that `decode/fetch-response.ts` reads, the newest that kafkajs knows. */
const fetchVersion = 11;
const connectionMs = 3000;
const requestMs = 30_000;
const metadataMs = 60_000;
/** Our own loop retries, with a state that everybody sees. */
const noRetry = { retries: 0, initialRetryTime: 100, maxRetryTime: 1000 };

/** What kafkajs prints goes to our log one level lower: each fault reaches the partition's status anyway. */
const logCreator =
  (log: World["log"]) =>
  () =>
  ({ namespace, log: entry }: { namespace: string; log: { message: string } }) =>
    log("debug", `kafka ${namespace}: ${entry.message}`);

export interface KafkaTarget {
  readonly brokers: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly log: World["log"];
}

const settingsOf = ({ brokers, properties }: KafkaTarget): KafkaSettings =>
  kafkaSettings(brokers, properties, (path) => readFileSync(path, "utf8"));

function tlsOptions({ tls }: KafkaSettings) {
  if (tls === null) return undefined;
  return {
    ...(tls.ca === null ? {} : { ca: [tls.ca] }),
    ...(tls.certificate === null ? {} : { cert: tls.certificate }),
    ...(tls.key === null ? {} : { key: tls.key }),
    ...(tls.passphrase === null ? {} : { passphrase: tls.passphrase }),
    ...(tls.checkHost ? {} : { checkServerIdentity: () => undefined }),
  };
}

function clientConfig(target: KafkaTarget): KafkaConfig {
  const settings = settingsOf(target);
  const ssl = tlsOptions(settings);
  return {
    clientId: "freshet",
    brokers: [...settings.brokers],
    connectionTimeout: connectionMs,
    requestTimeout: requestMs,
    ...(ssl === undefined ? {} : { ssl }),
    ...(settings.sasl === null ? {} : { sasl: settings.sasl }),
  } as KafkaConfig;
}

/** kafkajs's public client, for topics, offsets and producing. */
export const kafkaClient = (target: KafkaTarget): Kafka =>
  new Kafka({
    ...clientConfig(target),
    retry: { retries: 2 },
    logLevel: logLevel.ERROR,
    logCreator: logCreator(target.log) as never,
  });

/** One connection a broker, used for fetches alone: a long poll here delays nobody else. */
export class FetchConnection {
  readonly #cluster: ClusterApi;
  readonly #topic: string;
  #known = false;

  constructor(target: KafkaTarget, topic: string) {
    this.#topic = topic;
    this.#cluster = new Cluster({
      ...clientConfig(target),
      logger: createLogger({ level: logLevel.ERROR, logCreator: logCreator(target.log) }),
      socketFactory: makeSocketFactory(),
      enforceRequestTimeout: true,
      metadataMaxAge: metadataMs,
      allowAutoTopicCreation: false,
      retry: noRetry,
    });
  }

  /** The untouched bytes of one Fetch response (version 11). kafkajs's errors come through as they are. */
  async fetch({ topic, partition, offset, waitMs, bytesMax }: FetchAsk): Promise<Uint8Array> {
    const broker = await this.#leader(partition);
    const request = broker.lookupRequest(
      apiKeys["Fetch"] as number,
      requests["Fetch"],
    )({
      replicaId: -1,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: bytesMax,
      isolationLevel: 1,
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset.toString(), maxBytes: bytesMax }] }],
    });
    const { apiVersion } = request.request;
    if (apiVersion !== fetchVersion)
      throw new Error(`it speaks Fetch ${apiVersion} only; Kafka 2.3 or newer is needed`);
    return broker.connectionPool.send({
      request: request.request,
      response: { decode: async (bytes) => bytes, parse: async (bytes) => bytes },
      requestTimeout: requestMs + waitMs,
      logResponseError: false,
    });
  }

  /** Forgets who leads: the next fetch asks again. */
  forget(): void {
    this.#known = false;
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }

  async #leader(partition: number): Promise<ClusterBroker> {
    if (!this.#known) {
      await this.#cluster.connect();
      await this.#cluster.addTargetTopic(this.#topic);
      await this.#cluster.refreshMetadata();
      this.#known = true;
    }
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(this.#topic, [partition]));
    if (nodeId === undefined || nodeId === "-1") {
      this.#known = false;
      throw Object.assign(new Error(`partition ${partition} has no leader`), {
        type: "LEADER_NOT_AVAILABLE",
      });
    }
    return this.#cluster.findBroker({ nodeId });
  }
}
