/**
 * A partition of a source as its table counts offsets, and whether it is still the stream that was read. A topic that
 * was made anew begins at 0 again; ours only grow, so when somebody says to go on with it, its offsets are moved behind
 * the ones we have. What tells a new topic is its identity, where the source has one, and the last record that we read.
 */

import type { ConsumeFrom } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import type { IngestEnvironment } from "#schemas/ingest";
import type { SourcePlace } from "#schemas/segment";
import {
  BatchCorrupt,
  type FetchOptions,
  type FetchResult,
  OffsetGone,
  type RawBatch,
  type Source,
} from "#schemas/source";

interface PlacedParts {
  readonly source: Source;
  readonly partition: number;
  /** For messages. */
  readonly table: string;
  readonly topic: string;
  readonly crcKafka: IngestEnvironment["crcKafka"];
  readonly place: SourcePlace;
  readonly lastCrc: number | null;
}

/** Where a stopped partition goes on. */
export interface Continuation {
  /** Our offset that comes next; those before it that were not read are a gap. */
  readonly end: bigint;
  readonly place: SourcePlace;
  readonly reason: string;
}

export class PlacedSource {
  readonly #parts: PlacedParts;
  #place: SourcePlace;
  /** CRC of the record before the next, when it is known from the catalog or the log. */
  #lastCrc: number | null;
  /** The newest batch as it came, its CRC not computed yet: it is asked for only after a fault. */
  #lastBatch: RawBatch | null = null;

  constructor(parts: PlacedParts) {
    this.#parts = parts;
    this.#place = parts.place;
    this.#lastCrc = parts.lastCrc;
  }

  /** The batch that was read last. Its bytes are kept, so they must not be a part of something large. */
  wasRead(batch: RawBatch): void {
    this.#lastBatch = batch;
  }

  async fetch(offset: bigint, options: FetchOptions): Promise<FetchResult> {
    const { source, partition } = this.#parts;
    const { shift } = this.#place;
    const found = await this.#moved(source.fetch(partition, offset - shift, options));
    if (shift === 0n) return found;
    return {
      ...found,
      batches: found.batches.map((batch) => ({
        ...batch,
        baseOffset: batch.baseOffset + shift,
        endOffset: batch.endOffset + shift,
      })),
      endOffset: found.endOffset + shift,
      startOffset: found.startOffset + shift,
    };
  }

  async firstOffset(start: Parameters<Source["firstOffset"]>[1]): Promise<bigint> {
    const { source, partition } = this.#parts;
    return (await source.firstOffset(partition, start)) + this.#place.shift;
  }

  recordCrc(offset: bigint): Promise<number | null> {
    const { source, partition } = this.#parts;
    const own = offset - this.#place.shift;
    return own < 0n ? Promise.resolve(null) : this.#moved(source.recordCrc(partition, own));
  }

