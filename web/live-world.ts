/** What the live connection shows, and what it needs of the browser: a test hands in its own. */
import type { LiveRange, Watermark } from "#schemas/api/live";

type ConnectionStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly retryAtMs: number; readonly sinceMs: number };

export interface Question {
  readonly sql: string;
  readonly range: LiveRange;
  readonly zone: string;
}

/** What the page as a whole shows of live: connection, pause, how tables stand. */
export interface LivePageState {
  readonly status: ConnectionStatus;
  readonly paused: boolean;
  /** Server clock minus page clock. */
  readonly offsetMs: number;
  readonly tables: Readonly<Record<string, Watermark>>;
  /** Rows per table when it was paused. */
  readonly pausedRows: Readonly<Record<string, number>>;
}

/** The part of a WebSocket that we use. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface LiveWorld {
  open(): Socket;
  nowMs(): number;
  random(): number;
  after(delayMs: number, callback: () => void): () => void;
  frame(callback: () => void): void;
}

/** The connection of a real page. */
export function browserWorld(): LiveWorld {
  return {
    open: () => {
      const { protocol, host } = window.location;
      return new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/live`) as unknown as Socket;
    },
    nowMs: () => Date.now(),
    random: () => Math.random(),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    frame: (callback) => {
      requestAnimationFrame(callback);
    },
  };
}
