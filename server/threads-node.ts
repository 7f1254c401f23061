/**
 * Worker threads with calls both ways. Every worker of a server runs server/main-node.ts under a role,
 * because only that file may put ingestion and server together. A worker that dies takes the process with it:
 * its memory is shared, and a restart from log and catalog is the one way that is known to be right.
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { assert, messageOf, StoreError } from "#schemas/errors";
import { type Connection, connectCalls, type Port, postEvent, serveCalls } from "#schemas/wire/calls";
import type { Log, LogLevel } from "#schemas/world";

/** One worker: what it serves, and how to end it. */
export interface Thread<T> {
  readonly remote: T;
  terminate(): Promise<void>;
}

interface LogEvent {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** Below this a copy costs less than the hand-over. */
const handedOverBytesMin = 64 << 10;

/** The body of a push goes over as it is: a copy of every megabyte would cost a collection each few pushes. */
function handedOver(message: unknown): ArrayBuffer[] {
  const { method, args } = message as { readonly method?: string; readonly args?: readonly unknown[] };
  if (method !== "push" || args === undefined) return [];
  return args.flatMap((value) => {
    if (!(value instanceof Uint8Array) || value.byteLength < handedOverBytesMin) return [];
    const { buffer } = value;
    // A part of a larger buffer is not ours alone to give.
    return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
  });
}

/** Starts a worker; resolves when it is ready to be called. */
export async function startThread<T extends object>(options: {
  readonly entry: URL;
  /** What the worker finds in `roleData`. */
  readonly data: object;
  /** Its young generation, MiB. */
  readonly youngMb: number;
  /** What the worker may call here. */
  readonly serve: object;
  readonly log: Log;
  readonly onFatal: (error: Error) => void;
}): Promise<Thread<T>> {
  const worker = new Worker(options.entry, {
    workerData: { freshet: options.data },
    resourceLimits: { maxYoungGenerationSizeMb: options.youngMb },
  });
  const port: Port = {
    post: (message) => worker.postMessage(message, handedOver(message)),
    listen: (handler) => worker.on("message", handler),
  };
  const ready = Promise.withResolvers<void>();
  const connection: Connection<T> = connectCalls<T>(port, (name, value) => {
    if (name === "ready") return ready.resolve();
    const { level, message, fields } = value as LogEvent;
    options.log(level, message, fields);
  });
  // What a worker tells must not get lost: a bug in hearing it leaves lists and memory at odds.
  serveCalls(port, options.serve, options.onFatal);
  let ending = false;
  const died = (error: Error) => {
    connection.fail(new StoreError("SHUTTING_DOWN", "the thread has ended", { cause: error }));
    ready.reject(error);
    if (!ending) options.onFatal(error);
  };
  worker.on("error", (error) => died(error instanceof Error ? error : new Error(messageOf(error))));
  worker.on("exit", (code) => died(new Error(`a thread ended by itself with code ${code}`)));
  await ready.promise;
  return {
    remote: connection.remote,
    terminate: async () => {
      ending = true;
      await worker.terminate();
    },
  };
}

/** In a worker that `startThread` started: its data; null in any other thread. */
export function roleData<T>(): T | null {
  const data = workerData as { freshet?: T } | null;
  return data?.freshet ?? null;
}

/** In a worker: the other side's object, how to log there, and how to say what this side serves. */
export function workerSide<T extends object>(): { remote: T; log: Log; serve(target: object): void } {
  assert(parentPort !== null, "a worker has a parent");
  const messages = parentPort;
  const port: Port = {
    post: (message) => messages.postMessage(message),
    listen: (handler) => messages.on("message", handler),
  };
  return {
    remote: connectCalls<T>(port).remote,
    log: (level, message, fields) => postEvent(port, "log", { level, message, fields } satisfies LogEvent),
    serve: (target) => {
      serveCalls(port, target);
      postEvent(port, "ready", null);
    },
  };
}
