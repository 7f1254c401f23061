/**
 * One WebSocket for the whole page. Results are taken in as they come and shown together, four times a
 * second; each is acknowledged when it was shown, so a slow or hidden page is sent the newest state only. A
 * lost connection is tried again with growing, jittered delays; what was subscribed is subscribed again, and
 * old results stay on screen until new ones arrive.
 */
import type { LiveMessage, LiveRequest, Watermark } from "#schemas/api/live";
import { parseExact } from "./api.ts";
import { applyMessage, emptyState, type OwnMessage } from "./live-state.ts";
import {
  browserWorld,
  type LivePageState,
  type LiveWorld,
  type Question,
  type Socket,
} from "./live-world.ts";

interface Subscription {
  readonly id: string;
  readonly request: () => LiveRequest;
  /** Takes a message in; false when it does not follow what the page has. */
  readonly take: (message: OwnMessage) => boolean;
  readonly listeners: Set<() => void>;
  changed: boolean;
  /** Something was asked and not yet answered. */
  awaited: boolean;
  acknowledge: number;
}

const silenceMsMax = 12_000;
const retryMsFirst = 500;
/** A server that was restarted is back in seconds; one that stays away is asked less often. */
const retryMsMax = 3000;
const patientMsMax = 15_000;
const patientAfterMs = 5 * 60_000;
/** Pushes are shown together, at most so often: nobody sees more, and every picture costs time. */
const showMsMin = 250;

/** A person's doing is shown at once; what is pushed, together with what else comes. */
type When = "atOnce" | "together";

