/**
 * Pages that watch tables themselves: all of them in short, or everything about one. While somebody can see it, a
 * subject is looked at every `liveTablesMs`, once for all pages (rates and lags change without a row), and each page
 * is sent the parts that changed since it was told. Ages are not a change: a page counts them on by itself.
 */

import type { LiveClient, Watched } from "#broker/live/client";
import type { LiveTimers } from "#broker/live/live-broker";
import { exceptionOf } from "#broker/response/exception";
import type { TableDescriptions } from "#schemas/admin";
import type { LiveMessage } from "#schemas/api/live";
import type { QueryException } from "#schemas/api/query";
import type { TableDetail, TableSummary } from "#schemas/api/tables";
import { storeErrorOf } from "#schemas/errors";
import { writeExactJson } from "#schemas/exact-json";
import type { Limits } from "#schemas/limits";

/** Looking may take one part of the time in this many: a table of very many segments is looked at less often. */
const share = 20;

/** What is asked of tables; a name that is none rejects with TABLE_UNKNOWN. */
export type LiveTables = Pick<TableDescriptions, "summaries" | "detail">;

type State =
  | { readonly kind: "tables"; readonly tables: readonly TableSummary[] }
  | { readonly kind: "table"; readonly table: TableDetail }
  | { readonly kind: "fault"; readonly exceptions: readonly QueryException[] };

/** What is watched, in the pieces that are sent: the text of each by its name. */
type Parts = ReadonlyMap<string, string>;

function partsOf(state: State): Parts {
  switch (state.kind) {
    case "tables":
      return new Map(
        state.tables.map((table) => [table.name, writeExactJson({ ...table, freshnessMs: null })]),
      );
    case "table":
      return new Map(
        Object.entries(state.table).map(([field, value]) => [
          field,
          field === "freshnessMs" ? "" : writeExactJson(value),
        ]),
      );
    case "fault":
      return new Map([["fault", writeExactJson(state.exceptions)]]);
  }
}

const sameParts = (left: Parts, right: Parts): boolean =>
  left.size === right.size && [...left].every(([part, text]) => right.get(part) === text);

class Subject {
  /** null: all tables. */
  readonly table: string | null;
  readonly watches = new Set<Watch>();
  /** Grows with every change; 0 = not looked at yet. */
  version = 0;
  state: State | null = null;
  parts: Parts = new Map();
  takenMs = 0;
  isLooking = false;

  constructor(table: string | null) {
    this.table = table;
  }

  get isSeen(): boolean {
    return [...this.watches].some(({ client, sentVersion }) => !client.paused || sentVersion === 0);
  }

  accept(state: State, takenMs: number): void {
    const parts = partsOf(state);
    if (this.state?.kind === state.kind && sameParts(this.parts, parts)) return;
    Object.assign(this, { state, parts, takenMs });
    this.version++;
  }
}

/** One page's watch of one subject; at most one message of it is unacknowledged. */
class Watch implements Watched {
  readonly client: LiveClient;
  sentVersion = 0;
  readonly #id: string;
  readonly #subject: Subject;
  readonly #onEnd: () => void;
  #sequence = 0;
  #isAcknowledged = true;
  /** What the page has been told. */
  #had: Parts = new Map();

  constructor(client: LiveClient, id: string, subject: Subject, onEnd: () => void) {
    this.client = client;
    this.#id = id;
    this.#subject = subject;
    this.#onEnd = onEnd;
  }

