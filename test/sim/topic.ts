/** A durable stream outside the process: what Kafka is to a mirrored table, with the faults of a far machine. */
import { crc32 } from "@node-rs/crc32";
import { sliceLines } from "#ingestion/decode/lines";
import { StoreError } from "#schemas/errors";
import { type FetchResult, OffsetGone, type RawBatch, type Source } from "#schemas/source";
import type { Clock } from "#schemas/world";
import type { SeededRandom } from "#test/setup/random";

const encoder = new TextEncoder();

/** What `recordCrc` says of a record, from a batch that holds it. */
export function crcOf(batch: RawBatch, offset: bigint): number | null {
  const { bytes, count, starts, lengths, offsets } = sliceLines(batch.bytes, batch.baseOffset);
  const row = offsets.subarray(0, count).indexOf(offset);
  return row < 0 ? null : crc32(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!));
}

export class SimTopic {
  /** Rows by partition; the place is the offset. */
  readonly rows: Uint8Array[][];
  readonly starts: bigint[];
  /** Chance that a call fails. */
  faultiness = 0;

  constructor(partitions: number) {
    this.rows = Array.from({ length: partitions }, () => []);
    this.starts = this.rows.map(() => 0n);
  }

  produce(partition: number, row: unknown): void {
    this.rows[partition]!.push(encoder.encode(JSON.stringify(row)));
  }

  /** Retention at the source: rows before `offset` are gone. */
  forget(partition: number, offset: bigint): void {
    if (offset > this.starts[partition]!) this.starts[partition] = offset;
  }

  source(parts: { clock: Clock; random: SeededRandom }): Source {
    return new SimSource(this, parts.clock, parts.random);
  }
}

class SimSource implements Source {
  readonly #topic: SimTopic;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  constructor(topic: SimTopic, clock: Clock, random: SeededRandom) {
    this.#topic = topic;
    this.#clock = clock;
    this.#random = random;
  }

  #mayFail(): void {
    if (this.#random.chance(this.#topic.faultiness))
      throw new StoreError("STREAM_UNREACHABLE", "the simulated broker does not answer");
  }

  async identity(): Promise<string | null> {
    this.#mayFail();
    return "the simulated topic";
  }

  async partitions(): Promise<readonly number[]> {
    this.#mayFail();
    return this.#topic.rows.map((_, partition) => partition);
  }

  async firstOffset(partition: number): Promise<bigint> {
    this.#mayFail();
    return this.#topic.starts[partition]!;
  }

  async fetch(
    partition: number,
    offset: bigint,
    options: { waitMs: number; signal: AbortSignal },
  ): Promise<FetchResult> {
    const rows = this.#topic.rows[partition]!;
    if (BigInt(rows.length) <= offset) await this.#clock.sleep(options.waitMs, options.signal);
    this.#mayFail();
    const startOffset = this.#topic.starts[partition]!;
    const endOffset = BigInt(rows.length);
    if (offset < startOffset || offset > endOffset) throw new OffsetGone({ startOffset, endOffset });
    const count = Math.min(rows.length - Number(offset), 1 + this.#random.below(40));
    const taken = rows.slice(Number(offset), Number(offset) + count);
    const bytes = encoder.encode(taken.map((row) => `${new TextDecoder().decode(row)}\n`).join(""));
    const batch = { kind: "kafka", baseOffset: offset, endOffset: offset + BigInt(count), bytes } as const;
    return { batches: count === 0 ? [] : [batch], endOffset, startOffset, newestMs: null };
  }

  async recordCrc(partition: number, offset: bigint): Promise<number | null> {
    this.#mayFail();
    const row =
      offset < this.#topic.starts[partition]! ? undefined : this.#topic.rows[partition]![Number(offset)];
    return row === undefined ? null : crc32(row);
  }

  async close(): Promise<void> {}
}
