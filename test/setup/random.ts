/** Seeded chance for tests and the simulation: the same seed gives the same run on every machine. */
import type { Random } from "#schemas/world";

export interface SeededRandom extends Random {
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  chance(probability: number): boolean;
  /** An independent stream that depends on this one's seed and the name only. */
  fork(name: string): SeededRandom;
}

/** SplitMix32: small, fast, good enough to choose faults. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const bits = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const hex = () => bits().toString(16).padStart(8, "0");
  return {
    next: () => bits() / 2 ** 32,
    id: () => hex() + hex() + hex() + hex(),
    below: (bound) => Math.floor((bits() / 2 ** 32) * bound),
    chance: (probability) => bits() / 2 ** 32 < probability,
    fork: (name) => {
      let hash = seed ^ 0x811c9dc5;
      for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
      return seededRandom(hash);
    },
  };
}
