/**
 * kafkajs, as far as we use it: its cluster (metadata, TLS, SASL, reconnects) and its connections, but neither its
 * consumer nor its decoding. The deep import is why package.json pins one exact version.
 */

import { createRequire } from "node:module";
import { logLevel } from "kafkajs";
import { readTopicId, topicIdRequest, topicIdVersion } from "#ingestion/decode/topic-id";
import { clientConfig, type KafkaTarget, logCreator } from "#ingestion/source/kafka-client-node";
import { ingestionBounds } from "#schemas/limits";

const require = createRequire(import.meta.url);

interface Encoding {
  writeBuffer(bytes: Buffer): Encoding;
}

interface Encodable {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName?: string;
  encode?(): Promise<Encoding>;
}

interface Definitions {
  readonly versions: readonly string[];
  readonly protocol: unknown;
}

interface ResponseReader {
  decode(bytes: Buffer): Promise<Buffer>;
  parse(bytes: Buffer): Promise<Buffer>;
}

interface FetchAsk {
  readonly partition: number;
  readonly offset: bigint;
  readonly waitMs: number;
  readonly bytesMax: number;
}

interface ClusterBroker {
  /** By API key. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>>;
  lookupRequest(apiKey: number, requests: Definitions): (fields: object) => { readonly request: Encodable };
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
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[];
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  fetchTopicsOffset(
    asks: readonly object[],
  ): Promise<
    readonly { readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]
  >;
  findBroker(options: { nodeId: string }): Promise<ClusterBroker>;
}

const Cluster = require("kafkajs/src/cluster") as new (options: object) => ClusterApi;
const Encoder = require("kafkajs/src/protocol/encoder") as new () => Encoding;
const apiKeys = require("kafkajs/src/protocol/requests/apiKeys") as Record<string, number>;
const { requests } = require("kafkajs/src/protocol/requests") as { requests: Record<string, Definitions> };
const makeSocketFactory = require("kafkajs/src/network/socketFactory") as () => unknown;
const { createLogger } = require("kafkajs/src/loggers") as { createLogger(options: object): unknown };

/**
 * The version that `decode/fetch-response.ts` reads, and the last that only leaders answer: from 11 on a broker that
 * does not lead any more goes on as a follower, and we would read behind the others without ever being told.
 */
const fetchVersion = 10;
/** A fetch carries megabytes: it may take this much longer than a question. */
const fetchFactor = 3;
const metadataMs = ingestionBounds.kafkaMetadataMs;
const readCommitted = 1;
/** Our own loop retries, with a state that everybody sees. */
const noRetry = { retries: 0, initialRetryTime: 100, maxRetryTime: 1000 };

interface MetadataResponse {
  readonly topicMetadata: readonly { readonly partitionMetadata: readonly object[] }[];
}

/**
 * kafkajs refuses the metadata of a whole topic when one partition has no leader, though the others could be read. Its
 * leader is then −1, which says as much.
 */
for (const version of (requests["Metadata"] as Definitions).versions) {
  const codec = require(`kafkajs/src/protocol/requests/metadata/v${version}/response`) as {
    parse(data: MetadataResponse): Promise<unknown>;
  };
  const { parse } = codec;
  codec.parse = (data) =>
    parse({
      ...data,
      topicMetadata: data.topicMetadata.map((topic) => ({
        ...topic,
        partitionMetadata: topic.partitionMetadata.map((one) => ({ ...one, partitionErrorCode: 0 })),
      })),
    });
}

/** Whether a broker answered, if only with an error; anything else means that its connection is no good. */
const isAnswer = (error: unknown): boolean => error instanceof Error && error.name === "KafkaJSProtocolError";

/**
 * A cluster's connections for one topic. After a fault of a connection all of them are made anew, beginning at the next
 * broker of the list: neither a dead broker nor one that stands still is asked twice in a row.
 */
export class KafkaConnection {
  readonly #target: KafkaTarget;
  readonly #topic: string;
  #cluster: Promise<ClusterApi> | null = null;
  /** The cluster whose leaders we know. */
  #known: ClusterApi | null = null;
  #turn = 0;
  #requestMs = 0;

  constructor(target: KafkaTarget, topic: string) {
    this.#target = target;
    this.#topic = topic;
  }

