/**
 * The world as arguments: clock, disk, network, chance and threads. The only implementations that touch the real
 * thing live in *-node.ts files; test/sim owns the others, so a whole cluster runs in one process from one seed.
 */

export interface Clock {
  /** Wall clock, ms since 1970 UTC. May jump. */
  nowMs(): number;
  /** Monotonic, ms, with a fraction. */
  monotonicMs(): number;
  /** Resolves after `delayMs` of this clock; rejects with the signal's reason when aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh opaque id (128 bits, hexadecimal). */
  id(): string;
}

/** A file open for appending. Nothing is durable before `sync` returns; a failed sync is never retried over. */
export interface AppendFile {
  readonly path: string;
  readonly bytes: number;
  append(chunks: readonly Uint8Array[]): Promise<void>;
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** A file open for reading at positions, also from kernels' threads, hence synchronous. */
export interface ReadFile {
  readonly path: string;
  readonly bytes: number;
  /** Fills all of `target` from `position`; throws DISK_FAILED when the file is shorter. */
  readInto(target: Uint8Array, position: number): void;
  close(): void;
}

/** Paths are relative to the disk's root and use "/". Errors are StoreError DISK_FULL or DISK_FAILED, naming the path. */
export interface Disk {
  readonly root: string;
  openAppend(path: string): Promise<AppendFile>;
  openRead(path: string): ReadFile;
  read(path: string): Promise<Uint8Array>;
  /** Write beside, fsync, rename over, fsync the folder. After it returns the file is whole and durable. */
  writeAtomic(path: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names in a folder, sorted; empty when the folder does not exist. */
  list(folder: string): Promise<string[]>;
  makeFolder(folder: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Bytes free for us on the device. */
  freeBytes(): Promise<number>;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** What most components are handed. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly log: Log;
  /** Named points where crash tests stop the process; does nothing in production. */
  readonly failpoint: (name: string) => void;
}
