/**
 * The arena protocol as a small state machine, explored over all interleavings: a writer that appends rows,
 * grows its dictionary into a new block, publishes and retires the old one; a main thread that takes and
 * releases snapshots and handles what is retired, through the real `Epochs`; scan threads that read under a
 * snapshot. Wrong protocols, one change each, must be caught, or the exploration is too weak.
 */
import { describe, expect, test } from "vitest";
import { Epochs, type Snapshot } from "#server/arena/epoch";

interface Protocol {
  /** The writer publishes its dictionary before the rows that use it. */
  readonly dictionaryFirst: boolean;
  /** The reader reads the row count before the dictionary. */
  readonly rowsFirst: boolean;
  /** Retired blocks wait for older snapshots. */
  readonly deferred: boolean;
  /** The reader pins before it reads. */
  readonly pinFirst: boolean;
  /** A new dictionary is published before the old one is retired. */
  readonly retireLast: boolean;
}

const right: Protocol = {
  dictionaryFirst: true,
  rowsFirst: true,
  deferred: true,
  pinFirst: true,
  retireLast: true,
};

interface Block {
  entries: number;
  freed: boolean;
}

/** A read of freed memory or of an entry that the dictionary does not have. */
class Violation extends Error {}

interface Reader {
  step: number;
  rows: number;
  dictionary: Block | null;
  snapshot: Snapshot | null;
}

/** One run of the machine; an action is taken by its index among those enabled. */
class Machine {
  private readonly epochs = new Epochs();
  private readonly protocol: Protocol;
  private dictionary: Block = { entries: 0, freed: false };
  private grown: Block | null = null;
  private rowsVisible = 0;
  private readonly mailbox: Block[] = [];
  private writerStep = 0;
  private readonly readers: Reader[] = [0, 1].map(() => ({
    step: 0,
    rows: 0,
    dictionary: null,
    snapshot: null,
  }));
  /** The reader whose snapshot the main thread is taking: it does nothing else meanwhile. */
  private taking: Reader | null = null;

  constructor(protocol: Protocol) {
    this.protocol = protocol;
  }

  enabled(): (() => void)[] {
    const actions: (() => void)[] = [];
    if (this.writerStep < this.writer.length) actions.push(() => this.writer[this.writerStep++]());
    if (this.taking === null && this.mailbox.length > 0) actions.push(() => this.retire());
    for (const reader of this.readers) {
      const onMain = reader.step !== 3;
      if (reader.step < 5 && (!onMain || this.taking === null || this.taking === reader))
        actions.push(() => this.read(reader));
    }
    return actions;
  }

  private publishDictionary = () => {
    if (this.grown !== null) this.dictionary = this.grown;
  };
  private publishRows = () => {
    this.rowsVisible = (this.grown ?? this.dictionary).entries;
  };
  private postRetired = () => {
    if (this.grown !== null) this.mailbox.push(this.old);
  };
  private old: Block = this.dictionary;
  private grow = () => {
    this.old = this.dictionary;
    this.grown = { entries: this.old.entries + 1, freed: false };
  };

  private get writer(): (() => void)[] {
    const publish = [this.publishDictionary, this.publishRows];
    if (!this.protocol.dictionaryFirst) publish.reverse();
    const round = this.protocol.retireLast
      ? [this.grow, ...publish, this.postRetired]
      : [this.grow, this.postRetired, ...publish];
    return [...round, ...round];
  }

  private retire(): void {
    const block = this.mailbox.shift() as Block;
    const free = () => {
      block.freed = true;
    };
    if (this.protocol.deferred) this.epochs.retire(free);
    else free();
  }