export class LiveConnection {
  readonly #world: LiveWorld;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #pageListeners = new Set<() => void>();
  #socket: Socket | null = null;
  #page: LivePageState = {
    status: { kind: "connecting" },
    paused: false,
    offsetMs: 0,
    tables: {},
    pausedRows: {},
  };
  #attempt = 0;
  #nextId = 1;
  #hidden = false;
  #framePending = false;
  #shownMs = Number.NEGATIVE_INFINITY;
  #cancelShow: (() => void) | null = null;
  #lostMs: number | null = null;
  #pageChanged = false;
  #cancelRetry: (() => void) | null = null;
  #cancelSilence: (() => void) | null = null;
  #started = false;

  constructor(world: LiveWorld) {
    this.#world = world;
  }

  readonly page = (): LivePageState => this.#page;

  readonly watchPage = (listener: () => void): (() => void) => {
    this.#pageListeners.add(listener);
    return () => this.#pageListeners.delete(listener);
  };

  /**
   * Subscribes; the answer reads, listens, asks something else in its place, or ends it. `table` is what the page
   * calls the table under it; its watermark is the page's.
   */
  subscribe(question: Question, table: string | null = null) {
    let asked = question;
    let state = emptyState;
    const subscription = this.#make({
      request: (id) => ({ kind: "subscribe", id, ...asked }),
      take: (message) => {
        const next = applyMessage(state, message);
        if (next === null) return false;
        state = next;
        if (table !== null && "watermark" in message) this.#marked(table, message.watermark);
        return true;
      },
    });
    const again = (): void => {
      state = { ...state, waiting: true };
      this.#change(subscription, "atOnce");
      this.#ask(subscription);
    };
    return {
      ...this.#handle(subscription),
      read: () => state,
      ask: (next: Question) => {
        if (JSON.stringify(next) === JSON.stringify(asked)) return;
        asked = next;
        again();
      },
      retry: again,
    };
  }

  /** Watches a table, or all of them; `apply` says how messages change what the page knows. */
  watch<State>(
    table: string | null,
    empty: State,
    apply: (state: State, message: OwnMessage) => State | null,
  ) {
    let state = empty;
    const subscription = this.#make({
      request: (id) => ({ kind: "watch", id, table }),
      take: (message) => {
        const next = apply(state, message);
        if (next !== null) state = next;
        return next !== null;
      },
    });
    return {
      ...this.#handle(subscription),
      read: () => state,
      retry: () => this.#ask(subscription),
    };
  }

  pause(): void {
    if (this.#page.paused) return;
    const pausedRows: Record<string, number> = {};
    for (const [table, mark] of Object.entries(this.#page.tables)) pausedRows[table] = mark.rows;
    this.#changePage({ paused: true, pausedRows });
    this.#send({ kind: "pause" });
  }

  resume(): void {
    if (!this.#page.paused) return;
    this.#changePage({ paused: false, pausedRows: {} });
    if (!this.#hidden) this.#send({ kind: "resume" });
  }

  /** A hidden page asks for nothing; it catches up when it is looked at again. */
  setHidden(hidden: boolean): void {
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    if (!this.#page.paused) this.#send({ kind: hidden ? "pause" : "resume" });
    if (!hidden && this.#page.status.kind === "waiting") this.reconnect();
  }

  /** Tries at once instead of waiting out the countdown. */
  reconnect(): void {
    if (this.#page.status.kind !== "waiting") return;
    this.#cancelRetry?.();
    this.#connect();
  }

  #connect(): void {
    this.#started = true;
    this.#cancelRetry = null;
    this.#changePage({ status: { kind: "connecting" } });
    const socket = this.#world.open();
    this.#socket = socket;
    socket.onopen = () => {
      this.#attempt = 0;
      this.#lostMs = null;
      this.#changePage({ status: { kind: "open" } });
      for (const subscription of this.#subscriptions.values()) this.#ask(subscription);
      if (this.#page.paused || this.#hidden) this.#send({ kind: "pause" });
      this.#heard();
    };
    socket.onmessage = (event) => {
      this.#heard();
      this.#take(parseExact(String(event.data)) as LiveMessage);
    };
    socket.onclose = () => this.#lost(socket);
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#cancelSilence?.();
    const nowMs = this.#world.nowMs();
    this.#lostMs ??= nowMs;
    const sinceMs = this.#lostMs;
    const longest = nowMs - sinceMs < patientAfterMs ? retryMsMax : patientMsMax;
    const wantedMs = Math.min(longest, retryMsFirst * 2 ** this.#attempt++);
    // Spread, so that pages do not come back all at once.
    const delayMs = Math.min(longest, wantedMs * (0.5 + this.#world.random()));
    this.#changePage({ status: { kind: "waiting", retryAtMs: nowMs + delayMs, sinceMs } });
    this.#cancelRetry = this.#world.after(delayMs, () => this.#connect());
  }

  /** Ticks come every 5 s; longer silence is a dead connection that has not noticed. */
  #heard(): void {
    this.#cancelSilence?.();
    const socket = this.#socket;
    this.#cancelSilence = this.#world.after(silenceMsMax, () => {
      if (socket === null) return;
      socket.close();
      this.#lost(socket);
    });
  }

  #take(message: LiveMessage): void {
    switch (message.kind) {
      case "hello":
        this.#changePage({ offsetMs: message.nowMs - this.#world.nowMs() });
        return;
      case "tick":
        this.#changePage({
          offsetMs: message.nowMs - this.#world.nowMs(),
          ...this.#withTables(message.tables),
        });
        return;
      default: {
        const subscription = this.#subscriptions.get(message.id);
        if (subscription === undefined) return;
        const isAwaited = subscription.awaited;
        if (!subscription.take(message)) {
          this.#ask(subscription);
          return;
        }
        subscription.awaited = false;
        if (message.kind !== "error") subscription.acknowledge = message.sequence;
        this.#change(subscription, isAwaited || message.kind === "error" ? "atOnce" : "together");
      }
    }
  }

  #make(about: {
    readonly request: (id: string) => LiveRequest;
    readonly take: Subscription["take"];
  }): Subscription {
    const id = `s${this.#nextId++}`;
    const subscription: Subscription = {
      id,
      request: () => about.request(id),
      take: about.take,
      listeners: new Set(),
      changed: false,
      awaited: true,
      acknowledge: 0,
    };
    this.#subscriptions.set(id, subscription);
    if (!this.#started) this.#connect();
    else this.#ask(subscription);
    return subscription;
  }

  #handle({ id, listeners }: Subscription) {
    return {
      watch: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      end: () => {
        this.#subscriptions.delete(id);
        this.#send({ kind: "unsubscribe", id });
      },
    };
  }

  #marked(table: string, watermark: Watermark): void {
    const known = this.#page.tables[table];
    if (known !== undefined && known.takenMs >= watermark.takenMs) return;
    this.#changePage(this.#withTables({ [table]: watermark }));
  }

  /** New watermarks; what a paused page hears of a table first is what it counts new rows from. */
  #withTables(marks: Readonly<Record<string, Watermark>>): Pick<LivePageState, "tables" | "pausedRows"> {
    const { tables, paused, pausedRows } = this.#page;
    const first = Object.entries(marks).filter(([table]) => paused && pausedRows[table] === undefined);
    const counted = Object.fromEntries(first.map(([table, mark]) => [table, mark.rows]));
    return { tables: { ...tables, ...marks }, pausedRows: { ...pausedRows, ...counted } };
  }

  #ask(subscription: Subscription): void {
    subscription.awaited = true;
    this.#send(subscription.request());
  }

  #send(request: LiveRequest): void {
    if (this.#page.status.kind === "open") this.#socket?.send(JSON.stringify(request));
  }

  #change(subscription: Subscription, when: When): void {
    subscription.changed = true;
    this.#showSoon(when);
  }

  #changePage(change: Partial<LivePageState>): void {
    this.#page = { ...this.#page, ...change };
    this.#pageChanged = true;
    this.#showSoon("status" in change || "paused" in change ? "atOnce" : "together");
  }

  /** In the next frame; what is pushed in between waits until the last picture has stood long enough. */
  #showSoon(when: When): void {
    if (this.#framePending) return;
    const waitMs = when === "atOnce" ? 0 : this.#shownMs + showMsMin - this.#world.nowMs();
    if (waitMs > 0) {
      this.#cancelShow ??= this.#world.after(waitMs, () => {
        this.#cancelShow = null;
        this.#showSoon("atOnce");
      });
      return;
    }
    this.#cancelShow?.();
    this.#cancelShow = null;
    this.#framePending = true;
    this.#world.frame(() => this.#show());
  }

  #show(): void {
    this.#framePending = false;
    this.#shownMs = this.#world.nowMs();
    if (this.#pageChanged) {
      this.#pageChanged = false;
      for (const listener of this.#pageListeners) listener();
    }
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.changed) continue;
      subscription.changed = false;
      for (const listener of subscription.listeners) listener();
      if (subscription.acknowledge === 0) continue;
      this.#send({ kind: "ack", id: subscription.id, sequence: subscription.acknowledge });
      subscription.acknowledge = 0;
    }
  }
}

export const live = new LiveConnection(browserWorld());
