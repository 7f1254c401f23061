/**
 * A colour for each value, kept: a category has one colour on every chart of a page, whatever order results come in.
 * A value's hash names its place in the palette; where two meet, the later one takes the next free place.
 */
export type ColourOf = (name: string) => string;

function hashOf(text: string): number {
  let hash = 2166136261;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
  return hash >>> 0;
}

/** Places by value; one for a page. */
export class ColourPlaces {
  readonly #places = new Map<string, number>();
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }

  placeOf(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#places.values());
    let place = hashOf(name) % this.#count;
    if (this.#places.size < this.#count) while (taken.has(place)) place = (place + 1) % this.#count;
    this.#places.set(name, place);
    return place;
  }

  /** The palette's colour of a value; a first measure without rivals takes the accent. */
  colourOf(series: readonly string[]): ColourOf {
    return (name) => series[this.placeOf(name)]!;
  }
}
