/** Counts of fields that the schema does not have, by name; names past the bound are counted together. */
import type { UnknownField } from "#schemas/ingest";
import { ingestionBounds } from "#schemas/limits";

const namesMax = ingestionBounds.unknownFields;
const nameLengthMax = ingestionBounds.unknownFieldChars;
/** What the names past the bound are counted under. */
export const otherFields = "(other fields)";

export class UnknownFields {
  #counts = new Map<string, number>();
  /** Grows when a new name is listed, so that the extractor learns it. */
  version = 0;

  count(name: string, times: number): void {
    const short = name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name;
    const known = this.#counts.get(short);
    if (known === undefined && this.#counts.size >= namesMax) {
      this.#counts.set(otherFields, (this.#counts.get(otherFields) ?? 0) + times);
      return;
    }
    if (known === undefined) this.version++;
    this.#counts.set(short, (known ?? 0) + times);
  }

  /** True when no more names are listed. */
  get full(): boolean {
    return this.#counts.size >= namesMax;
  }

  names(): string[] {
    return [...this.#counts.keys()];
  }

  list(): UnknownField[] {
    const met = [...this.#counts].filter(([, count]) => count > 0);
    return met.map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count);
  }

  /** The counts now, for `restore`. */
  save(): ReadonlyMap<string, number> {
    return new Map(this.#counts);
  }

  /** The counts as they were; names met since then stay known. */
  restore(saved: ReadonlyMap<string, number>): void {
    for (const name of this.#counts.keys()) this.#counts.set(name, saved.get(name) ?? 0);
  }
}
