/**
 * Method calls over a pair of message ports: one side serves an object, the other holds a proxy with the same
 * asynchronous methods. Values cross by structured clone, so bigints and typed arrays arrive as they are; errors keep
 * their code. Whoever owns the thread tells the proxy when it ended: every waiting call then fails.
 */
import { AssertionError, type ErrorCode, type ErrorDetail, messageOf, StoreError } from "#schemas/errors";

/** One end of a channel between two threads. */
export interface Port {
  post(message: unknown): void;
  listen(handler: (message: unknown) => void): void;
}

interface ErrorMessage {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly detail: ErrorDetail;
}

type Message =
  | { readonly kind: "call"; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: ErrorMessage }
  | { readonly kind: "event"; readonly name: string; readonly value: unknown };

function errorMessage(error: unknown): ErrorMessage {
  if (!(error instanceof StoreError)) return { code: null, message: messageOf(error), detail: {} };
  const { cause, ...detail } = error.detail;
  return { code: error.code, message: error.message, detail };
}

const errorOf = (error: ErrorMessage): Error =>
  error.code === null
    ? new AssertionError(error.message)
    : new StoreError(error.code, error.message, error.detail);

/** Answers calls by the methods of `target`; `onBug` also hears of errors that are our own bugs. */
export function serveCalls(port: Port, target: object, onBug: (error: Error) => void = () => {}): void {
  const methods = target as Record<string, (...args: readonly unknown[]) => unknown>;
  port.listen((received) => {
    const message = received as Message;
    if (message.kind !== "call") return;
    const { id } = message;
    const run = async () => methods[message.method]!(...message.args);
    run().then(
      (value) => port.post({ kind: "answer", id, value } satisfies Message),
      (error: unknown) => {
        port.post({ kind: "failure", id, error: errorMessage(error) } satisfies Message);
        if (error instanceof Error && !(error instanceof StoreError)) onBug(error);
      },
    );
  });
}

/** Tells the other side that something happened, in order with the answers. */
export const postEvent = (port: Port, name: string, value: unknown): void =>
  port.post({ kind: "event", name, value } satisfies Message);

/** The far object, with how to stop waiting for it. */
export interface Connection<T> {
  readonly remote: T;
  /** The thread is gone: waiting and later calls fail with this. */
  fail(error: Error): void;
}

/** A proxy of what the other side serves. `T` must have asynchronous methods only. */
export function connectCalls<T extends object>(
  port: Port,
  onEvent: (name: string, value: unknown) => void = () => {},
): Connection<T> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let nextId = 1;
  let failed: Error | null = null;
  port.listen((received) => {
    const message = received as Message;
    if (message.kind === "event") return onEvent(message.name, message.value);
    if (message.kind === "call") return;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === "answer") call?.resolve(message.value);
    else call?.reject(errorOf(message.error));
  });
  const call = (method: string, args: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      if (failed !== null) return reject(failed);
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      port.post({ kind: "call", id, method, args } satisfies Message);
    });
  const remote = new Proxy({} as T, {
    get: (_, method) =>
      typeof method === "string" && method !== "then"
        ? (...args: readonly unknown[]) => call(method, args)
        : undefined,
  });
  return {
    remote,
    fail(error) {
      failed = error;
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
    },
  };
}
