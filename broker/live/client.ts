/**
 * One page's connection: its subscriptions and what each has been sent. At most one result of a subscription is
 * unacknowledged; a page that is slow therefore gets the newest state when it is ready, and nothing in between.
 */

import type { SharedQuery } from "#broker/live/shared-query";
import type { LiveMessage, LiveRequest, LiveResult } from "#schemas/api/live";

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
  subscribe(client: LiveClient, request: LiveRequest & { kind: "subscribe" }): void;
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
  paused = false;
  /** When something was last sent: silence is broken by ticks. */
  sentAtMs = 0;
  tickedKey = "";

  constructor(owner: ClientOwner, send: (message: LiveMessage) => void) {
    this.#owner = owner;
    this.send = send;
  }

  receive(request: LiveRequest): void {
    switch (request.kind) {
      case "subscribe":
        this.#owner.subscribe(this, request);
        break;
      case "watch":
        this.#owner.watch(this, request);
        break;
      case "unsubscribe":
        this.#unsubscribe(request.id);
        break;
      case "pause":
        this.paused = true;
        break;
      case "resume":
        this.paused = false;
        for (const view of this.views.values()) flush(view);
        for (const watch of this.watches.values()) watch.flush();
        this.#owner.seenChanged();
        break;
      case "ack": {
        this.watches.get(request.id)?.acknowledge(request.sequence);
        const view = this.views.get(request.id);
        if (view?.sequence !== request.sequence) break;
        view.acknowledged = true;
        flush(view);
      }
    }
  }

  #unsubscribe(id: string): void {
    const view = this.views.get(id);
    if (view !== undefined) this.#owner.unsubscribe(view);
    this.watches.get(id)?.end();
    this.watches.delete(id);
  }

  close(): void {
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
    client.send({ kind: "error", id: view.id, exceptions: query.exceptions });
    return;
  }
  const { state } = query;
  if (state === null) return;
  const changes = view.had === null ? null : query.changesFrom(view.had);
  view.sequence++;
  view.acknowledged = false;
  view.had = state.result;
  const { range, watermark } = state;
  const head = { id: view.id, sequence: view.sequence, range, watermark };
  client.send(
    changes === null
      ? { kind: "snapshot", ...head, result: state.result }
      : { kind: "delta", ...head, ...changes, statistics: state.result.statistics },
  );
}
