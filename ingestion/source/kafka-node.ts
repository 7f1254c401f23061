/**
 * Kafka as a Source: explicit partitions and offsets, raw batches, no consumer group. Every fault becomes one of the
 * kinds that `schemas/source.ts` names, so the consume loop knows whether to retry, stop or record a gap.
 */

import { readFetchResponse } from "#ingestion/decode/fetch-response";
import { recordCrcIn, type UnpackLimits } from "#ingestion/decode/record-batch";
import type { KafkaTarget } from "#ingestion/source/kafka-client-node";
import { KafkaConnection } from "#ingestion/source/kafka-connection-node";
import { messageOf, StoreError } from "#schemas/errors";
import { ingestionBounds } from "#schemas/limits";
import { type FetchOptions, type FetchResult, OffsetGone, type Source } from "#schemas/source";

const connectionsMax = ingestionBounds.kafkaConnections;
const sharedWaitMs = ingestionBounds.kafkaSharedWaitMs;
/** A connection of its own: a broker that does not answer a question must not end a fetch beside it. */
const questionSlot = -1;

/** Kafka's error codes that a fetch meets. Source: kafka.apache.org/protocol, "Error Codes". */
const offsetOutOfRange = 1;
const unknownTopic = 3;
const unknownTopicId = 100;
const deniedTopic = 29;
const leaderErrors = new Map([
  [5, "the partition has no leader at the moment"],
  [6, "the broker no longer leads the partition"],
  [9, "the replica is not available"],
  [72, "the broker's leader epoch is newer"],
  [74, "the leader epoch is fenced"],
  [75, "the leader epoch is unknown"],
  [76, "the offset is not available yet"],
  [56, "the broker's disk failed"],
]);

interface KafkaFault extends Error {
  readonly type?: string;
  readonly code?: string | number;
}

export interface KafkaSourceOptions extends KafkaTarget {
  readonly topic: string;
  readonly limits: UnpackLimits;
}

export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions;
  readonly #connections = new Map<number, KafkaConnection>();
  #partitionsKnown = 0;

  constructor(options: KafkaSourceOptions) {
    this.#options = options;
  }

  async partitions(): Promise<readonly number[]> {
    const found = await this.#ask(this.#connection(questionSlot).partitions());
    this.#partitionsKnown = found.length;
    return found.toSorted((left, right) => left - right);
  }

  identity(): Promise<string | null> {
    return this.#ask(this.#connection(questionSlot).topicId());
  }

  async firstOffset(
    partition: number,
    start: "smallest" | "largest" | { readonly timestampMs: number },
  ): Promise<bigint> {
    const found = await this.#ask(this.#connection(partition).offset(partition, start));
    return found ?? (await this.firstOffset(partition, "largest"));
  }

  async fetch(partition: number, offset: bigint, options: FetchOptions): Promise<FetchResult> {
    const { signal, bytesMax } = options;
    signal.throwIfAborted();
    const shared = this.#partitionsKnown > connectionsMax;
    const waitMs = shared ? Math.min(sharedWaitMs, options.waitMs) : options.waitMs;
    const response = await this.#fetchBytes(partition, { offset, waitMs, bytesMax, signal });
    const found = readFetchResponse(response, offset);
    if (found.errorCode !== 0) await this.#refuse(found.errorCode, partition);
    // A topic made anew is shorter than what was read of the old one.
    if (found.endOffset < offset)
      throw new OffsetGone({ startOffset: found.startOffset, endOffset: found.endOffset });
    return found;
  }

  async recordCrc(partition: number, offset: bigint): Promise<number | null> {
    const signal = AbortSignal.timeout(10_000);
    const response = await this.#fetchBytes(partition, { offset, waitMs: 0, bytesMax: 1 << 20, signal });
    const { batches, errorCode } = readFetchResponse(response, offset);
    // Gone is an answer; a broker that cannot say is not.
    if (errorCode !== 0 && errorCode !== offsetOutOfRange) await this.#refuse(errorCode, partition);
    const batch = batches[0];
    if (batch === undefined || batch.baseOffset > offset) return null;
    return recordCrcIn(batch, offset, this.#options.limits);
  }

  async close(): Promise<void> {
    const closing = [...this.#connections.values()].map((connection) => connection.close().catch(() => {}));
    this.#connections.clear();
    await Promise.all(closing);
  }

  #connection(partition: number): KafkaConnection {
    const slot = partition % connectionsMax;
    let connection = this.#connections.get(slot);
    if (connection === undefined) {
      connection = new KafkaConnection(this.#options, this.#options.topic);
      this.#connections.set(slot, connection);
    }
    return connection;
  }

  async #fetchBytes(
    partition: number,
    ask: { offset: bigint; waitMs: number; bytesMax: number; signal: AbortSignal },
  ): Promise<Uint8Array> {
    const connection = this.#connection(partition);
    const { offset, waitMs, bytesMax, signal } = ask;
    const answer = connection.fetch({ partition, offset, waitMs, bytesMax });
    try {
      return await Promise.race([answer, aborted(signal)]);
    } catch (error) {
      answer.catch(() => {});
      if (signal.aborted) throw signal.reason;
      throw this.#translate(error as KafkaFault);
    }
  }

  /** Throws what an error code in a fetch response means. */
  async #refuse(errorCode: number, partition: number): Promise<never> {
    const { topic } = this.#options;
    this.#connection(partition).forget();
    if (errorCode === offsetOutOfRange) {
      throw new OffsetGone({
        startOffset: await this.firstOffset(partition, "smallest"),
        endOffset: await this.firstOffset(partition, "largest"),
      });
    }
    if (errorCode === unknownTopic || errorCode === unknownTopicId) throw this.#gone();
    if (errorCode === deniedTopic)
      throw this.#unreachable(`we may not read topic "${topic}"; check the ACLs of our user`);
    throw this.#unreachable(leaderErrors.get(errorCode) ?? `the broker answered error ${errorCode}`);
  }

  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.#translate(error as KafkaFault);
    }
  }

  #gone(): StoreError {
    const { topic } = this.#options;
    return this.#unreachable(`topic "${topic}" does not exist; it is read again as soon as it is there`);
  }

  #unreachable(message: string, cause?: unknown): StoreError {
    const at = this.#options.brokers.join(",");
    return new StoreError("STREAM_UNREACHABLE", `Kafka at ${at}: ${message}`, { at, cause });
  }

  #translate(error: KafkaFault): Error {
    if (error instanceof StoreError || error instanceof OffsetGone) return error;
    if (error.type === "UNKNOWN_TOPIC_OR_PARTITION") return this.#gone();
    if (error.name === "KafkaJSProtocolError") return this.#unreachable(messageOf(error), error);
    if (error.name === "KafkaJSSASLAuthenticationError") {
      return this.#unreachable(`login failed: ${messageOf(error)}; check sasl.jaas.config`, error);
    }
    return this.#unreachable(`${messageOf(error)}; check the address and that the broker runs`, error);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
