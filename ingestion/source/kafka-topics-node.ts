/** The process's Kafka beside consuming: which topics there are, a look at their newest rows, making and filling them. */
import { CompressionTypes, type Kafka } from "kafkajs";
import { readKafkaBatch, type UnpackLimits } from "#ingestion/decode/record-batch";
import { type KafkaTarget, kafkaClient } from "#ingestion/source/kafka-client-node";
import { KafkaSource } from "#ingestion/source/kafka-node";
import { messageOf, StoreError } from "#schemas/errors";
import { ingestionBounds, limits as usualLimits } from "#schemas/limits";

const sampleBytes = ingestionBounds.topicSampleBytes;

export class KafkaTopics {
  readonly #target: KafkaTarget;
  readonly #client: Kafka;
  readonly #limits: UnpackLimits;

  constructor(target: KafkaTarget, limits: UnpackLimits = usualLimits) {
    this.#target = target;
    this.#limits = limits;
    this.#client = kafkaClient(target);
  }

  /** Topics with their numbers of partitions, Kafka's own left out. */
  async list(): Promise<readonly { readonly name: string; readonly partitions: number }[]> {
    const admin = this.#client.admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata();
      return topics
        .filter(({ name }) => !name.startsWith("__"))
        .map(({ name, partitions }) => ({ name, partitions: partitions.length }));
    } catch (error) {
      throw this.#unreachable(error);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  /** The newest values of a topic as text, at most `rowsMax`. */
  async sample(topic: string, rowsMax: number): Promise<readonly string[]> {
    const source = new KafkaSource({ ...this.#target, topic, limits: this.#limits });
    try {
      const rows: string[] = [];
      for (const partition of await source.partitions()) {
        const end = await source.firstOffset(partition, "largest");
        const low = await source.firstOffset(partition, "smallest");
        const from = end - BigInt(rowsMax) > low ? end - BigInt(rowsMax) : low;
        if (from >= end || rows.length >= rowsMax) continue;
        const signal = AbortSignal.timeout(10_000);
        const { batches } = await source.fetch(partition, from, {
          waitMs: 100,
          bytesMax: sampleBytes,
          signal,
        });
        for (const batch of batches) {
          for await (const { bytes, count, starts, lengths, offsets } of readKafkaBatch(
            batch,
            this.#limits,
          )) {
            for (let row = 0; row < count && rows.length < rowsMax; row++) {
              const start = starts[row] as number;
              const length = lengths[row] as number;
              if (length > 0 && length <= this.#limits.recordBytes && (offsets[row] as bigint) >= from)
                rows.push(new TextDecoder().decode(bytes.subarray(start, start + length)));
            }
            if (rows.length >= rowsMax) break;
          }
        }
      }
      return rows;
    } finally {
      await source.close();
    }
  }

  /** Makes the topics that are not there yet; answers their names. */
  async create(
    topics: readonly { readonly topic: string; readonly partitions: number }[],
  ): Promise<readonly string[]> {
    const admin = this.#client.admin();
    try {
      await admin.connect();
      const known = new Set(await admin.listTopics());
      const wanted = topics.filter(({ topic }) => !known.has(topic));
      if (wanted.length === 0) return [];
      await admin.createTopics({
        waitForLeaders: true,
        topics: wanted.map(({ topic, partitions }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
        })),
      });
      return wanted.map(({ topic }) => topic);
    } catch (error) {
      throw this.#unreachable(error);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  /** A producer of JSON rows, for the demo. */
  async producer(): Promise<{
    send(topic: string, rows: readonly string[]): Promise<void>;
    close(): Promise<void>;
  }> {
    const producer = this.#client.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    return {
      send: async (topic, rows) => {
        const messages = rows.map((value) => ({ value }));
        await producer.send({ topic, messages, acks: -1, compression: CompressionTypes.GZIP });
      },
      close: () => producer.disconnect(),
    };
  }

  #unreachable(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const at = this.#target.brokers.join(",");
    return new StoreError("STREAM_UNREACHABLE", `Kafka at ${at} did not answer: ${messageOf(error)}`, {
      at,
      cause: error,
    });
  }
}
