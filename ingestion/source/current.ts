/**
 * The source of a table, which may be exchanged while it is read: brokers move, passwords change. Whoever holds it asks
 * the one of the moment; what was asked of the one before ends with its error.
 */
import type { FetchOptions, FetchResult, Source } from "#schemas/source";

export class CurrentSource implements Source {
  #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Everything asked from now on goes to `next`; the one before is returned, for the caller to close. */
  exchange(next: Source): Source {
    const before = this.#source;
    this.#source = next;
    return before;
  }

  partitions(): Promise<readonly number[]> {
    return this.#source.partitions();
  }

  identity(): Promise<string | null> {
    return this.#source.identity();
  }

  firstOffset(partition: number, start: Parameters<Source["firstOffset"]>[1]): Promise<bigint> {
    return this.#source.firstOffset(partition, start);
  }

  fetch(partition: number, offset: bigint, options: FetchOptions): Promise<FetchResult> {
    return this.#source.fetch(partition, offset, options);
  }

  recordCrc(partition: number, offset: bigint): Promise<number | null> {
    return this.#source.recordCrc(partition, offset);
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
