/**
 * Results in the order of tasks, however they come, taken one after another in steps; those that wait are freed when
 * the query ends without them.
 */
import { assert } from "#schemas/errors";
import type { Stepwise, Turns } from "#schemas/turns";
import type { Control, Runtime } from "#server/execute/runtime";
import type { Task } from "#server/execute/task";
import { freeBlocks, type ScanResult } from "#server/execute/threads/pool";

/** Its generator is run to its end, or left: what the result holds is then its own to give back. */
export type Take = (result: ScanResult, index: number) => Stepwise;

export class InOrder {
  private readonly control: Control;
  private readonly turns: Turns;
  private readonly take: Take;
  private readonly places: ReadonlyMap<number, number>;
  private readonly waiting = new Map<number, ScanResult>();
  private next = 0;
  private busy = false;
  /** The last round of taking. */
  private taking: Promise<void> = Promise.resolve();
  private fault: { readonly error: unknown } | null = null;

  constructor(
    tasks: readonly Task[],
    tools: { readonly control: Control; readonly turns: Turns; take: Take },
  ) {
    this.control = tools.control;
    this.turns = tools.turns;
    this.take = tools.take;
    this.places = new Map(tasks.map((task, index) => [task.ordinal, index]));
  }

  /** Resolves when all results that can be taken are. What taking throws stops the query; `taken` has it. */
  async deliver(result: ScanResult): Promise<void> {
    const index = this.places.get(result.ordinal);
    assert(index !== undefined, "a result belongs to a task");
    this.waiting.set(index, result);
    if (!this.busy) this.taking = this.takeReady();
    await this.taking;
  }

  /** Resolves when nothing is being taken any more, with what taking has thrown. */
  async taken(): Promise<{ readonly error: unknown } | null> {
    await this.taking;
    return this.fault;
  }

  private async takeReady(): Promise<void> {
    this.busy = true;
    try {
      while (this.fault === null && !this.control.stopped) {
        const ready = this.waiting.get(this.next);
        if (ready === undefined) break;
        this.waiting.delete(this.next);
        await this.turns.run(this.take(ready, this.next));
        this.control.merged(++this.next);
      }
    } catch (error) {
      this.fault = { error };
      this.control.stop();
    }
    this.busy = false;
  }

  /** Gives back the memory of results that were never taken. */
  discard(owner: Runtime): void {
    for (const result of this.waiting.values()) freeBlocks(result, (index) => owner.at(index).arena);
    this.waiting.clear();
  }
}