  /** The untouched bytes of one Fetch response. kafkajs's errors come through as they are. */
  fetch({ partition, offset, waitMs, bytesMax }: FetchAsk): Promise<Uint8Array> {
    return this.#use(async (cluster) => {
      const broker = await this.#leader(cluster, partition);
      const definitions = { ...(requests["Fetch"] as Definitions), versions: [String(fetchVersion)] };
      const request = broker.lookupRequest(
        apiKeys["Fetch"] as number,
        definitions,
      )({
        replicaId: -1,
        maxWaitTime: waitMs,
        minBytes: 1,
        maxBytes: bytesMax,
        isolationLevel: readCommitted,
        topics: [
          {
            topic: this.#topic,
            partitions: [{ partition, fetchOffset: offset.toString(), maxBytes: bytesMax }],
          },
        ],
      });
      const { apiVersion } = request.request;
      if (apiVersion !== fetchVersion)
        throw new Error(`it speaks Fetch ${apiVersion} only; Kafka 2.1 or newer is needed`);
      return broker.connectionPool.send({
        request: request.request,
        response: { decode: async (bytes) => bytes, parse: async (bytes) => bytes },
        requestTimeout: this.#requestMs * fetchFactor + waitMs,
        logResponseError: false,
      });
    });
  }

  /** The topic's partitions, asked anew. */
  partitions(): Promise<readonly number[]> {
    return this.#use(async (cluster) => {
      this.#known = null;
      await this.#know(cluster);
      return cluster.findTopicPartitionMetadata(this.#topic).map(({ partitionId }) => partitionId);
    });
  }

  /** The topic's id; null when the broker has none. */
  topicId(): Promise<string | null> {
    return this.#use(async (cluster) => {
      await this.#know(cluster);
      const [first] = cluster.findTopicPartitionMetadata(this.#topic);
      const broker = await this.#leader(cluster, first?.partitionId ?? 0);
      const apiKey = apiKeys["Metadata"] as number;
      if ((broker.versions[apiKey]?.maxVersion ?? 0) < topicIdVersion) return null;
      const body = Buffer.from(topicIdRequest(this.#topic));
      const found = await broker.connectionPool.send({
        request: {
          apiKey,
          apiVersion: topicIdVersion,
          apiName: "Metadata",
          encode: async () => new Encoder().writeBuffer(body),
        },
        response: { decode: async (bytes) => bytes, parse: async (bytes) => bytes },
        requestTimeout: this.#requestMs,
        logResponseError: false,
      });
      return readTopicId(found);
    });
  }

  /** The first offset, the one after the last, or the first at or after a moment: null when there is none. */
  offset(
    partition: number,
    at: "smallest" | "largest" | { readonly timestampMs: number },
  ): Promise<bigint | null> {
    const when =
      typeof at === "object" ? { fromTimestamp: at.timestampMs } : { fromBeginning: at === "smallest" };
    return this.#use(async (cluster) => {
      await this.#leader(cluster, partition);
      const ask = { topic: this.#topic, partitions: [{ partition }], ...when };
      const [found] = await cluster.fetchTopicsOffset([ask]);
      const offset = BigInt(found?.partitions[0]?.offset ?? -1);
      return offset < 0n ? null : offset;
    });
  }

  /** Forgets who leads: the next call asks again. */
  forget(): void {
    this.#known = null;
  }

  async close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = null;
    await (await cluster)?.disconnect();
  }

  async #use<T>(ask: (cluster: ClusterApi) => Promise<T>): Promise<T> {
    this.#cluster ??= this.#connect();
    const connecting = this.#cluster;
    try {
      return await ask(await connecting);
    } catch (error) {
      this.#known = null;
      // Others on this connection have met the same fault: only the first drops it.
      if (!isAnswer(error) && this.#cluster === connecting) {
        this.#cluster = null;
        this.#turn++;
        void connecting.then((cluster) => cluster.disconnect()).catch(() => {});
      }
      throw error;
    }
  }

  /** Tries each broker of the list once. */
  async #connect(): Promise<ClusterApi> {
    const config = clientConfig(this.#target);
    const brokers = config.brokers as string[];
    this.#requestMs = config.requestTimeout as number;
    for (let left = brokers.length - 1; ; left--) {
      const first = this.#turn % brokers.length;
      const cluster = new Cluster({
        ...config,
        brokers: [...brokers.slice(first), ...brokers.slice(0, first)],
        logger: createLogger({ level: logLevel.ERROR, logCreator: logCreator(this.#target.log) }),
        socketFactory: makeSocketFactory(),
        enforceRequestTimeout: true,
        metadataMaxAge: metadataMs,
        allowAutoTopicCreation: false,
        isolationLevel: readCommitted,
        retry: noRetry,
      });
      try {
        await cluster.connect();
        return cluster;
      } catch (error) {
        void cluster.disconnect().catch(() => {});
        if (left === 0 || (error as Error).name === "KafkaJSSASLAuthenticationError") throw error;
        this.#turn++;
      }
    }
  }

  async #know(cluster: ClusterApi): Promise<void> {
    if (this.#known === cluster) return;
    await cluster.addTargetTopic(this.#topic);
    await cluster.refreshMetadata();
    this.#known = cluster;
  }

  async #leader(cluster: ClusterApi, partition: number): Promise<ClusterBroker> {
    await this.#know(cluster);
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(this.#topic, [partition]));
    if (nodeId === undefined || nodeId === "-1") {
      const what = nodeId === undefined ? "is not there" : "has no leader at the moment";
      throw Object.assign(new Error(`partition ${partition} ${what}`), { name: "KafkaJSProtocolError" });
    }
    return cluster.findBroker({ nodeId });
  }
}
