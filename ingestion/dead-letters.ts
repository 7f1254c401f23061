/**
 * Rows that were refused, kept with (partition, offset), reason and payload. One file per table; a batch of
 * letters is one record, durable when `record` resolves. Letters of a stream come in offset order, so a
 * replay after a crash is told by its offset and not counted twice. Bounded: the newest letters stay, the
 * counts never forget.
 *
 * DeadLetterFile => Record*           (log/format, kind mark, note: Page as UTF-8 JSON)
 * Page           => {whole, reasons, next, letters, lost?}   whole: replaces what came before; else it adds to it
 */

import { encodeRecord, readRecord } from "#ingestion/log/format";
import { countReason, type Rejects } from "#ingestion/rejects";
import type { DeadLetter, DeadLetters as DeadLetterList } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import { ingestionBounds, type Limits } from "#schemas/limits";
import type { AppendFile, World } from "#schemas/world";

export interface Letter {
  readonly offset: bigint;
  readonly reason: string;
  readonly payload: Uint8Array;
}

interface Page {
  readonly whole: boolean;
  readonly reasons: Readonly<Record<string, number>>;
  /** Per partition: letters of its stream below this offset are counted. */
  readonly next: Readonly<Record<string, string>>;
  readonly letters: readonly DeadLetter[];
  /** What of the file was not whole, and is not counted. */
  readonly lost?: string;
}

const samplesMax = ingestionBounds.deadLetterSamples;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class DeadLetters {
  #world: World;
  #limits: Limits;
  #path: string;
  #file: AppendFile | null = null;
  #letters: DeadLetter[] = [];
  #lettersInFile = 0;
  #reasons = new Map<string, number>();
  #next = new Map<string, bigint>();
  #lost: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(world: World, limits: Limits, path: string) {
    this.#world = world;
    this.#limits = limits;
    this.#path = path;
  }

  /** Reads what is there. A torn end is cut off; damage loses letters, never rows, and is answered. */
  async open(): Promise<StoreError | null> {
    const { disk } = this.#world;
    let position = 0;
    let bytes = 0;
    if (await disk.exists(this.#path)) {
      const content = await disk.read(this.#path);
      bytes = content.length;
      for (let read = readRecord(content, 0); read !== null; read = readRecord(content, position)) {
        this.#apply(JSON.parse(decoder.decode(read.entry.note)) as Page);
        position = read.end;
      }
    }
    this.#file = await disk.openAppend(this.#path);
    if (position === bytes) return null;
    await this.#file.truncate(position);
    await this.#file.sync();
    const message = `${this.#path} was damaged at byte ${position} of ${bytes}: later dead letters are lost`;
    // The counts would otherwise be smaller than they were, without a word after the next start.
    const page: Page = { whole: false, reasons: {}, next: {}, letters: [], lost: message };
    await this.#append(page);
    this.#apply(page);
    return new StoreError("LOG_CORRUPT", message, { at: this.#path });
  }

  /** Letters of a partition's stream, in offset order; those already counted are left out. */
  async record(partition: number, letters: readonly Letter[]): Promise<void> {
    await this.#serially(async () => {
      const key = String(partition);
      const counted = this.#next.get(key) ?? 0n;
      const fresh = letters.filter((letter) => letter.offset >= counted);
      const last = fresh.at(-1);
      if (last === undefined) return;
      const reasons = new Map<string, number>();
      for (const { reason } of fresh) countReason(reasons, reason, 1);
      await this.#write(partition, { letters: fresh, reasons, next: { [key]: String(last.offset + 1n) } });
    });
  }

  /** Rows of a push that were refused: they got no offset of their own and carry the push's. */
  async recordPushed(partition: number, offset: bigint, rejects: Rejects): Promise<void> {
    if (rejects.count === 0) return;
    const letters = rejects.rows().map(({ reason, payload }) => ({ offset, reason, payload }));
    await this.#serially(() => this.#write(partition, { letters, reasons: rejects.reasons, next: {} }));
  }

  list(): DeadLetterList {
    const reasons = [...this.#reasons].map(([reason, count]) => ({ reason, count }));
    return {
      total: reasons.reduce((sum, { count }) => sum + count, 0),
      reasons: reasons.toSorted((a, b) => b.count - a.count),
      samples: this.#letters.slice(-samplesMax).toReversed(),
      ...(this.#lost === undefined ? {} : { lost: this.#lost }),
    };
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
  }

  async #serially(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => {});
    await done;
  }

  async #write(
    partition: number,
    written: {
      readonly letters: readonly Letter[];
      readonly reasons: ReadonlyMap<string, number>;
      readonly next: Page["next"];
    },
  ): Promise<void> {
    const atMs = this.#world.clock.nowMs();
    const kept = written.letters.slice(-this.#limits.deadLetters).map(({ offset, reason, payload }) => ({
      partition,
      offset: String(offset),
      reason,
      payload: decoder.decode(payload.slice(0, this.#limits.deadLetterBytes)),
      atMs,
    }));
    const reasons = Object.fromEntries(written.reasons);
    const page: Page = { whole: false, reasons, next: written.next, letters: kept };
    if (this.#lettersInFile + kept.length > this.#limits.deadLetters * 2) await this.#rewrite();
    await this.#append(page);
    this.#apply(page);
  }

  async #append(page: Page): Promise<void> {
    const file = (this.#file ??= await this.#world.disk.openAppend(this.#path));
    const before = file.bytes;
    try {
      await file.append(encodePage(page));
    } catch (error) {
      await file.truncate(before);
      throw error;
    }
    await file.sync();
  }

  /** The file anew, with only what is still kept. */
  async #rewrite(): Promise<void> {
    const page: Page = {
      whole: true,
      reasons: Object.fromEntries(this.#reasons),
      next: Object.fromEntries([...this.#next].map(([partition, offset]) => [partition, String(offset)])),
      letters: this.#letters,
      ...(this.#lost === undefined ? {} : { lost: this.#lost }),
    };
    await this.#file?.close();
    this.#file = null;
    await this.#world.disk.writeAtomic(this.#path, encodePage(page));
    this.#lettersInFile = this.#letters.length;
  }

  #apply(page: Page): void {
    if (page.lost !== undefined) this.#lost = page.lost;
    if (page.whole) {
      this.#reasons.clear();
      this.#letters = [];
      this.#lettersInFile = 0;
    }
    for (const [reason, count] of Object.entries(page.reasons)) countReason(this.#reasons, reason, count);
    for (const [partition, offset] of Object.entries(page.next)) this.#next.set(partition, BigInt(offset));
    this.#letters.push(...page.letters);
    this.#lettersInFile += page.letters.length;
    const surplus = this.#letters.length - this.#limits.deadLetters;
    if (surplus > 0) this.#letters.splice(0, surplus);
  }
}

function encodePage(page: Page): Uint8Array[] {
  const note = encoder.encode(JSON.stringify(page));
  return encodeRecord({ kind: "mark", baseOffset: 0n, endOffset: 0n, note, payload: new Uint8Array(0) }, 0);
}
