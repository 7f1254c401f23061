/**
 * When a block may be freed. Readers take a snapshot, which pins every block reachable at that moment;
 * writers replace blocks by newer ones, publish those, and retire the old ones here. A retired block is freed
 * as soon as no snapshot is left that was taken before it was retired.
 *
 * Lives on the server's main thread alone: other threads send what they retire there (after publishing), and scan
 * threads run under a snapshot that the main thread holds for them. So nothing here is shared or locked.
 */
import { assert } from "#schemas/errors";

/** A pin on everything that was reachable when it was taken. */
export interface Snapshot {
  readonly epoch: number;
  /** Exactly once. */
  release(): void;
}

interface Retired {
  readonly epoch: number;
  readonly free: () => void;
}

export class Epochs {
  private current = 1;
  private readonly live = new Map<number, number>();
  private retired: Retired[] = [];

  /** Pins what is reachable now. */
  take(): Snapshot {
    const epoch = this.current;
    this.live.set(epoch, (this.live.get(epoch) ?? 0) + 1);
    let held = true;
    return {
      epoch,
      release: () => {
        assert(held, "a snapshot is released once");
        held = false;
        this.drop(epoch);
      },
    };
  }

  /** Calls `free` when no snapshot taken before now is left: at once if there is none. */
  retire(free: () => void): void {
    this.retired.push({ epoch: this.current, free });
    this.current++;
    this.collect();
  }

  /** Snapshots not yet released. */
  snapshots(): number {
    return [...this.live.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Blocks waiting to be freed. */
  waiting(): number {
    return this.retired.length;
  }

  private drop(epoch: number): void {
    const count = this.live.get(epoch);
    assert(count !== undefined, "the snapshot's epoch is live");
    if (count > 1) this.live.set(epoch, count - 1);
    else this.live.delete(epoch);
    this.collect();
  }

  private collect(): void {
    // Epochs enter the map in ascending order, so its first key is the oldest live snapshot.
    const oldest = this.live.keys().next().value ?? Number.POSITIVE_INFINITY;
    let freed = 0;
    while (freed < this.retired.length && this.retired[freed].epoch < oldest) freed++;
    if (freed === 0) return;
    const ready = this.retired.slice(0, freed);
    this.retired = this.retired.slice(freed);
    for (const block of ready) block.free();
  }
}
