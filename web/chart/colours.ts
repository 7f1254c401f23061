/**
 * A colour for each value: the same on every chart of a page, for every viewer, after every reload, in whatever order
 * results come in. A value's hash names its first choice of place; of two that want one, the value with the smaller
 * rank has it and the other goes on to the next. Ranks are hashes too, so places follow from the set of values alone
 * (an ordered hash table: Amble and Knuth, 1974).
 */
export type ColourOf = (name: string) => string;

function hashOf(text: string, seed: number): number {
  let hash = 2166136261 ^ seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
  // The last characters must reach all bits: names often differ in one letter.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) >>> 0;
}

/** Names that are remembered; more of them than anyone tells apart only share colours. */
const namesMax = 1000;

/** Places by value; one for a page. */
export class ColourPlaces {
  readonly #count: number;
  readonly #known = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #places: ReadonlyMap<string, number> = new Map();

  constructor(count: number) {
    this.#count = count;
  }

  /** Takes values in; others may move because of them, which listeners are told. */
  learn(names: readonly string[]): void {
    const before = this.#known.size;
    for (const name of names) if (this.#known.size < namesMax) this.#known.add(name);
    if (this.#known.size === before) return;
    this.#places = this.#settled();
    for (const listener of this.#listeners) listener();
  }

  /** Changes when a place does. */
  readonly snapshot = (): ReadonlyMap<string, number> => this.#places;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  placeOf(name: string): number {
    return this.#places.get(name) ?? hashOf(name, 0) % this.#count;
  }

  colourOf(series: readonly string[]): ColourOf {
    return (name) => series[this.placeOf(name) % series.length]!;
  }

  /** The places of all known values, whatever order they came in. */
  #settled(): ReadonlyMap<string, number> {
    const rank = (name: string) => hashOf(name, 0x9e3779b9);
    const ranked = [...this.#known].toSorted(
      (left, right) => rank(left) - rank(right) || (left < right ? -1 : 1),
    );
    const places = new Map<string, number>();
    const taken = new Set<number>();
    for (const name of ranked) {
      let place = hashOf(name, 0) % this.#count;
      if (taken.size < this.#count) while (taken.has(place)) place = (place + 1) % this.#count;
      taken.add(place);
      places.set(name, place);
    }
    return places;
  }
}
