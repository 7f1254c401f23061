/** A whole world in memory from one seed: what tests and the simulation hand to production code. */
import type { Log, World } from "#schemas/world";
import { ManualClock } from "#test/setup/clock";
import { MemoryDisk } from "#test/setup/memory-disk";
import { type SeededRandom, seededRandom } from "#test/setup/random";

export interface MemoryWorld extends World {
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  readonly random: SeededRandom;
  /** What was logged, newest last. */
  readonly logged: { readonly level: string; readonly message: string }[];
  /** Failpoints passed so far; set `onFailpoint` to throw (the process dies there). */
  readonly failpoints: string[];
  onFailpoint: (name: string) => void;
}

export function memoryWorld(seed = 1, disk = new MemoryDisk(), clock = new ManualClock()): MemoryWorld {
  const logged: { level: string; message: string }[] = [];
  const log: Log = (level, message) => logged.push({ level, message });
  const world: MemoryWorld = {
    clock,
    disk,
    random: seededRandom(seed),
    log,
    logged,
    failpoints: [],
    onFailpoint: () => {},
    failpoint: (name) => {
      world.failpoints.push(name);
      world.onFailpoint(name);
    },
  };
  return world;
}
