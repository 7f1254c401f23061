/**
 * A disk in memory that behaves as badly as a real one may: `crash` loses what was not synced, keeps an
 * arbitrary part of it, or tears it (some 512-byte sectors written, some not); writes and syncs fail on
 * demand; space runs out. What was synced, and what `writeAtomic` returned from, always survives: that is
 * the contract that production relies on.
 */
import { StoreError } from "#schemas/errors";
import type { AppendFile, Disk, ReadFile } from "#schemas/world";
import type { SeededRandom } from "#test/setup/random";

const sectorBytes = 512;

class Content {
  bytes = new Uint8Array(256);
  length = 0;
  /** What a crash cannot take: the first `synced` bytes as they were. */
  synced = 0;
  /** False until the first sync: until then even the name may vanish. */
  named = false;

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  append(chunk: Uint8Array): void {
    if (this.length + chunk.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + chunk.length));
      grown.set(this.view());
      this.bytes = grown;
    }
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length);
    this.synced = Math.min(this.synced, length);
  }
}

export interface DiskFaults {
  /** Called before each operation with its name and path; throw to make it fail. */
  before: (
    operation: "append" | "sync" | "writeAtomic" | "truncate" | "read" | "remove",
    path: string,
  ) => void;
  /** Total bytes that the device holds; past it appends write a part and throw DISK_FULL. */
  capacityBytes: number;
  /** Planted bug: syncs return without making anything durable. */
  syncIsIgnored: boolean;
}

export class MemoryDisk implements Disk {
  readonly root = "/memory";
  readonly faults: DiskFaults = {
    before: () => {},
    capacityBytes: Number.POSITIVE_INFINITY,
    syncIsIgnored: false,
  };
  #files = new Map<string, Content>();
  /** As on a real disk a folder stays when its last file is gone: nothing in `Disk` removes one. */
  #folders = new Set<string>();
  #generation = 0;
  syncs = 0;

  /** Power off and on: files opened before are dead, unsynced bytes are lost or torn as chance has it. */
  crash(random: SeededRandom): void {
    this.#generation++;
    for (const [path, content] of [...this.#files]) {
      if (!content.named && random.chance(0.5)) this.#files.delete(path);
      else tear(content, random);
      content.named = true;
    }
  }

  /** The file's bytes, for tests to look at and to damage. */
  peek(path: string): Uint8Array {
    return this.#content(path).view();
  }

  /** Replaces a file behind everybody's back. */
  plant(path: string, bytes: Uint8Array): void {
    const content = new Content();
    content.append(bytes);
    content.synced = content.length;
    content.named = true;
    this.#put(path, content);
  }

  #put(path: string, content: Content): void {
    this.#files.set(path, content);
    this.#addFolder(folderOf(path));
  }

  #addFolder(folder: string): void {
    for (let at = folder; at !== ""; at = folderOf(at)) this.#folders.add(at);
  }

  paths(): string[] {
    return [...this.#files.keys()].toSorted(byName);
  }

  async openAppend(path: string): Promise<AppendFile> {
    let content = this.#files.get(path);
    if (content === undefined) this.#put(path, (content = new Content()));
    const generation = this.#generation;
    const alive = () => {
      if (generation !== this.#generation) throw new StoreError("DISK_FAILED", `${path}: the power went`);
    };
    return new MemoryAppendFile(path, content, this, alive);
  }

  openRead(path: string): ReadFile {
    const content = this.#content(path);
    return {
      path,
      get bytes() {
        return content.length;
      },
      readInto: (target, position) => {
        this.faults.before("read", path);
        if (position + target.length > content.length) {
          throw new StoreError(
            "DISK_FAILED",
            `${path}: wanted ${position + target.length} bytes, has ${content.length}`,
          );
        }
        target.set(content.bytes.subarray(position, position + target.length));
      },
      close: () => {},
    };
  }

  async read(path: string): Promise<Uint8Array> {
    this.faults.before("read", path);
    return this.#content(path).view().slice();
  }

  async writeAtomic(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    this.faults.before("writeAtomic", path);
    const content = new Content();
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes > (await this.freeBytes())) throw new StoreError("DISK_FULL", `${path}: no space left`);
    for (const chunk of chunks) content.append(chunk);
    content.synced = this.faults.syncIsIgnored ? 0 : content.length;
    content.named = !this.faults.syncIsIgnored;
    this.#put(path, content);
  }

  async remove(path: string): Promise<void> {
    this.faults.before("remove", path);
    this.#files.delete(path);
  }

  async list(folder: string): Promise<string[]> {
    const prefix = folder === "" ? "" : `${folder}/`;
    const names = new Set<string>();
    for (const path of [...this.#files.keys(), ...this.#folders]) {
      if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split("/")[0]);
    }
    return [...names].toSorted(byName);
  }

  async makeFolder(folder: string): Promise<void> {
    this.#addFolder(folder);
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path) || this.#folders.has(path);
  }

  async freeBytes(): Promise<number> {
    let used = 0;
    for (const content of this.#files.values()) used += content.length;
    return Math.max(0, this.faults.capacityBytes - used);
  }

  #content(path: string): Content {
    const content = this.#files.get(path);
    if (content === undefined) throw new StoreError("DISK_FAILED", `${path}: no such file`);
    return content;
  }
}

class MemoryAppendFile implements AppendFile {
  readonly path: string;
  #content: Content;
  #disk: MemoryDisk;
  #alive: () => void;

  constructor(path: string, content: Content, disk: MemoryDisk, alive: () => void) {
    this.path = path;
    this.#content = content;
    this.#disk = disk;
    this.#alive = alive;
  }

  get bytes(): number {
    return this.#content.length;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    this.#alive();
    this.#disk.faults.before("append", this.path);
    for (const chunk of chunks) {
      const room = await this.#disk.freeBytes();
      this.#alive();
      this.#content.append(chunk.subarray(0, Math.min(room, chunk.length)));
      if (room < chunk.length) throw new StoreError("DISK_FULL", `${this.path}: no space left`);
    }
  }

  async sync(): Promise<void> {
    this.#alive();
    this.#disk.faults.before("sync", this.path);
    const reached = this.#content.length;
    this.#disk.syncs++;
    await Promise.resolve();
    this.#alive();
    if (this.#disk.faults.syncIsIgnored) return;
    this.#content.synced = Math.max(this.#content.synced, Math.min(reached, this.#content.length));
    this.#content.named = true;
  }

  async truncate(bytes: number): Promise<void> {
    this.#alive();
    this.#disk.faults.before("truncate", this.path);
    this.#content.truncate(bytes);
  }

  async close(): Promise<void> {}
}

/**
 * After the crash: the synced part whole, of the rest some prefix, with sectors that never reached the
 * platter.
 */
function tear(content: Content, random: SeededRandom): void {
  const kept = content.synced + random.below(content.length - content.synced + 1);
  const bytes = content.bytes.slice(0, kept);
  for (let at = content.synced; at < kept; at += sectorBytes) {
    if (random.chance(0.25)) bytes.fill(0, at, Math.min(kept, at + sectorBytes));
  }
  content.bytes = bytes.length === 0 ? new Uint8Array(16) : bytes;
  content.length = kept;
  content.synced = kept;
}

const byName = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
