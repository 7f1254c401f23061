/**
 * The real world: this machine's clock, chance and a folder of its disk. Every disk error becomes DISK_FULL (wait for
 * room) or DISK_FAILED (do not trust that file any more), with the path in it. A file is durable only with its
 * folder:
 * whatever creates, renames or removes syncs the folder too.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  statfs,
  unlink,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { assert, messageOf, StoreError } from "#schemas/errors";
import type { AppendFile, Clock, Disk, Log, Random, ReadFile, World } from "#schemas/world";

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");

function diskError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const detail = { at: path, cause: error };
  if (code === "ENOSPC" || code === "EDQUOT")
    return new StoreError("DISK_FULL", `no space left on the disk for ${path}`, detail);
  return new StoreError("DISK_FAILED", `${path}: ${messageOf(error)}`, detail);
}

/** Runs disk work, its errors mapped. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(path, error);
  }
}

/** Writes all chunks from `position` on; a short write goes on where it stopped. */
async function writeAll(
  handle: FileHandle,
  chunks: readonly Uint8Array[],
  position: number,
): Promise<number> {
  const chunksMax = 512; // writev takes at most 1024 buffers
  let at = position;
  for (let first = 0; first < chunks.length; first += chunksMax) {
    let rest = chunks.slice(first, first + chunksMax).filter((chunk) => chunk.length > 0);
    while (rest.length > 0) {
      let { bytesWritten } = await handle.writev(rest, at);
      at += bytesWritten;
      while (rest.length > 0 && bytesWritten >= rest[0]!.length) {
        bytesWritten -= rest[0]!.length;
        rest = rest.slice(1);
      }
      if (bytesWritten > 0) rest = [rest[0]!.subarray(bytesWritten), ...rest.slice(1)];
    }
  }
  return at - position;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

class RealAppendFile implements AppendFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #quota: Quota;
  #bytes: number;
  /** The first failure that leaves the file's durable state unknown; everything after it fails alike. */
  #broken: StoreError | null = null;

  constructor(path: string, handle: FileHandle, options: { bytes: number; quota: Quota }) {
    this.path = path;
    this.#handle = handle;
    this.#bytes = options.bytes;
    this.#quota = options.quota;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #check(): void {
    if (this.#broken !== null) throw this.#broken;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    this.#check();
    this.#quota(this.path, chunks);
    try {
      this.#bytes += await writeAll(this.#handle, chunks, this.#bytes);
    } catch (error) {
      const failed = diskError(this.path, error);
      // A torn end must not stay: the next append has to begin where the last whole one ended.
      await this.#handle.truncate(this.#bytes).catch(() => {
        this.#broken = failed;
      });
      throw failed;
    }
  }

  async sync(): Promise<void> {
    this.#check();
    try {
      await this.#handle.datasync();
    } catch (error) {
      this.#broken = new StoreError("DISK_FAILED", `${this.path}: fsync failed: ${messageOf(error)}`, {
        at: this.path,
        cause: error,
      });
      throw this.#broken;
    }
  }

  async truncate(bytes: number): Promise<void> {
    this.#check();
    assert(bytes <= this.#bytes, `${this.path} is not made longer by truncate`);
    await onDisk(this.path, () => this.#handle.truncate(bytes));
    this.#bytes = bytes;
  }

  async close(): Promise<void> {
    await onDisk(this.path, () => this.#handle.close());
  }
}

class RealReadFile implements ReadFile {
  readonly path: string;
  readonly bytes: number;
  readonly #descriptor: number;
  #open = true;

  constructor(path: string, file: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(file, "r");
      this.bytes = fstatSync(this.#descriptor).size;
    } catch (error) {
      throw diskError(path, error);
    }
  }

  readInto(target: Uint8Array, position: number): void {
    let done = 0;
    try {
      while (done < target.length) {
        const read = readSync(this.#descriptor, target, done, target.length - done, position + done);
        if (read === 0) break;
        done += read;
      }
    } catch (error) {
      throw diskError(this.path, error);
    }
    if (done === target.length) return;
    throw new StoreError(
      "DISK_FAILED",
      `${this.path}: expected ${target.length} bytes at ${position} but the file ends after ${done}`,
      { at: this.path },
    );
  }

  close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}

class RealDisk implements Disk {
  readonly root: string;
  readonly #failpoint: (name: string) => void;
  readonly #quota: Quota;

  constructor(root: string, failpoint: (name: string) => void, quota: Quota) {
    this.root = resolve(root);
    this.#failpoint = failpoint;
    this.#quota = quota;
  }

  #file(path: string): string {
    const parts = path.split("/");
    assert(!path.startsWith("/") && !parts.includes(".."), `a path inside the data folder, not ${path}`);
    return join(this.root, path);
  }

  openAppend(path: string): Promise<AppendFile> {
    const file = this.#file(path);
    return onDisk(path, async () => {
      const found = await stat(file).catch(() => null);
      if (found === null) await this.makeFolder(dirname(path));
      const handle = await open(file, found === null ? "wx+" : "r+");
      if (found === null) await syncFolder(dirname(file));
      return new RealAppendFile(path, handle, { bytes: found?.size ?? 0, quota: this.#quota });
    });
  }

  openRead(path: string): ReadFile {
    return new RealReadFile(path, this.#file(path));
  }

  read(path: string): Promise<Uint8Array> {
    return onDisk(path, () => readFile(this.#file(path)));
  }

  writeAtomic(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const file = this.#file(path);
    const beside = `${file}.partial`;
    return onDisk(path, async () => {
      this.#quota(path, chunks);
      await this.makeFolder(dirname(path));
      try {
        const handle = await open(beside, "w");
        try {
          await writeAll(handle, chunks, 0);
          await handle.sync();
        } finally {
          await handle.close();
        }
      } catch (error) {
        await unlink(beside).catch(() => {});
        throw error;
      }
      if (path.endsWith(".segment")) this.#failpoint("seal-written");
      await rename(beside, file);
      await syncFolder(dirname(file));
    });
  }

  remove(path: string): Promise<void> {
    const file = this.#file(path);
    return onDisk(path, async () => {
      try {
        await unlink(file);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return;
        throw error;
      }
      await syncFolder(dirname(file));
    });
  }

  async list(folder: string): Promise<string[]> {
    try {
      const names = await readdir(this.#file(folder));
      return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw diskError(folder, error);
    }
  }

  makeFolder(folder: string): Promise<void> {
    return onDisk(folder, async () => {
      const made = await mkdir(this.#file(folder), { recursive: true });
      if (made === undefined) return;
      // Every new level is an entry of the folder above it.
      for (let level = this.#file(folder); level.length >= made.length; level = dirname(level))
        await syncFolder(dirname(level));
    });
  }

  async exists(path: string): Promise<boolean> {
    return (await stat(this.#file(path)).catch(() => null)) !== null;
  }

  freeBytes(): Promise<number> {
    return onDisk("", async () => {
      const found = await statfs(this.root);
      return found.bavail * found.bsize;
    });
  }
}

const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const aborted = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", aborted);
        resolve();
      }, delayMs);
      signal?.addEventListener("abort", aborted, { once: true });
    }),
};

const realRandom: Random = {
  next: () => Math.random(),
  id: () => randomBytes(16).toString("hex"),
};

/** `name[:n]` stops this process, unprepared, at the n-th time (default: the first) that it passes the point. */
function failpointOf(setting: string | undefined): (name: string) => void {
  if (setting === undefined || setting === "") return () => {};
  const [wanted, count = "1"] = setting.split(":");
  let left = Number(count);
  return (name) => {
    if (name === wanted && --left === 0) process.kill(process.pid, "SIGKILL");
  };
}

/** Refuses what would not fit, as a full device does. */
type Quota = (path: string, chunks: readonly Uint8Array[]) => void;

/** A smaller device for tests: at most so many bytes below the folder, whoever put them there. */
function quotaOf(folder: string, setting: string | undefined): Quota {
  if (setting === undefined) return () => {};
  const inside = () => readdirSync(folder, { recursive: true, encoding: "utf8" });
  const bytesOf = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return (path, chunks) => {
    const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const used = inside().reduce((sum, name) => sum + bytesOf(name), 0);
    if (used + wanted > Number(setting))
      throw new StoreError("DISK_FULL", `no space left on the disk for ${path}`, { at: path });
  };
}

/** The world of a process whose data lie in `folder`. */
export function realWorld(options: { folder: string; log: Log; failpoint?: string | undefined }): World {
  const failpoint = failpointOf(options.failpoint ?? process.env["FRESHET_FAILPOINT"]);
  return {
    clock: realClock,
    random: realRandom,
    disk: new RealDisk(options.folder, failpoint, quotaOf(options.folder, process.env["FRESHET_DISK_BYTES"])),
    log: options.log,
    failpoint,
  };
}
