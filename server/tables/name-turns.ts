/** Work on tables' names: one piece at a time for each name, in the order it was asked. Names ignore case. */

export class NameTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs when everything that was asked of the name before has ended, however it ended. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const key = name.toLowerCase();
    const before = this.#last.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    this.#last.set(key, own);
    const forget = () => {
      if (this.#last.get(key) === own) this.#last.delete(key);
    };
    own.then(forget, forget);
    return own;
  }

  /** Resolves when nothing is asked of any name, as far as known now. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#last.values()]);
  }
}
