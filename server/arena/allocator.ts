/**
 * The page-run allocator of one arena. All of its state lies in the shared memory itself, so any thread that has the
 * memory can allocate and free; a futex lock orders them.
 *
 * Memory => header (page 0) kernel constants (page 1) tags, next, previous: u32[pages] each, data pages, guard page
 * A run is a stretch of pages, used or free. Its first and last page carry the same tag: length × 2 + used. Free runs
 * hang in lists by the highest bit of their length; neighbours that become free are joined at once, so two free runs
 * never touch. For a used run `next` of its first page holds the purpose.
 */
import { assert, StoreError } from "#schemas/errors";
import type { Purpose } from "#server/arena/arena";

export const pageBytes = 4096;
/** Readable bytes after each block. */
export const slackBytes = 64;

const magic = 0x46524553;
const classes = 32;
/** u32 indexes into the header. */
const at = {
  magic: 0,
  lock: 1,
  pages: 2,
  dataPage: 3,
  usedPages: 4,
  poison: 5,
  purposes: 8,
  heads: 32,
} as const;
const none = 0;
const poisonByte = 0xdb;

export const purposes: readonly Purpose[] = [
  "mutable",
  "sealed",
  "dictionary",
  "index",
  "scratch",
  "state",
  "stage",
  "cache",
];

export interface AllocatorOptions {
  /** Overwrite freed blocks, so that a reader of freed memory is found out. For tests. */
  readonly poison: boolean;
}

const classOf = (length: number): number => 31 - Math.clz32(length);

export class Allocator {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly pages: number;
  private readonly tags: number;
  private readonly next: number;
  private readonly previous: number;

  /** Formats a memory that nobody else uses yet; zero pages except those it writes. */
  static format(buffer: SharedArrayBuffer, options: AllocatorOptions): void {
    const words = new Int32Array(buffer);
    const pages = Math.floor(buffer.byteLength / pageBytes) - 1; // kernels may read into the last page
    const dataPage = 2 + Math.ceil((pages * 3 * 4) / pageBytes);
    assert(pages > dataPage, "an arena is larger than its page tables");
    words[at.pages] = pages;
    words[at.dataPage] = dataPage;
    words[at.poison] = options.poison ? 1 : 0;
    words[at.magic] = magic;
    const allocator = new Allocator(buffer);
    allocator.link(dataPage, pages - dataPage);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    assert(this.words[at.magic] === magic, "the memory was formatted as an arena");
    this.pages = this.words[at.pages];
    this.tags = (2 * pageBytes) / 4;
    this.next = this.tags + this.pages;
    this.previous = this.next + this.pages;
  }

  /** Address of `bytes` writable bytes; throws MEMORY_BUDGET when no run is long enough. */
  allocate(bytes: number, purpose: Purpose): number {
    const length = Math.max(1, Math.ceil((bytes + slackBytes) / pageBytes));
    const purposeIndex = purposes.indexOf(purpose);
    this.lock();
    const page = this.take(length);
    if (page !== none) {
      this.words[this.next + page] = purposeIndex;
      Atomics.add(this.words, at.usedPages, length);
      Atomics.add(this.words, at.purposes + purposeIndex, length);
    }
    this.unlock();
    if (page === none) {
      const free = (this.pages - this.words[at.dataPage] - this.words[at.usedPages]) * pageBytes;
      throw new StoreError(
        "MEMORY_BUDGET",
        `no ${bytes} contiguous bytes left for ${purpose}: ${free} of the arena's ${this.pages * pageBytes} bytes are free`,
      );
    }
    return page * pageBytes;
  }

  free(pointer: number): void {
    const page = pointer / pageBytes;
    assert(Number.isInteger(page) && page >= this.words[at.dataPage], `${pointer} is the address of a block`);
    // The tag of a block in use changes by nobody else's hand, so it may be read, and the block poisoned,
    // without the lock.
    const tag = this.words[this.tags + page];
    assert((tag & 1) === 1, `the block at ${pointer} is in use`);
    const length = tag >>> 1;
    if (this.words[at.poison] !== 0) this.bytes.fill(poisonByte, pointer, pointer + length * pageBytes);
    this.lock();
    Atomics.sub(this.words, at.usedPages, length);
    Atomics.sub(this.words, at.purposes + this.words[this.next + page], length);
    this.join(page, length);
    this.unlock();
  }

