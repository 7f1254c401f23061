/**
 * The tail log of one (table, partition): what a source delivered, as it came, until its rows are sealed.
 * Invariants: records are appended in offset order; `append` resolves only after an fsync that covers the
 * record; a failed fsync stops the log until the process restarts (the kernel may have dropped the pages: a
 * retry would lie); a full disk takes back everything that was not durable, so that offsets are handed out
 * again. Many appends share a sync. Files are named by sequence number; a new one begins only after its
 * predecessor is durable to the end.
 */

import {
  encodeFileHeader,
  encodeRecord,
  fileHeaderBytes,
  type LogEntry,
  recordBytes,
} from "#ingestion/log/format";
import { fileNameOf, type LogFile, namePattern, type Recovered, recoverFiles } from "#ingestion/log/recover";
import { assert, messageOf, StoreError, storeErrorOf } from "#schemas/errors";
import { ingestionBounds } from "#schemas/limits";
import type { Reservation } from "#schemas/segment";
import type { AppendFile, World } from "#schemas/world";

export interface TailLogOptions {
  readonly folder: string;
  /** A new file begins past this size. */
  readonly fileBytes: number;
  /** 0: sync at once (an acknowledgement waits). Above: at most this often (a mirror of a durable source). */
  readonly syncMs: number;
  /** A full disk: reject what is queued (a push is refused), or keep it and try again (a mirror). */
  readonly whenFull: "reject" | "retry";
  /** Remembers elsewhere which offsets were given, for a log that is the rows' only home; null for a mirror. */
  readonly reserve: OffsetReserve | null;
}

export interface OffsetReserve {
  /** As of the last start. */
  readonly kept: Reservation | null;
  /** Durable when it resolves. */
  keep(reservation: Reservation): Promise<void>;
}

interface Queued {
  readonly entry: LogEntry;
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

const retryFullMs = ingestionBounds.fullDiskRetryMs;
const keepDurableMs = ingestionBounds.durableKeepMs;
/** So many offsets are reserved at a time: as many at most are skipped after a loss without having been given. */
const offsetsAhead = 1n << 18n;
const roomBytes = ingestionBounds.fullDiskRoomBytes;

export class TailLog {
  #world: World;
  #options: TailLogOptions;
  #files: LogFile[] = [];
  #reserved: Reservation | null;
  /** One write of the reservation at a time: each builds on the one before. */
  #keeping: Promise<unknown> = Promise.resolve();
  #isKeepDue = false;
  #damage: Recovered["corrupt"] = null;
  /** The largest sequence number that there ever was here. */
  #sequenceSeen = 0;
  #file: AppendFile | null = null;
  #queue: Queued[] = [];
  #unsynced: Queued[] = [];
  #queuedBytes = 0;
  #isUrgent = false;
  #durableBytes = 0;
  #durableOffset = 0n;
  #endOffset = 0n;
  #syncedMs = 0;
  #running: Promise<void> | null = null;
  #trimming: Promise<void> = Promise.resolve();
  #failure: StoreError | null = null;
  #full: StoreError | null = null;
  /** What did not fit, while nothing has been written since; 0 when the last write fitted. */
  #unfitBytes = 0;
  #closing = new AbortController();
  #waiters: (() => void)[] = [];

  constructor(world: World, options: TailLogOptions) {
    this.#world = world;
    this.#options = options;
    this.#reserved = options.reserve?.kept ?? null;
  }

