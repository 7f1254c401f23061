/**
 * One page's connection: its subscriptions and what each has been sent. At most one result of a subscription is
 * unacknowledged; a page that is slow therefore gets the newest state when it is ready, and nothing in between.
 */

import type { SharedQuery } from "#broker/live/shared-query";
import { exceptionOf } from "#broker/response/exception";
import type { LiveMessage, LiveRequest, LiveResult } from "#schemas/api/live";
import { storeErrorOf, unreachable } from "#schemas/errors";

export interface View {
  readonly client: LiveClient;
  readonly id: string;
  readonly query: SharedQuery<View>;
  sequence: number;
  /** Version last sent; 0 = nothing yet. */
  sentVersion: number;
  /** The result the page has once it has applied all that was sent. */
  had: LiveResult | null;
  acknowledged: boolean;
}

/** What a page watches beside results. */
export interface Watched {
  acknowledge(sequence: number): void;
  /** Sends what the page lacks, if it is ready for it. */
  flush(): void;
  end(): void;
}

/** What a client needs of the hub that owns it. */
export interface ClientOwner {
  /** Resolves when the page has its subscription or knows why not. */
  subscribe(client: LiveClient, request: LiveRequest & { kind: "subscribe" }): Promise<void>;
  watch(client: LiveClient, request: LiveRequest & { kind: "watch" }): void;
  unsubscribe(view: View): void;
  /** A client resumed: what can be seen changed. */
  seenChanged(): void;
  disconnect(client: LiveClient): void;
}

export class LiveClient {
  readonly views = new Map<string, View>();
  readonly watches = new Map<string, Watched>();
  readonly send: (message: LiveMessage) => void;
  readonly #owner: ClientOwner;
  /** What the page asked for and is not taken yet. */
  readonly #inbox: LiveRequest[] = [];
  #isTaking = false;
  isClosed = false;
  /** Called when nothing waits any more. */
  onTaken: () => void = () => {};
  paused = false;
  /** When something was last sent: silence is broken by ticks. */
  sentAtMs = 0;
  tickedKey = "";

  constructor(owner: ClientOwner, send: (message: LiveMessage) => void) {
    this.#owner = owner;
    this.send = send;
  }

  /** Requests that wait until those before them are taken. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** Requests are taken in their order, one at a time: planning a statement takes turns with everything else. */
  receive(request: LiveRequest): void {
    this.#inbox.push(request);
    if (!this.#isTaking) this.#takeAll().catch((error: unknown) => this.fail("", error));
  }

  async #takeAll(): Promise<void> {
    this.#isTaking = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        const id = "id" in next ? next.id : "";
        try {
          const taking = this.#take(next);
          if (taking !== undefined) await taking;
        } catch (error) {
          this.fail(id, error);
        }
      }
    } finally {
      this.#isTaking = false;
    }
    this.onTaken();
  }

  /** Sends a message; false when it cannot be made, which the page is told instead. */
  deliver(id: string, message: LiveMessage): boolean {
    try {
      this.send(message);
      return true;
    } catch (error) {
      this.fail(id, error);
      return false;
    }
  }

  /** Tells the page that one of its subscriptions failed; the others go on. */
  fail(id: string, error: unknown): void {
    this.send({ kind: "error", id, exceptions: [exceptionOf(storeErrorOf(error))] });
  }

  #take(request: LiveRequest): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    switch (request.kind) {
      case "subscribe":
        return this.#owner.subscribe(this, request);
      case "watch":
        this.#owner.watch(this, request);
        return undefined;
      case "unsubscribe":
        this.#unsubscribe(request.id);
        return undefined;
      case "pause":
        this.paused = true;
        return undefined;
      case "resume":
        this.paused = false;
        for (const view of this.views.values()) flush(view);
        for (const watch of this.watches.values()) watch.flush();
        this.#owner.seenChanged();
        return undefined;
      case "ack": {
        this.watches.get(request.id)?.acknowledge(request.sequence);
        const view = this.views.get(request.id);
        if (view?.sequence !== request.sequence) return undefined;
        view.acknowledged = true;
        flush(view);
        return undefined;
      }
      default:
        return unreachable(request);
    }
  }

  #unsubscribe(id: string): void {
    const view = this.views.get(id);
    if (view !== undefined) this.#owner.unsubscribe(view);
    this.watches.get(id)?.end();
    this.watches.delete(id);
  }

  close(): void {
    this.isClosed = true;
    this.#inbox.length = 0;
    this.#owner.disconnect(this);
  }
}

/** Sends a view what it lacks, if its page is ready for it. */
export function flush(view: View): void {
  const { query, client } = view;
  if (!view.acknowledged || view.sentVersion === query.version) return;
  if (client.paused && view.sentVersion > 0) return; // what is asked while paused is answered once
  view.sentVersion = query.version;
  if (query.exceptions !== null) {
    client.deliver(view.id, { kind: "error", id: view.id, exceptions: query.exceptions });
    return;
  }
  const { state } = query;
  if (state === null) return;
  const changes = view.had === null ? null : query.changesFrom(view.had);
  view.sequence++;
  const { range, watermark } = state;
  const head = { id: view.id, sequence: view.sequence, range, watermark };
  const message: LiveMessage =
    changes === null
      ? { kind: "snapshot", ...head, result: state.result }
      : { kind: "delta", ...head, ...changes, statistics: state.result.statistics };
  // A page that was told of a failure has nothing to acknowledge; the next result is sent whole.
  view.acknowledged = !client.deliver(view.id, message);
  view.had = view.acknowledged ? null : state.result;
}
