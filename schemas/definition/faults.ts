/** Everything that is wrong with a definition, collected: who mends it sees all of it at once, not one fault a try. */
import { hasCode, StoreError } from "#schemas/errors";

/** A fault without a place would hide others. */
const placeOf = ({ detail }: StoreError): string => detail.at ?? "$";

/** "$" is the whole of a document: its fault says nothing of the parts. */
const isBelow = (path: string, above: string): boolean =>
  path === above || (above !== "$" && (path.startsWith(`${above}.`) || path.startsWith(`${above}[`)));

export class DefinitionFaults {
  readonly #found: StoreError[] = [];
  /** How many are told; past it the message says how many more there are. */
  readonly #toldMax: number;

  constructor(toldMax: number) {
    this.#toldMax = toldMax;
  }

  /** What the work makes; `instead`, when the definition is at fault there, so that the rest is checked too. */
  attempt<T, U>(work: () => T, instead: U): T | U {
    try {
      return work();
    } catch (error) {
      if (!hasCode(error, "TABLE_DEFINITION")) throw error;
      this.add(error);
      return instead;
    }
  }

  /** A place that is at fault already tells enough. */
  add(...errors: readonly StoreError[]): void {
    for (const error of errors)
      if (!this.#found.some((known) => isBelow(placeOf(error), placeOf(known)))) this.#found.push(error);
  }

  /** Throws the one fault, or one TABLE_DEFINITION that lists all. */
  throwAny(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const told = this.#found.slice(0, this.#toldMax);
    const more = this.#found.length - told.length;
    const lines = [...told.map(({ message }) => message), ...(more === 0 ? [] : [`and ${more} more`])];
    throw new StoreError("TABLE_DEFINITION", `${this.#found.length} faults:\n${lines.join("\n")}`, {
      ...first.detail,
      faults: told.map((error) => ({
        at: placeOf(error),
        message: error.message,
        ...(error.detail.found === undefined ? {} : { found: error.detail.found }),
      })),
    });
  }
}
