/**
 * Batches → visible rows of one (table, partition): decode, append, keep what was refused, publish. Keeps
 * the offset that comes next; what does not fit now waits and is done again, so no row is lost or taken
 * twice.
 */
import type { ConsumerParts, Progress } from "#ingestion/consumer-state";
import { Decoder } from "#ingestion/decode/decoder";
import { assert } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import type { RawBatch } from "#schemas/source";
import type { RowSink } from "#schemas/stage";
import type { Table } from "#schemas/table";

export class BatchStore {
  readonly #parts: ConsumerParts;
  readonly #progress: Progress;
  /** Waits when memory or disk is short and answers whether to go on; throws anything else. */
  readonly #short: (error: unknown) => Promise<boolean>;
  #table: Table;
  #decoder: Decoder;
  #sink: RowSink | null = null;
  #next = 0n;

  constructor(parts: ConsumerParts, progress: Progress, short: (error: unknown) => Promise<boolean>) {
    this.#parts = parts;
    this.#progress = progress;
    this.#short = short;
    this.#table = parts.table;
    this.#decoder = this.#makeDecoder();
  }

  get table(): Table {
    return this.#table;
  }

  get decoder(): Decoder {
    return this.#decoder;
  }

  /** Offset of the next row. */
  get next(): bigint {
    return this.#next;
  }

  get isOpen(): boolean {
    return this.#sink !== null;
  }

  get sink(): RowSink {
    assert(this.#sink !== null, "the partition was opened");
    return this.#sink;
  }

  open(offset: bigint): void {
    const { environment, partition } = this.#parts;
    this.#next = offset;
    this.#sink = environment.openSink(this.#table, partition, offset);
    this.#progress.published(offset);
  }

  /** Goes on with another version of the table. */
  alter(table: Table): void {
    const { environment, partition } = this.#parts;
    this.#table = table;
    this.#decoder = this.#makeDecoder();
    if (this.#sink !== null) this.#sink = environment.openSink(table, partition, this.#next);
  }

  /** Takes what is at or behind `next`. Returns early only when the consumer closes. */
  async store(batch: RawBatch): Promise<void> {
    if (batch.kind === "kafka") {
      for await (const group of this.#parts.environment.sliceKafka(batch)) {
        if (!(await this.#storeGroup(group))) return;
        // A batch may hold more rows than memory: those that are done can be seen, and sealed.
        this.#show();
      }
    } else if (!(await this.#storeGroup(this.#slice(batch)))) return;
    this.skipTo(batch.endOffset);
  }

  /** False when the consumer closes meanwhile. */
  async #storeGroup(slices: RecordSlices): Promise<boolean> {
    for (let at = firstFrom(slices, this.#next); at < slices.count; ) {
      const { rows, next, rejects } = this.#decoder.decode(this.sink.stage, slices, at);
      const end = slices.offsets[next - 1] + 1n;
      // Nothing may be awaited between decode and append: the stage is shared.
      try {
        this.sink.append(rows, end);
      } catch (error) {
        if (await this.#short(error)) continue;
        return false;
      }
      this.#next = end;
      this.#progress.appended(rows, slices.newestMs);
      if (rejects.length > 0 && !(await this.#keepLetters(slices, rejects))) return false;
      at = next;
    }
    return true;
  }

  /** Moves on over offsets without rows, and shows what was appended. */
  skipTo(offset: bigint): void {
    if (this.#next < offset) {
      this.sink.append(0, offset);
      this.#next = offset;
    }
    this.#show();
  }

  #show(): void {
    this.sink.publish(this.#parts.environment.world.clock.nowMs());
    this.#progress.published(this.#next);
  }

  /**
   * Refused rows are durable before the rows beside them can be seen, and so before they can be committed.
   */
  async #keepLetters(
    slices: RecordSlices,
    rejects: readonly { readonly record: number; readonly offset: bigint; readonly reason: string }[],
  ): Promise<boolean> {
    const { letters, partition } = this.#parts;
    const page = rejects.map(({ record, offset, reason }) => {
      const start = slices.starts[record];
      const payload = slices.bytes.subarray(start, start + Math.max(0, slices.lengths[record]));
      return { offset, reason, payload };
    });
    for (;;) {
      try {
        await letters.record(partition, page);
        return true;
      } catch (error) {
        if (!(await this.#short(error))) return false;
      }
    }
  }

  #slice(batch: RawBatch): RecordSlices {
    const known = this.#parts.slicesOf(batch);
    if (known !== undefined) return known;
    return this.#decoder.slice(batch.bytes, batch.baseOffset);
  }

  #makeDecoder(): Decoder {
    const { environment, unknown } = this.#parts;
    return new Decoder(this.#table, environment.limits, environment.extractor, unknown);
  }
}

/** The first record at or after `offset`. */
function firstFrom({ offsets, count }: RecordSlices, offset: bigint): number {
  let at = 0;
  while (at < count && offsets[at] < offset) at++;
  return at;
}
