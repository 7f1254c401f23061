/**
 * Idempotency keys of one partition's pushes. A key is durable with the rows it stands for, as the note of
 * their log record; before the log lets go of that record, the living keys are written to a file of their
 * own, so a key lasts for its window whatever is sealed and trimmed meanwhile.
 *
 * Note => UTF-8 JSON {key, hash, atMs, partition, baseOffset, endOffset, rejected, rejects}
 * KeysFile => Record of kind mark (log/format), note: Note lines, separated by newlines
 */

import { encodeRecord, readRecord } from "#ingestion/log/format";
import type { IngestAnswer } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import type { World } from "#schemas/world";

export interface KeyedPush {
  readonly key: string;
  /** Of the body and its format. */
  readonly hash: string;
  readonly atMs: number;
  readonly answer: IngestAnswer;
}

export interface KeysOptions {
  readonly path: string;
  readonly windowMs: number;
  readonly keysMax: number;
  /** Of keys and answers together. */
  readonly bytesMax: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeNote = (push: KeyedPush): Uint8Array => encoder.encode(JSON.stringify(push));
export const decodeNote = (note: Uint8Array): KeyedPush => JSON.parse(decoder.decode(note)) as KeyedPush;

/** About what an entry holds: its texts, and the objects around them. */
const bytesOf = ({ key, hash, answer }: KeyedPush): number =>
  512 +
  (key.length + hash.length) * 2 +
  answer.rejects.reduce((sum, { reason }) => sum + 64 + reason.length * 2, 0);

export class IdempotencyKeys {
  #world: World;
  #options: KeysOptions;
  /** Oldest first. */
  #pushes = new Map<string, KeyedPush>();
  #bytes = 0;

  constructor(world: World, options: KeysOptions) {
    this.#world = world;
    this.#options = options;
  }

  get size(): number {
    return this.#pushes.size;
  }

  /**
   * The keys that outlived their log files. Their loss is an error that names the file, not a reason to
   * stop.
   */
  async load(): Promise<StoreError | null> {
    const { path } = this.#options;
    if (!(await this.#world.disk.exists(path))) return null;
    const record = readRecord(await this.#world.disk.read(path), 0);
    if (record === null) {
      return new StoreError("LOG_CORRUPT", `${path} is damaged: older idempotency keys are lost`, {
        at: path,
      });
    }
    for (const line of decoder.decode(record.entry.note).split("\n")) {
      if (line !== "") this.add(JSON.parse(line) as KeyedPush);
    }
    return null;
  }

  add(push: KeyedPush): void {
    this.#drop(push.key);
    this.#pushes.set(push.key, push);
    this.#bytes += bytesOf(push);
    this.#expire();
  }

  /** The push that had this key; IDEMPOTENCY_CONFLICT when its body was another. */
  find(key: string, hash: string): KeyedPush | undefined {
    this.#expire();
    const push = this.#pushes.get(key);
    if (push === undefined || push.hash === hash) return push;
    throw conflict(key);
  }

  /** Makes all living keys durable outside the log. */
  async keep(): Promise<void> {
    this.#expire();
    const lines = [...this.#pushes.values()].map((push) => JSON.stringify(push)).join("\n");
    const note = encoder.encode(lines);
    const entry = { kind: "mark", baseOffset: 0n, endOffset: 0n, note, payload: new Uint8Array(0) } as const;
    await this.#world.disk.writeAtomic(this.#options.path, encodeRecord(entry, 0));
  }

  #expire(): void {
    const oldestMs = this.#world.clock.nowMs() - this.#options.windowMs;
    for (const [key, push] of this.#pushes) {
      const { keysMax, bytesMax } = this.#options;
      if (this.#pushes.size <= keysMax && this.#bytes <= bytesMax && push.atMs >= oldestMs) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const push = this.#pushes.get(key);
    if (push !== undefined) this.#bytes -= bytesOf(push);
    this.#pushes.delete(key);
  }
}

export const conflict = (key: string): StoreError =>
  new StoreError(
    "IDEMPOTENCY_CONFLICT",
    `the Idempotency-Key ${JSON.stringify(key)} was used for another body; use a new key for new rows`,
    { at: "Idempotency-Key" },
  );
