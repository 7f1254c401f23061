/**
 * What must be true, kept apart from the code under test: which rows were acknowledged, which were in flight when a
 * process died, and which the source has lost. After every answer the model either agrees or says what differs.
 */
import type { Gap } from "#schemas/segment";
import type { SimTopic } from "./topic.ts";

/** One push request. */
export interface Batch {
  readonly key: string;
  readonly ids: readonly number[];
  /**
   * sent: no answer yet; acknowledged: must be there; refused: must never be there; unknown: the process died before
   * its answer came, so it is there whole or not at all, and stays as it was found first.
   */
  state: "sent" | "acknowledged" | "refused" | "unknown";
  /** The acknowledgement said that the rows can be queried. */
  visible: boolean;
  /** Drops of the table that had begun when it was sent. */
  drops: number;
}

/** What a query of one table showed. */
export interface Answer {
  readonly ids: readonly number[];
  /** The snapshot's version: the same one must never come with other rows. */
  readonly version: string;
  readonly count: bigint;
  readonly sum: bigint;
  /** Segments that could not be read. */
  readonly faults: readonly string[];
  readonly gaps: readonly Gap[];
}

export class ModelError extends Error {
  override readonly name = "ModelError";
}

const some = (ids: readonly number[]): string =>
  ids.length <= 8 ? ids.join(", ") : `${ids.slice(0, 8).join(", ")} … (${ids.length})`;

function uniqueIds(table: string, answer: Answer): Set<number> {
  const seen = new Set(answer.ids);
  if (answer.faults.length > 0)
    throw new ModelError(`${table}: segments are lost: ${answer.faults.join("; ")}`);
  if (seen.size !== answer.ids.length) {
    const twice = answer.ids.filter((id, at) => answer.ids.indexOf(id) !== at);
    throw new ModelError(`${table}: rows are there twice: ${some(twice)}`);
  }
  const sum = answer.ids.reduce((total, id) => total + BigInt(id), 0n);
  if (answer.count !== BigInt(answer.ids.length) || answer.sum !== sum)
    throw new ModelError(
      `${table}: count and sum are ${answer.count} and ${answer.sum}, the rows say ${answer.ids.length} and ${sum}`,
    );
  return seen;
}

export class PushModel {
  readonly batches: Batch[] = [];
  #drops = 0;

  /** Drops of the table that have begun. */
  get drops(): number {
    return this.#drops;
  }

  /** The answer to a push came: sent before a drop that has begun since, its rows may have gone with the table. */
  acknowledged(batch: Batch, visible: boolean): void {
    if (batch.drops < this.#drops) {
      if (batch.state === "sent") batch.state = "unknown";
      return;
    }
    batch.state = "acknowledged";
    batch.visible ||= visible;
  }

  /** A drop begins: whatever was acknowledged may go now, until its answer says that all of it is gone. */
  dropping(): readonly Batch[] {
    this.#drops++;
    const there = this.batches.filter(({ state }) => state === "acknowledged" || state === "unknown");
    for (const batch of there) batch.state = "unknown";
    return there;
  }

  dropped(gone: readonly Batch[]): void {
    for (const batch of gone) batch.state = "refused";
  }

  /** What an answer to a question asked now must have: what is visible; after a restart, all that is acknowledged. */
  required(options: { readonly visible: boolean }): ReadonlySet<Batch> {
    return new Set(
      this.batches.filter((batch) => batch.state === "acknowledged" && (batch.visible || !options.visible)),
    );
  }

  /** `afterRestart`: nothing is in flight, so what was unknown is now decided for good. */
  check(
    answer: Answer,
    options: { readonly required: ReadonlySet<Batch>; readonly afterRestart: boolean },
  ): void {
    const seen = uniqueIds("pushed", answer);
    for (const batch of this.batches) {
      const there = batch.ids.filter((id) => seen.has(id));
      for (const id of there) seen.delete(id);
      const whole = there.length === batch.ids.length;
      if (options.required.has(batch) && !whole)
        throw new ModelError(
          `pushed: batch ${batch.key} was acknowledged, but ${some(batch.ids.filter((id) => !there.includes(id)))} are gone`,
        );
      if (batch.state === "refused" && there.length > 0)
        throw new ModelError(`pushed: batch ${batch.key} was refused, but ${some(there)} are there`);
      if (!whole && there.length > 0)
        throw new ModelError(`pushed: batch ${batch.key} is there in part: ${some(there)}`);
      if (batch.state === "unknown" && options.afterRestart) batch.state = whole ? "acknowledged" : "refused";
    }
    if (seen.size > 0) throw new ModelError(`pushed: rows that nobody sent: ${some([...seen])}`);
  }

  /** The process died: answers that had not come will not. */
  died(): void {
    for (const batch of this.batches) if (batch.state === "sent") batch.state = "unknown";
  }
}

/** What was answered under each version. */
export class VersionModel {
  readonly #known = new Map<string, string>();

  check(table: string, { version, ids }: Answer): void {
    const rows = ids.toSorted((a, b) => a - b).join();
    const key = `${table} ${version}`;
    const known = this.#known.get(key);
    if (known !== undefined && known !== rows)
      throw new ModelError(`${table}: version ${version} came again with other rows`);
    this.#known.set(key, rows);
  }
}

export const mirroredId = (partition: number, offset: number): number => partition * 1_000_000 + offset;

/** Rows that were visible once must stay so; rows before them are there, or in a recorded gap. */
export class MirrorModel {
  readonly #topic: SimTopic;
  readonly #reached: number[];
  /** The first offset that was ever visible: what the source had forgotten before is not the table's loss. */
  readonly #first: number[];
  constructor(topic: SimTopic) {
    this.#topic = topic;
    this.#reached = topic.rows.map(() => 0);
    this.#first = topic.rows.map(() => Number.POSITIVE_INFINITY);
  }

  check(answer: Answer, options: { readonly complete: boolean; readonly afterRestart: boolean }): void {
    const seen = uniqueIds("mirrored", answer);
    this.#topic.rows.forEach((rows, partition) => {
      const before = (offset: number) =>
        offset < this.#first[partition]! && BigInt(offset) < this.#topic.starts[partition]!;
      const isGone = (offset: number) =>
        answer.gaps.some(
          (gap) => gap.partition === partition && gap.start <= BigInt(offset) && BigInt(offset) < gap.end,
        );
      let reached = 0;
      for (let offset = 0; offset < rows.length; offset++) {
        const there = seen.delete(mirroredId(partition, offset));
        if (there && offset < this.#first[partition]!) this.#first[partition] = offset;
        if (there && isGone(offset))
          throw new ModelError(`mirrored: ${partition}/${offset} is in a gap and there`);
        if (there) reached = offset + 1;
      }
      const until = options.complete ? rows.length : reached;
      const ids = new Set(answer.ids);
      for (let offset = 0; offset < until; offset++)
        if (!ids.has(mirroredId(partition, offset)) && !isGone(offset) && !before(offset))
          throw new ModelError(`mirrored: ${partition}/${offset} is missing before ${until}`);
      // A restart may go back to what was durable; within one process nothing disappears.
      if (!options.afterRestart && reached < this.#reached[partition]!)
        throw new ModelError(
          `mirrored: partition ${partition} went back from ${this.#reached[partition]} to ${reached}`,
        );
      this.#reached[partition] = reached;
    });
    if (seen.size > 0) throw new ModelError(`mirrored: rows that nobody sent: ${some([...seen])}`);
  }
}
