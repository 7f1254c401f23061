/**
 * One table as the server's main thread has it: its segments, consuming ones included, in one list that changes in
 * single steps. Whatever a step does, a snapshot taken before it or after it sees each row exactly once: a sealed
 * segment takes the place of the mutable one within one turn of the event loop.
 */
import { identityOf, type TableRecord } from "#schemas/catalog";
import { assert, StoreError } from "#schemas/errors";
import type { TableIdentity } from "#schemas/plan/snapshot";
import type { Gap, SegmentRecord, SourceRange } from "#schemas/segment";
import type { Table } from "#schemas/table";
import type { FrozenSegment, IngestStatus } from "#server/ingest/port";
import { type LifeState, step } from "#server/lifecycle";
import type { MutableView } from "#server/segment/mutable-reader";
import type { SealedSegment } from "#server/segment/open";
import type { SegmentReader } from "#server/segment/reader";
import { timeColumnOf, timesOf as timesOfColumn } from "#server/segment/seal/times";
import { isGoing, stepTable, type TableLife } from "#server/tables/life";

export interface ConsumingEntry {
  readonly kind: "consuming";
  readonly id: string;
  state: LifeState;
  readonly view: MutableView;
  frozen: FrozenSegment | null;
}

export interface SealedEntry {
  readonly kind: "sealed";
  readonly id: string;
  state: LifeState;
  readonly record: SegmentRecord;
  /** null: it could not be opened. */
  segment: SealedSegment | null;
  /** Why it cannot be read. */
  error: StoreError | null;
}

export type SegmentEntry = ConsumingEntry | SealedEntry;

/** A sealed segment as a list entry; `opened` is what reading its footer gave. */
export const sealedEntry = (record: SegmentRecord, opened: SealedSegment | StoreError): SealedEntry =>
  opened instanceof StoreError
    ? { kind: "sealed", id: record.id, state: "corrupt", record, segment: null, error: opened }
    : { kind: "sealed", id: record.id, state: "sealed", record, segment: opened, error: null };

export class TableState {
  record: TableRecord;
  /** Sealed ones first, in the order of their commits; then consuming ones in the order they were opened. */
  entries: SegmentEntry[];
  gaps: Gap[];
  /** The owner's epoch of each claimed partition. */
  readonly epochs = new Map<number, number>();
  /** Grows with every change of the list or the definition. */
  generation = 0;
  #life: TableLife;
  /** Why sealing waits, for people; null when it does not. */
  sealTrouble: string | null = null;
  /** A merge failed: no other before this time of the monotonic clock. */
  mergeAfterMs = 0;
  /** The round of merges and retention that is under way. */
  maintained: Promise<unknown> = Promise.resolve();
  /** When the newest visible row of a segment that is sealed now had arrived. */
  sealedArrivalMs = 0;
  status: IngestStatus = {
    partitions: [],
    sourceError: null,
    unknownFields: [],
    rejected: 0,
    unsealedBytes: 0,
    logBytes: 0,
  };

  constructor(options: {
    record: TableRecord;
    entries: SegmentEntry[];
    gaps: readonly Gap[];
    life: TableLife;
  }) {
    this.record = options.record;
    this.entries = options.entries;
    this.gaps = [...options.gaps];
    this.#life = options.life;
  }

  get life(): TableLife {
    return this.#life;
  }

  go(to: TableLife): void {
    this.#life = stepTable(this.#life, to);
  }

  /** An ingest thread has it. */
  get consumes(): boolean {
    return this.#life.kind !== "halted" && !isGoing(this.#life);
  }

  get table(): Table {
    return this.record.table;
  }

  get identity(): TableIdentity {
    return identityOf(this.record);
  }

  get name(): string {
    return this.record.table.name;
  }

  changed(): void {
    this.generation++;
  }

  opened(view: MutableView): void {
    const { id } = view.handle;
    this.entries.push({ kind: "consuming", id, state: "consuming", view, frozen: null });
    this.changed();
  }

  /** The consuming segment takes no more rows. */
  frozen(frozen: FrozenSegment): ConsumingEntry {
    const entry = this.consuming(frozen.id);
    entry.state = step(entry.state, "sealing");
    entry.frozen = frozen;
    return entry;
  }

  consuming(id: string): ConsumingEntry {
    const entry = this.entries.find((one) => one.id === id && one.kind === "consuming");
    assert(entry?.kind === "consuming", `segment ${id} is being consumed`);
    return entry;
  }

  /** Puts the sealed segment in the mutable one's place. */
  sealed(from: ConsumingEntry, to: SealedEntry): void {
    from.state = step(from.state, "sealed");
    this.sealedArrivalMs = Math.max(this.sealedArrivalMs, from.view.reader().freshnessMs);
    this.replace([from], [to]);
  }

  /** Takes entries out and puts others in, in one step. */
  replace(removed: readonly SegmentEntry[], added: readonly SealedEntry[]): void {
    const rest = this.entries.filter((entry) => !removed.includes(entry));
    assert(rest.length === this.entries.length - removed.length, "only segments of the list are replaced");
    const sealed = rest.filter((entry) => entry.kind === "sealed");
    const consuming = rest.filter((entry) => entry.kind === "consuming");
    this.entries = [...sealed, ...added, ...consuming];
    this.changed();
  }

  sealedEntries(): SealedEntry[] {
    return this.entries.filter((entry) => entry.kind === "sealed");
  }

  rows(): number {
    return this.entries.reduce((sum, entry) => sum + rowsOf(entry), 0);
  }

  /** Whose rows are missing from every answer. */
  corrupt(): SealedEntry[] {
    return this.sealedEntries().filter((entry) => entry.error !== null);
  }

  /** Takes a segment out of reading; it stays in the list, so that answers say what they miss. */
  markCorrupt(entry: SealedEntry, error: StoreError): void {
    if (entry.error !== null) return;
    entry.state = step(entry.state, "corrupt");
    entry.error = error;
    this.changed();
  }
}

export const rowsOf = (entry: SegmentEntry): number =>
  entry.kind === "sealed" ? entry.record.rows : entry.view.rowsVisible();

export const rangesOf = (entry: SegmentEntry): readonly SourceRange[] => {
  if (entry.kind === "sealed") return entry.record.ranges;
  const { frozen, view } = entry;
  if (frozen === null) return view.reader().ranges;
  return [{ partition: frozen.partition, start: frozen.start, end: frozen.end }];
};

/** Smallest and largest event time of a segment, ms. */
export function timesOf(entry: SegmentEntry, table: Table): { min: bigint | null; max: bigint | null } {
  if (entry.kind === "sealed") return { min: entry.record.timeMinMs, max: entry.record.timeMaxMs };
  return readerTimes(entry.view.reader(), table);
}

/** The same of a reader. A time column of a pattern has no order that we know before it is sealed. */
export function readerTimes(reader: SegmentReader, table: Table): { min: bigint | null; max: bigint | null } {
  const column = timeColumnOf(table);
  const found = timesOfColumn(column, column === undefined ? undefined : reader.column(column.id)?.stats);
  return { min: found?.minMs ?? null, max: found?.maxMs ?? null };
}