  /** Steps 0 … 2 take the snapshot on the main thread, 3 scans on another thread, 4 releases on the main thread. */
  private read(reader: Reader): void {
    const pin = () => {
      reader.snapshot = this.epochs.take();
    };
    const rows = () => {
      reader.rows = this.rowsVisible;
    };
    const dictionary = () => {
      reader.dictionary = this.dictionary;
    };
    const looks = this.protocol.rowsFirst ? [rows, dictionary] : [dictionary, rows];
    const take = this.protocol.pinFirst ? [pin, ...looks] : [...looks, pin];
    const step = reader.step++;
    this.taking = step < 2 ? reader : null;
    // Without the pin first the main thread may handle messages in between: that is the planted fault.
    if (!this.protocol.pinFirst) this.taking = null;
    if (step < 3) take[step]();
    else if (step === 3) this.scan(reader);
    else reader.snapshot?.release();
  }

  private scan(reader: Reader): void {
    const block = reader.dictionary as Block;
    if (block.freed) throw new Violation("a scan read a freed block");
    if (block.entries < reader.rows) throw new Violation("a visible row has an id that its dictionary lacks");
  }

  /** Everything that decides what can still happen. */
  state(): string {
    const dictionaries = (block: Block | null) => (block === null ? null : [block.entries, block.freed]);
    return JSON.stringify([
      this.writerStep,
      this.rowsVisible,
      [this.dictionary, this.grown, this.old, ...this.mailbox].map(dictionaries),
      this.readers.map(({ step, rows, dictionary, snapshot }) => [
        step,
        rows,
        dictionaries(dictionary),
        snapshot?.epoch,
      ]),
      this.taking === null ? null : this.readers.indexOf(this.taking),
      [this.epochs.waiting(), this.epochs.snapshots()],
    ]);
  }

  end(): void {
    expect(this.epochs.snapshots()).toBe(0);
    expect(this.epochs.waiting()).toBe(0);
    expect(this.dictionary.freed).toBe(false);
  }
}

/**
 * Visits every state that some interleaving reaches; returns how many. Two interleavings that meet in one
 * state have the same futures, so each state is expanded once; a machine cannot be copied, so it is replayed
 * from its start.
 */
function explore(protocol: Protocol): number {
  const seen = new Set<string>();
  const paths: (readonly number[])[] = [[]];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const machine = new Machine(protocol);
    for (const choice of path) machine.enabled()[choice]();
    const state = machine.state();
    if (seen.has(state)) continue;
    seen.add(state);
    const actions = machine.enabled();
    if (actions.length === 0) machine.end();
    for (let choice = 0; choice < actions.length; choice++) paths.push([...path, choice]);
  }
  return seen.size;
}

describe("arena protocol over all interleavings", () => {
  test("no scan sees freed memory or an unknown id", () => {
    expect(explore(right)).toBeGreaterThan(1000);
  });

  test.each([
    { name: "rows published before their dictionary", change: { dictionaryFirst: false } },
    { name: "dictionary read before the row count", change: { rowsFirst: false } },
    { name: "retired blocks freed at once", change: { deferred: false } },
    { name: "pin taken after reading", change: { pinFirst: false } },
    { name: "retired before the new block is published", change: { retireLast: false } },
  ])("caught: $name", ({ change }) => {
    expect(() => explore({ ...right, ...change })).toThrow(Violation);
  });
});

describe("epochs", () => {
  test("a block waits for every older snapshot and for no newer one", () => {
    const epochs = new Epochs();
    const freed: string[] = [];
    epochs.retire(() => freed.push("nobody looks"));
    const first = epochs.take();
    const second = epochs.take();
    epochs.retire(() => freed.push("old"));
    const third = epochs.take();
    epochs.retire(() => freed.push("newer"));
    expect(freed).toEqual(["nobody looks"]);
    second.release();
    expect(epochs.waiting()).toBe(2);
    first.release();
    expect(freed).toEqual(["nobody looks", "old"]);
    expect(epochs.snapshots()).toBe(1);
    third.release();
    expect(freed).toEqual(["nobody looks", "old", "newer"]);
    expect(() => third.release()).toThrow("released once");
  });
});