  acknowledge(sequence: number): void {
    if (sequence !== this.#sequence) return;
    this.#isAcknowledged = true;
    this.flush();
  }

  /** Sends what the page lacks, if it is ready for it. */
  flush(): void {
    const { version, state, parts } = this.#subject;
    if (!this.#isAcknowledged || state === null || this.sentVersion === version) return;
    if (this.client.paused && this.sentVersion > 0) return;
    this.sentVersion = version;
    if (state.kind === "fault") {
      this.client.deliver(this.#id, { kind: "error", id: this.#id, exceptions: state.exceptions });
      return;
    }
    this.#sequence++;
    this.#isAcknowledged = !this.client.deliver(this.#id, this.#message(state));
    this.#had = this.#isAcknowledged ? new Map() : parts;
  }

  end(): void {
    this.#subject.watches.delete(this);
    this.#onEnd();
  }

  #message(state: Exclude<State, { kind: "fault" }>): LiveMessage {
    const { parts, takenMs } = this.#subject;
    const isNews = (part: string): boolean => this.#had.get(part) !== parts.get(part);
    const head = { id: this.#id, sequence: this.#sequence, takenMs };
    if (state.kind === "tables") {
      const names = state.tables.map(({ name }) => name);
      return { kind: "tables", ...head, names, changed: state.tables.filter(({ name }) => isNews(name)) };
    }
    const news = Object.entries(state.table).filter(([field]) => field === "freshnessMs" || isNews(field));
    return { kind: "table", ...head, changed: Object.fromEntries(news) as Partial<TableDetail> };
  }
}

export interface TableWatchesOptions {
  readonly tables: LiveTables;
  readonly timers: LiveTimers;
  readonly limits: Limits;
  /** Lets work go on by itself; what it throws is told to the log. */
  readonly background: (work: Promise<void>) => void;
}

export class TableWatches {
  readonly #options: TableWatchesOptions;
  readonly #subjects = new Map<string | null, Subject>();
  #cancelLook: (() => void) | null = null;
  #isClosed = false;

  constructor(options: TableWatchesOptions) {
    this.#options = options;
  }

  /** A page watches; what is known it gets at once, else as soon as it was looked at. */
  watch(client: LiveClient, id: string, table: string | null): void {
    const subject = this.#subjects.get(table) ?? new Subject(table);
    this.#subjects.set(table, subject);
    const watch = new Watch(client, id, subject, () => {
      if (subject.watches.size === 0) this.#subjects.delete(table);
    });
    subject.watches.add(watch);
    client.watches.set(id, watch);
    if (subject.version > 0) watch.flush();
    else this.#options.background(this.#look(subject));
    this.seenChanged();
  }

  /** Somebody looks, or looks again. */
  seenChanged(): void {
    this.#lookAfter(this.#options.limits.liveTablesMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#subjects.clear();
  }

  #seen(): readonly Subject[] {
    return [...this.#subjects.values()].filter(({ isSeen }) => isSeen);
  }

  #lookAfter(delayMs: number): void {
    if (this.#cancelLook !== null || this.#isClosed || this.#seen().length === 0) return;
    this.#cancelLook = this.#options.timers.after(delayMs, () => this.#options.background(this.#lookAtAll()));
  }

  async #lookAtAll(): Promise<void> {
    const { timers, limits } = this.#options;
    const startMs = timers.nowMs();
    try {
      for (const subject of this.#seen()) await this.#look(subject);
    } finally {
      this.#cancelLook = null;
    }
    this.#lookAfter(Math.max(limits.liveTablesMs, (timers.nowMs() - startMs) * share));
  }

  async #look(subject: Subject): Promise<void> {
    if (subject.isLooking) return;
    subject.isLooking = true;
    const takenMs = this.#options.timers.nowMs();
    try {
      subject.accept(await this.#stateOf(subject.table), takenMs);
    } catch (error) {
      subject.accept({ kind: "fault", exceptions: [exceptionOf(storeErrorOf(error))] }, takenMs);
    } finally {
      subject.isLooking = false;
    }
    for (const watch of subject.watches) watch.flush();
  }

  async #stateOf(name: string | null): Promise<State> {
    const { tables } = this.#options;
    try {
      if (name === null) return { kind: "tables", tables: tables.summaries() };
      return { kind: "table", table: await tables.detail(name) };
    } catch (error) {
      return { kind: "fault", exceptions: [exceptionOf(storeErrorOf(error))] };
    }
  }
}
