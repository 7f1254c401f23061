/**
 * A process that can be killed at any moment: whatever its code awaits from disk, clock or catalog counts down to its
 * death, and after that nothing it awaits ever comes back. What it had made durable stays; the rest is the disk's
 * business. The code itself is production's and knows nothing of this.
 */
import type { AppendFile, Disk, World } from "#schemas/world";
import type { MemoryWorld } from "#test/setup/world";

const never = new Promise<never>(() => {});

export class Mortal {
  alive = true;
  /** How it died, for the report. */
  cause = "";
  #steps: number;
  readonly #failpoint: { readonly name: string; left: number } | null;
  readonly died: Promise<void>;
  #resolve: () => void = () => {};
  steps = 0;

  /** Dies after so many awaits, or at the n-th pass of a failpoint, whichever comes first. */
  constructor(options: {
    readonly steps: number;
    readonly failpoint: { name: string; left: number } | null;
  }) {
    this.#steps = options.steps;
    this.#failpoint = options.failpoint;
    this.died = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  kill(cause: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.cause = cause;
    this.#resolve();
  }

  /** Before and after each awaited thing. */
  #step(what: string): void {
    this.steps++;
    if (this.alive && --this.#steps <= 0) this.kill(what);
  }

  async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#step(`before ${what}`);
    if (!this.alive) return never;
    try {
      const value = await work();
      this.#step(`after ${what}`);
      return this.alive ? value : never;
    } catch (error) {
      if (!this.alive) return never;
      throw error;
    }
  }

  /** What follows in the same stretch of code still runs, but nothing of it gets out: it awaits for ever. */
  pass(name: string): void {
    const point = this.#failpoint;
    if (point !== null && point.name === name && --point.left <= 0) this.kill(`at ${name}`);
  }
}

function mortalFile(file: AppendFile, mortal: Mortal): AppendFile {
  return {
    path: file.path,
    get bytes() {
      return file.bytes;
    },
    append: (chunks) => mortal.run(`append ${file.path}`, () => file.append(chunks)),
    sync: () => mortal.run(`sync ${file.path}`, () => file.sync()),
    truncate: (bytes) => mortal.run(`truncate ${file.path}`, () => file.truncate(bytes)),
    close: () => mortal.run(`close ${file.path}`, () => file.close()),
  };
}

/** Planted bug: a file is written straight to its place, without fsync. */
async function writeInPlace(disk: Disk, path: string, chunks: readonly Uint8Array[]): Promise<void> {
  await disk.remove(path);
  const file = await disk.openAppend(path);
  for (const chunk of chunks) await file.append([chunk]);
}

/** The world as a mortal process sees it. */
export function mortalWorld(
  world: MemoryWorld,
  mortal: Mortal,
  bugs: { readonly writesInPlace: boolean; readonly keepsFiles: boolean },
): World {
  const { disk, clock } = world;
  const run = <T>(what: string, work: () => Promise<T>) => mortal.run(what, work);
  const write = (path: string, chunks: readonly Uint8Array[]) =>
    bugs.writesInPlace ? writeInPlace(disk, path, chunks) : disk.writeAtomic(path, chunks);
  const remove = async (path: string) => {
    if (!bugs.keepsFiles || !path.endsWith(".segment")) await disk.remove(path);
  };
  return {
    random: world.random,
    log: (level, message, fields) => {
      if (mortal.alive) world.log(level, message, fields);
    },
    failpoint: (name) => {
      world.failpoint(name);
      mortal.pass(name);
    },
    clock: {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      // Not a step: a process asleep is as dead as it likes at its next disk or catalog call.
      sleep: async (delayMs, signal) => {
        await clock.sleep(delayMs, signal);
        if (!mortal.alive) await never;
      },
    },
    disk: {
      root: disk.root,
      openAppend: (path) =>
        run(`openAppend ${path}`, async () => mortalFile(await disk.openAppend(path), mortal)),
      openRead: (path) => disk.openRead(path),
      read: (path) => run(`read ${path}`, () => disk.read(path)),
      writeAtomic: (path, chunks) => run(`writeAtomic ${path}`, () => write(path, chunks)),
      remove: (path) => run(`remove ${path}`, () => remove(path)),
      list: (folder) => run(`list ${folder}`, () => disk.list(folder)),
      makeFolder: (folder) => run(`makeFolder ${folder}`, () => disk.makeFolder(folder)),
      exists: (path) => run(`exists ${path}`, () => disk.exists(path)),
      freeBytes: () => run("freeBytes", () => disk.freeBytes()),
    },
  };
}
