/**
 * A colour for each value: the same on every chart of a page, for every viewer, after every reload, in whatever order
 * results come in. What the page's definition fixes is so; of the others a hash names the first choice of place, and of
 * two in one column that want the same, the value with the smaller rank has it and the other goes on to the next. Ranks
 * are hashes too, so places follow from the values of a column alone, whatever other panels show or have not shown yet
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

interface Group {
  readonly names: Set<string>;
  readonly places: ReadonlyMap<string, number>;
}

/** Places by value; one for a page. */
export class ColourPlaces {
  readonly #count: number;
  readonly #fixed: Readonly<Record<string, number>>;
  readonly #groups = new Map<string, Group>();
  readonly #listeners = new Set<() => void>();
  #version = 0;

  constructor(count: number, fixed: Readonly<Record<string, number>> = {}) {
    this.#count = count;
    this.#fixed = fixed;
  }

  /** Takes in values of a column; others of it may move because of them, which listeners are told. */
  learn(group: string, names: readonly string[]): void {
    const known = this.#groups.get(group)?.names ?? new Set<string>();
    const before = known.size;
    for (const name of names) if (known.size < namesMax) known.add(name);
    if (known.size === before) return;
    this.#groups.set(group, { names: known, places: this.#settled(known) });
    this.#version++;
    for (const listener of this.#listeners) listener();
  }

  /** Changes when a place does. */
  readonly version = (): number => this.#version;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  placeOf(group: string, name: string): number {
    return this.#fixedOf(name) ?? this.#groups.get(group)?.places.get(name) ?? hashOf(name, 0) % this.#count;
  }

  colourOf(group: string, series: readonly string[]): ColourOf {
    return (name) => series[this.placeOf(group, name) % series.length]!;
  }

  #fixedOf(name: string): number | undefined {
    return Object.hasOwn(this.#fixed, name) ? this.#fixed[name] : undefined;
  }

  /** The places of values, whatever order they came in. */
  #settled(names: ReadonlySet<string>): ReadonlyMap<string, number> {
    const rank = (name: string) => hashOf(name, 0x9e3779b9);
    const free = [...names].filter((name) => this.#fixedOf(name) === undefined);
    const ranked = free.toSorted((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1));
    const places = new Map<string, number>();
    const taken = new Set<number>();
    for (const name of names) {
      const fixed = this.#fixedOf(name);
      if (fixed !== undefined) taken.add(fixed % this.#count);
    }
    for (const name of ranked) {
      let place = hashOf(name, 0) % this.#count;
      if (taken.size < this.#count) while (taken.has(place)) place = (place + 1) % this.#count;
      taken.add(place);
      places.set(name, place);
    }
    return places;
  }
}