  /** The place that is to be kept from now on, when it is news: the stream was not known by its name before. */
  async identify(): Promise<SourcePlace | null> {
    const id = await this.#parts.source.identity();
    if (id === null || id === this.#place.id) return null;
    if (this.#place.id !== null) throw this.#changed(`its topic ${this.#parts.topic} was made anew`);
    this.#place = { ...this.#place, id };
    return this.#place;
  }

  /**
   * The record before `next` must still be the one that we read, else the topic was made anew: STREAM_CHANGED, or
   * OffsetGone where it is not there (yet).
   */
  async compareLast(next: bigint): Promise<void> {
    const last = next - 1n;
    if (this.#lastBatch !== null) {
      this.#lastCrc = await this.#parts.crcKafka(this.#lastBatch, this.#lastBatch.endOffset - 1n);
      this.#lastBatch = null;
    }
    if (this.#lastCrc === null) return;
    const found = await this.recordCrc(last);
    if (found === this.#lastCrc) return;
    if (found !== null) {
      const { topic } = this.#parts;
      throw this.#changed(
        `the record at offset ${last} is not the one that was stored; its topic ${topic} was probably made anew`,
      );
    }
    // Let go by retention or compaction, which is all right, or not written yet in a topic made anew.
    const endOffset = await this.firstOffset("largest");
    if (endOffset > last) return;
    throw new OffsetGone({ startOffset: await this.firstOffset("smallest"), endOffset });
  }

  /** The source ended before `next` for so long that it is no fault of the moment. */
  endsBefore(next: bigint, endOffset: bigint): StoreError {
    return this.#changed(
      `the source ends at ${endOffset} but offset ${next} was consumed: the topic was truncated or made anew`,
    );
  }

  /** Finds where to go on after `stop`; `go` makes it so, once it is recorded. */
  async continuation(from: ConsumeFrom, next: bigint, stop: StoreError): Promise<Continuation> {
    const { topic, source, partition } = this.#parts;
    const id = await source.identity();
    if (stop instanceof BatchCorrupt) return this.#behind(stop, from, next);
    if (from === "next") throw this.#refused('"next" passes over a damaged batch, and there is none');
    if (from === "lastConsumed") {
      const range = { start: await this.firstOffset("smallest"), end: await this.firstOffset("largest") };
      if (next < range.start || next > range.end)
        throw this.#refused(
          `the topic has offsets ${range.start} to ${range.end}, not ${next}: choose "smallest" or "largest"`,
        );
      return { end: next, place: { id, shift: this.#place.shift }, reason: "" };
    }
    const own = await source.firstOffset(partition, from);
    // One offset of ours stands for what nobody can count: the rest of the stream that was there before.
    const end = next + 1n;
    const reason =
      `topic ${topic} is not the stream that was read before; rows of that one may be missing, and what follows is ` +
      `read from its offset ${own} (${from}), which is ${end} here`;
    return { end, place: { id, shift: end - own }, reason };
  }

  go({ place }: Continuation): void {
    this.#place = place;
    this.#lastCrc = null;
    this.#lastBatch = null;
  }

  async #behind(stop: BatchCorrupt, from: ConsumeFrom, next: bigint): Promise<Continuation> {
    const sourceEnd = await this.firstOffset("largest");
    const behind = stop.endOffset < sourceEnd ? stop.endOffset : sourceEnd;
    if (from !== "next" && from !== "largest")
      throw this.#refused(`a batch cannot be read: choose "next" to go on behind it, or "largest"`);
    const end = from === "largest" ? sourceEnd : behind;
    if (end <= next) throw this.#refused(`there is nothing behind offset ${next} yet`);
    return { end, place: this.#place, reason: `passed over by hand (${from}): ${stop.message}` };
  }

  async #moved<T>(asked: Promise<T>): Promise<T> {
    const { shift } = this.#place;
    try {
      return await asked;
    } catch (error) {
      if (error instanceof OffsetGone)
        throw new OffsetGone({ startOffset: error.startOffset + shift, endOffset: error.endOffset + shift });
      if (error instanceof BatchCorrupt) throw new BatchCorrupt(error.message, error.endOffset + shift);
      throw error;
    }
  }

  #changed(what: string): StoreError {
    const { table, partition } = this.#parts;
    return new StoreError(
      "STREAM_CHANGED",
      `table ${table}, partition ${partition}: ${what}. ${goOnAdvice(table)}, or drop the table`,
    );
  }

  #refused(why: string): StoreError {
    const { table, partition } = this.#parts;
    return new StoreError(
      "STREAM_CHANGED",
      `table ${table}, partition ${partition} cannot go on there: ${why}`,
    );
  }
}

/** What to do about a partition that stopped. */
export const goOnAdvice = (table: string): string =>
  `Go on from the table's page or with POST /tables/${table}/resumeConsumption?consumeFrom=smallest (all that the ` +
  `source has now), =largest (only what comes from now on), =lastConsumed (from our offset, if it is the same stream ` +
  "after all) or =next (behind a batch that cannot be read)";