  /**
   * Reads what is there, hands each sound record to `visit` in order, truncates a torn tail, and is then
   * ready to append. The answer says what was lost; on damage the log takes no more (`discard` begins it
   * anew).
   */
  async recover(visit: (entry: LogEntry) => Promise<void> | void): Promise<Recovered> {
    const { disk } = this.#world;
    await disk.makeFolder(this.#options.folder);
    const recovered = await recoverFiles(this.#world, this.#options.folder, visit);
    this.#files = [...recovered.files];
    this.begin(recovered.endOffset ?? 0n);
    if (recovered.corrupt !== null) {
      this.#damage = recovered.corrupt;
      this.#fail(recovered.corrupt.error);
      return recovered;
    }
    const last = this.#files.at(-1);
    if (last !== undefined) {
      this.#file = await disk.openAppend(last.path);
      if (recovered.torn !== null) {
        if (this.lost !== null) await this.#copyAside(last.path);
        await this.#file.truncate(recovered.torn.position);
        if (recovered.torn.position < fileHeaderBytes) await restart(this.#file);
        await this.#file.sync();
      }
      this.#durableBytes = last.bytes = this.#file.bytes;
    }
    return recovered;
  }

  /** The next record begins at `offset`, or later. */
  begin(offset: bigint): void {
    if (offset > this.#durableOffset) this.#durableOffset = this.#endOffset = offset;
  }

  /** Offset after the last record that was taken, durable or not. */
  get endOffset(): bigint {
    return this.#endOffset;
  }

  /** Bytes of its files. */
  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0);
  }

  /** After `recover`: where offsets of rows that the log should have and has not end, and how they were lost. */
  get lost(): { readonly end: bigint; readonly reason: string } | null {
    const reserved = this.#reserved;
    if (reserved === null) return null;
    if ((this.#files.at(-1)?.sequence ?? 0) < reserved.file) {
      const reason = "the log that held these rows is missing; these offsets may have been given";
      return { end: reserved.end, reason };
    }
    if (this.#endOffset >= reserved.durable) return null;
    const reason = `the end of the log in ${this.#options.folder} was cut or damaged: it held acknowledged rows`;
    return { end: reserved.durable, reason };
  }

  /** No offset from here on was given to a push; null when that is not known. */
  get givenEnd(): bigint | null {
    return this.#reserved?.end ?? null;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Why the log takes nothing now: for good, or until the disk has room. It is logged already. */
  get failure(): StoreError | null {
    return this.#failure ?? this.#full;
  }

  /** True when only a restart (or `discard`) helps. */
  get stopped(): boolean {
    return this.#failure !== null;
  }

  /** Whether a full disk has room again, for what did not fit too. */
  async hasRoom(): Promise<boolean> {
    return (await this.#world.disk.freeBytes()) > roomBytes + this.#unfitBytes;
  }

  /** The disk has room again; the next append finds out for sure. */
  clearFull(): void {
    this.#full = null;
  }

  /** Resolves when the record, and all before it, are durable; rejects when they will not be. */
  append(entry: LogEntry): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    assert(entry.endOffset >= this.#endOffset, "records are appended in offset order");
    this.#endOffset = entry.endOffset;
    // Marks and gaps are what the source cannot tell again: they do not wait for the mirror's next sync.
    this.#isUrgent ||= entry.kind === "mark" || entry.kind === "gap";
    return new Promise<void>((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      this.#queuedBytes += recordBytes(entry);
      this.#run();
    });
  }

  /** Resolves when fewer than `bytes` wait, or the log has failed. */
  async room(bytes: number): Promise<void> {
    while (this.#queuedBytes > bytes && this.#failure === null) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Removes files whose records all lie before `offset`; `keep` first makes durable what must outlive them. */
  trim(offset: bigint, keep: (files: readonly LogFile[]) => Promise<void>): Promise<void> {
    const done = this.#trimming.then(() => this.#trim(offset, keep));
    this.#trimming = done.catch(() => {});
    return done;
  }

  async #trim(offset: bigint, keep: (files: readonly LogFile[]) => Promise<void>): Promise<void> {
    const gone = this.#files.slice(0, -1).filter((file) => file.endOffset <= offset);
    if (gone.length === 0) return;
    await keep(gone);
    this.#world.failpoint("log.trim");
    for (const file of gone) await this.#world.disk.remove(file.path);
    this.#files = this.#files.filter((file) => !gone.includes(file));
  }

  /** Removes everything: the source has it still. What was queued is rejected. */
  async discard(): Promise<void> {
    this.#failure ??= new StoreError("LOG_CORRUPT", `${this.#options.folder}: discarded`);
    this.#rejectAll(this.#failure);
    await this.#running;
    await this.#file?.close();
    for (const name of await this.#world.disk.list(this.#options.folder)) {
      await this.#world.disk.remove(`${this.#options.folder}/${name}`);
    }
    this.#files = [];
    this.#file = null;
    this.#durableBytes = 0;
    this.#durableOffset = this.#endOffset = 0n;
    this.#failure = null;
    this.#full = null;
    this.#unfitBytes = 0;
  }

  /**
   * After damage: what is behind it is copied under names that nothing reads, the sound part before it stays, and the
   * log goes on in a new file.
   */
  async putAside(): Promise<void> {
    const damage = this.#damage;
    assert(damage !== null, "a log is put aside after damage");
    const { disk } = this.#world;
    const { folder } = this.#options;
    for (const name of await disk.list(folder)) {
      const sequence = Number(namePattern.exec(name)?.[1] ?? 0);
      const path = `${folder}/${name}`;
      this.#sequenceSeen = Math.max(this.#sequenceSeen, sequence);
      if (sequence === 0 || path < damage.path) continue;
      await this.#copyAside(path);
      if (path > damage.path) await disk.remove(path);
    }
    const file = await disk.openAppend(damage.path);
    await file.truncate(damage.position);
    if (damage.position < fileHeaderBytes) await restart(file);
    await file.sync();
    const last = this.#files.at(-1);
    if (last !== undefined) last.bytes = file.bytes;
    await file.close();
    this.#damage = this.#failure = null;
  }

  async #copyAside(path: string): Promise<void> {
    const { disk, log } = this.#world;
    const at = path.lastIndexOf("/") + 1;
    const copy = `${path.slice(0, at)}damaged-${path.slice(at)}`;
    await disk.writeAtomic(copy, [await disk.read(path)]);
    log("warn", `${path} is damaged: it is kept as ${copy}`);
  }

  async close(): Promise<void> {
    this.#closing.abort(new StoreError("SHUTTING_DOWN", "the log closes"));
    await this.#running;
    if (this.#failure === null && this.#unsynced.length > 0) await this.#sync();
    if (this.#failure === null) await this.#keepDurable();
    this.#failure ??= new StoreError("SHUTTING_DOWN", `${this.#options.folder}: closed`);
    this.#rejectAll(this.#failure);
    await this.#file?.close();
  }

  #run(): void {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
      if (this.#queue.length > 0 && this.#failure === null && !this.#closing.signal.aborted) this.#run();
    });
  }

  async #drain(): Promise<void> {
    while ((this.#queue.length > 0 || this.#unsynced.length > 0) && this.#failure === null) {
      if (this.#queue.length > 0 && !(await this.#write())) return;
      const isDue = this.#isUrgent || this.#closing.signal.aborted;
      const waitMs = isDue ? 0 : this.#syncedMs + this.#options.syncMs - this.#world.clock.monotonicMs();
      if (waitMs <= 0 || this.#options.syncMs === 0) await this.#sync();
      else if (this.#queue.length === 0)
        await this.#world.clock.sleep(Math.min(waitMs, 50), this.#closing.signal).catch(() => {});
    }
  }

  /** Writes the queue's first part, up to the file's size. False when the disk is full and nobody should go on. */
  async #write(): Promise<boolean> {
    let bytes = 0;
    try {
      await this.#roll();
      const file = this.#current();
      const room = Math.max(1, this.#options.fileBytes - file.bytes);
      const group: Queued[] = [];
      const chunks: Uint8Array[] = [];
      while (group.length < this.#queue.length && bytes < room) {
        const next = this.#queue[group.length];
        group.push(next);
        chunks.push(...encodeRecord(next.entry, this.#durableBytes));
        bytes += recordBytes(next.entry);
      }
      await this.#reserve(group[group.length - 1].entry.endOffset);
      const before = file.bytes;
      await this.#appendOrTakeBack(file, chunks, before);
      this.#queue.splice(0, group.length);
      this.#unsynced.push(...group);
      this.#full = null;
      this.#fitted();
      this.#notice(group);
      return true;
    } catch (error) {
      return await this.#writeFailed(storeErrorOf(error), bytes);
    }
  }

  /** Before an offset is given, it is known elsewhere that it may have been, and in which file it is. */
  async #reserve(end: bigint): Promise<void> {
    const { reserve, folder } = this.#options;
    const file = this.#files[this.#files.length - 1].sequence;
    if (reserve === null || (this.#reserved?.file === file && end <= this.#reserved.end)) return;
    try {
      await this.#keep(() => ({ end: end + offsetsAhead, file, durable: this.#durableOffset }));
    } catch (error) {
      const { code, message } = storeErrorOf(error);
      if (code === "DISK_FULL") throw error;
      const why = `${folder}: the catalog could not reserve offsets for the rows: ${message}`;
      throw new StoreError("INGESTION_PAUSED", why, { cause: error });
    }
  }

  #keep(next: (kept: Reservation | null) => Reservation | null): Promise<void> {
    const kept = this.#keeping.then(async () => {
      const reservation = next(this.#reserved);
      if (reservation === null || this.#options.reserve === null) return;
      await this.#options.reserve.keep(reservation);
      this.#reserved = reservation;
    });
    this.#keeping = kept.catch(() => {});
    return kept;
  }

  /** Where acknowledged rows end, kept outside the log: only so is an end that was cut off noticed. */
  async #keepDurable(): Promise<void> {
    const durable = this.#durableOffset;
    try {
      await this.#keep((kept) => (kept === null || kept.durable >= durable ? null : { ...kept, durable }));
    } catch (error) {
      this.#world.log("debug", `${this.#options.folder}: its end is not kept: ${messageOf(error)}`);
    }
  }

  /** Soon, once for all syncs until then: a write of the catalog a second, not one a push. */
  #keepDurableSoon(): void {
    if (this.#options.reserve === null || this.#isKeepDue) return;
    this.#isKeepDue = true;
    const soon = this.#world.clock.sleep(keepDurableMs, this.#closing.signal);
    const keep = () => {
      this.#isKeepDue = false;
      return this.#keepDurable();
    };
    soon.then(keep).catch(() => {});
  }

  async #appendOrTakeBack(file: AppendFile, chunks: readonly Uint8Array[], before: number): Promise<void> {
    try {
      this.#world.failpoint("log.append");
      await file.append(chunks);
    } catch (error) {
      await file.truncate(before);
      throw error;
    }
  }

  /** Said once, and taken back once: not for every row that waits. */
  #fitted(): void {
    if (this.#unfitBytes === 0) return;
    this.#unfitBytes = 0;
    this.#world.log("info", `${this.#options.folder}: rows are taken again`);
  }

  async #writeFailed(error: StoreError, bytes: number): Promise<boolean> {
    if (error.code !== "DISK_FULL" && error.code !== "INGESTION_PAUSED") {
      this.#stop(error);
      return false;
    }
    this.#full = error;
    if (this.#unfitBytes === 0)
      this.#world.log("error", `${error.message}; no rows are taken until that is over`);
    this.#unfitBytes = Math.max(1, bytes);
    if (this.#options.whenFull === "retry") {
      await this.#world.clock.sleep(retryFullMs, this.#closing.signal).catch(() => {});
      return !this.#closing.signal.aborted;
    }
    if (this.#unsynced.length > 0) await this.#sync();
    this.#rejectAll(error);
    return false;
  }

  async #roll(): Promise<void> {
    const { disk } = this.#world;
    if (this.#file !== null && this.#file.bytes < this.#options.fileBytes) return;
    if (this.#file !== null) {
      if (this.#unsynced.length > 0) await this.#sync();
      if (this.#failure !== null) throw this.#failure;
      await this.#file.close();
      this.#file = null;
    }
    const sequence = Math.max(this.#files.at(-1)?.sequence ?? 0, this.#sequenceSeen) + 1;
    const path = `${this.#options.folder}/${fileNameOf(sequence)}`;
    const file = await disk.openAppend(path);
    await restart(file);
    this.#file = file;
    this.#durableBytes = fileHeaderBytes;
    this.#files.push({ path, sequence, endOffset: this.#durableOffset, notes: 0, bytes: file.bytes });
  }

  async #sync(): Promise<void> {
    // The old file was synced before it was closed; there was no room for a new one yet.
    if (this.#file === null && this.#unsynced.length === 0) return;
    const group = this.#unsynced.splice(0);
    const file = this.#current();
    const reached = file.bytes;
    try {
      this.#world.failpoint("log.sync");
      await file.sync();
    } catch (error) {
      this.#unsynced.unshift(...group);
      // Best effort: what was not acknowledged should not come back after a restart.
      await file.truncate(this.#durableBytes).catch(() => {});
      this.#stop(
        new StoreError("DISK_FAILED", `${file.path}: sync failed, the log is stopped: ${messageOf(error)}`, {
          cause: error,
          at: file.path,
        }),
      );
      return;
    }
    this.#syncedMs = this.#world.clock.monotonicMs();
    this.#isUrgent = this.#queue.some(({ entry }) => entry.kind === "mark" || entry.kind === "gap");
    this.#durableBytes = reached;
    const last = group.at(-1);
    if (last !== undefined) this.#durableOffset = last.entry.endOffset;
    this.#keepDurableSoon();
    for (const queued of group) queued.resolve();
  }

  /** Keeps the books of the current file and of those who wait for room. */
  #notice(group: readonly Queued[]): void {
    const file = this.#files[this.#files.length - 1];
    for (const { entry } of group) {
      file.endOffset = entry.endOffset;
      file.bytes += recordBytes(entry);
      if (entry.note.length > 0) file.notes++;
      this.#queuedBytes -= recordBytes(entry);
    }
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #stop(error: StoreError): void {
    this.#fail(error);
    this.#rejectAll(error);
  }

  #fail(error: StoreError): void {
    this.#failure = error;
    this.#world.log("error", error.message, { folder: this.#options.folder });
  }

  #rejectAll(error: StoreError): void {
    const rejected = [...this.#unsynced.splice(0), ...this.#queue.splice(0)];
    this.#queuedBytes = 0;
    this.#endOffset = this.#durableOffset;
    for (const queued of rejected) queued.reject(error);
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #current(): AppendFile {
    assert(this.#file !== null, "a log file is open");
    return this.#file;
  }
}

/** The file as a new one: nothing but its header. */
async function restart(file: AppendFile): Promise<void> {
  if (file.bytes > 0) await file.truncate(0);
  await file.append([encodeFileHeader()]);
}
