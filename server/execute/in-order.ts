/** Results in the order of tasks, however they come; those that wait are freed when the query ends without them. */
import { assert } from "#schemas/errors";
import type { ScanResult } from "#server/execute/pool";
import type { Control, Runtime } from "#server/execute/runtime";
import type { Task } from "#server/execute/task";

export class InOrder {
  private readonly control: Control;
  private readonly take: (result: ScanResult, index: number) => void;
  private readonly places: ReadonlyMap<number, number>;
  private readonly waiting = new Map<number, ScanResult>();
  private next = 0;

  constructor(tasks: readonly Task[], control: Control, take: (result: ScanResult, index: number) => void) {
    this.control = control;
    this.take = take;
    this.places = new Map(tasks.map((task, index) => [task.ordinal, index]));
  }

  deliver(result: ScanResult): void {
    const index = this.places.get(result.ordinal);
    assert(index !== undefined, "a result belongs to a task");
    this.waiting.set(index, result);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.take(ready, this.next);
      this.control.merged(++this.next);
    }
  }

  /** Gives back the memory of results that were never taken. */
  discard(owner: Runtime): void {
    for (const result of this.waiting.values()) {
      if (result.kind !== "aggregate") continue;
      const { arena } = owner.at(result.arena);
      for (const { pointer } of result.blocks) arena.free(pointer);
    }
    this.waiting.clear();
  }
}