  usedBytes(): number {
    return Atomics.load(this.words, at.usedPages) * pageBytes;
  }

  usedBy(purpose: Purpose): number {
    return Atomics.load(this.words, at.purposes + purposes.indexOf(purpose)) * pageBytes;
  }

  /** Bytes that blocks can have in all. */
  capacity(): number {
    return (this.pages - this.words[at.dataPage]) * pageBytes;
  }

  /** Walks all runs and asserts the invariants; returns the lengths of free and used runs. For tests. */
  check(): { free: number[]; used: number[] } {
    const found = { free: [] as number[], used: [] as number[] };
    let wasFree = false;
    for (let page = this.words[at.dataPage]; page < this.pages; ) {
      const tag = this.words[this.tags + page];
      const length = tag >>> 1;
      assert(length > 0, "a run has pages");
      assert(this.words[this.tags + page + length - 1] === tag, "a run's last page repeats its tag");
      const isFree = (tag & 1) === 0;
      assert(!(isFree && wasFree), "free neighbours are joined");
      (isFree ? found.free : found.used).push(length);
      wasFree = isFree;
      page += length;
    }
    return found;
  }

  /** Unlinks a free run of at least `length` pages, splits off the rest; its first page, or `none`. */
  private take(length: number): number {
    for (let list = classOf(length); list < classes; list++) {
      let page = this.words[at.heads + list];
      // Only the first class can hold runs that are too short; a bounded search keeps allocation quick.
      for (let tries = 0; page !== none && tries < 64; tries++) {
        if (this.words[this.tags + page] >>> 1 >= length) return this.split(page, length);
        page = this.words[this.next + page];
      }
    }
    return this.takeSlowly(length);
  }

  /** Past the bounded search: any run of the first class that is long enough. */
  private takeSlowly(length: number): number {
    let page = this.words[at.heads + classOf(length)];
    while (page !== none && this.words[this.tags + page] >>> 1 < length) page = this.words[this.next + page];
    return page === none ? none : this.split(page, length);
  }

  private split(page: number, length: number): number {
    const whole = this.words[this.tags + page] >>> 1;
    this.unlink(page, whole);
    if (whole > length) this.link(page + length, whole - length);
    this.tag(page, length, 1);
    return page;
  }

  private join(page: number, length: number): void {
    let first = page;
    let total = length;
    const after = page + length;
    if (after < this.pages && (this.words[this.tags + after] & 1) === 0) {
      const afterLength = this.words[this.tags + after] >>> 1;
      this.unlink(after, afterLength);
      total += afterLength;
    }
    if (page > this.words[at.dataPage] && (this.words[this.tags + page - 1] & 1) === 0) {
      const beforeLength = this.words[this.tags + page - 1] >>> 1;
      first = page - beforeLength;
      this.unlink(first, beforeLength);
      total += beforeLength;
    }
    this.link(first, total);
  }

  private tag(page: number, length: number, used: 0 | 1): void {
    this.words[this.tags + page] = length * 2 + used;
    this.words[this.tags + page + length - 1] = length * 2 + used;
  }

  private link(page: number, length: number): void {
    const head = at.heads + classOf(length);
    const following = this.words[head];
    this.tag(page, length, 0);
    this.words[this.next + page] = following;
    this.words[this.previous + page] = none;
    if (following !== none) this.words[this.previous + following] = page;
    this.words[head] = page;
  }

  private unlink(page: number, length: number): void {
    const following = this.words[this.next + page];
    const preceding = this.words[this.previous + page];
    if (preceding === none) this.words[at.heads + classOf(length)] = following;
    else this.words[this.next + preceding] = following;
    if (following !== none) this.words[this.previous + following] = preceding;
  }

  /** 0 free, 1 held, 2 held and somebody waits. Node allows Atomics.wait on its main thread too. */
  private lock(): void {
    let seen = Atomics.compareExchange(this.words, at.lock, 0, 1);
    for (let spins = 0; seen !== 0 && spins < 100; spins++)
      seen = Atomics.compareExchange(this.words, at.lock, 0, 1);
    if (seen === 0) return;
    while (Atomics.exchange(this.words, at.lock, 2) !== 0) Atomics.wait(this.words, at.lock, 2);
  }

  private unlock(): void {
    if (Atomics.exchange(this.words, at.lock, 0) === 2) Atomics.notify(this.words, at.lock, 1);
  }
}
