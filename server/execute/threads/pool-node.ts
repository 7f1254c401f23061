/**
 * Scan threads. Every thread is told of every query and takes tasks from its counter. A failed assertion in
 * a thread fails that query and the thread is replaced: nothing of the query's memory is shared with others.
 */
import { Worker } from "node:worker_threads";
import { AssertionError, type ErrorCode, hasCode, messageOf, StoreError } from "#schemas/errors";
import type { Log } from "#schemas/world";
import type { Control } from "#server/execute/runtime";
import type { Task } from "#server/execute/task";
import { type Deliver, freeBlocks, type ScanPool, type ScanResult } from "#server/execute/threads/pool";
import type { KernelSource } from "#server/kernels/instance";

/** A scan thread's young generation, MiB: its rows lie in arenas. */
const youngMb = 16;

export interface ScanWorkerData {
  readonly memories: readonly WebAssembly.Memory[];
  readonly kernels: KernelSource;
}

export interface ToScanWorker {
  readonly query: number;
  readonly tasks: readonly Task[];
  readonly shared: Int32Array;
}

export type FromScanWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly query: number; readonly result: ScanResult }
  | { readonly kind: "done"; readonly query: number; readonly busyNs: number }
  | {
      readonly kind: "failed";
      readonly query: number;
      /** null: an assertion, or anything else that is our bug. */
      readonly code: ErrorCode | null;
      readonly message: string;
    };

/** A query as this side sees it. */
interface Running {
  readonly control: Control;
  readonly deliver: Deliver;
  readonly waiting: Set<Thread>;
  readonly settle: (error: Error | null) => void;
  error: Error | null;
  busyNs: number;
}

interface Thread {
  readonly worker: Worker;
}

export interface ThreadPoolParts extends ScanWorkerData {
  readonly threads: number;
  readonly log: Log;
  /** This thread's arenas: blocks of results that nobody wants any more are freed there. */
  readonly arenas: { arena(index: number): { free(pointer: number): void } };
}

export class ThreadPool implements ScanPool {
  readonly threads: number;
  private readonly parts: ThreadPoolParts;
  private readonly running = new Map<number, Running>();
  private readonly inbox: { thread: Thread; message: Exclude<FromScanWorker, { kind: "ready" }> }[] = [];
  private members: Thread[] = [];
  /** Queries that came while every thread was being replaced. */
  private awaiting: (() => void)[] = [];
  private queries = 0;
  private closing = false;

  private constructor(parts: ThreadPoolParts) {
    this.parts = parts;
    this.threads = parts.threads;
  }

  /** Resolves when every thread is ready. */
  static async start(parts: ThreadPoolParts): Promise<ThreadPool> {
    const pool = new ThreadPool(parts);
    await Promise.all(Array.from({ length: parts.threads }, () => pool.startThread()));
    return pool;
  }

  private startThread(): Promise<void> {
    const { memories, kernels, log } = this.parts;
    const data: ScanWorkerData = { memories, kernels };
    const worker = new Worker(new URL("./worker-scan-node.ts", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    const thread: Thread = { worker };
    const ready = Promise.withResolvers<void>();
    worker.on("message", (message: FromScanWorker) => {
      if (message.kind !== "ready") return this.enqueue(thread, message);
      this.members.push(thread);
      ready.resolve();
      this.wake();
    });
    worker.on("error", (error) => {
      log("error", "a scan thread died", { message: messageOf(error) });
      this.lost(thread, new AssertionError(messageOf(error)));
      ready.reject(error);
    });
    worker.on("exit", () => {
      if (!this.closing) this.lost(thread, new AssertionError("a scan thread ended by itself"));
    });
    return ready.promise;
  }

  /** Waits for a thread that takes the place of the last one; goes on without when it cannot start. */
  private async someThread(): Promise<void> {
    if (this.members.length > 0 || this.closing) return;
    await new Promise<void>((resolve) => this.awaiting.push(resolve));
  }

  private wake(): void {
    for (const resume of this.awaiting.splice(0)) resume();
  }

  async run(tasks: readonly Task[], control: Control, deliver: Deliver): Promise<number> {
    await this.someThread();
    const query = ++this.queries;
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null) => {
        this.running.delete(query);
        if (error === null) resolve(running.busyNs);
        else reject(error);
      };
      const wanted = this.members.slice(0, Math.max(1, Math.min(this.members.length, tasks.length)));
      if (wanted.length === 0) {
        reject(new StoreError("SHUTTING_DOWN", "there is no scan thread"));
        return;
      }
      const running: Running = {
        control,
        deliver,
        waiting: new Set(wanted),
        settle,
        error: null,
        busyNs: 0,
      };
      this.running.set(query, running);
      const message: ToScanWorker = { query, tasks, shared: control.shared };
      for (const { worker } of wanted) worker.postMessage(message);
    });
  }

  /**
   * One message a turn of the event loop: Node hands over all that wait at once, and merging them at a stretch
   * would keep deadlines, cancels and everybody's requests waiting until the query's end.
   */
  private enqueue(thread: Thread, message: Exclude<FromScanWorker, { kind: "ready" }>): void {
    this.inbox.push({ thread, message });
    if (this.inbox.length === 1) setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    const next = this.inbox.shift();
    if (this.inbox.length > 0) setImmediate(this.turn);
    if (next !== undefined) this.receive(next.thread, next.message);
  };

  private receive(thread: Thread, message: Exclude<FromScanWorker, { kind: "ready" }>): void {
    const running = this.running.get(message.query);
    if (running === undefined) {
      if (message.kind === "result") this.discard(message.result);
      return;
    }
    switch (message.kind) {
      case "result":
        this.take(running, message.result);
        return;
      case "done":
        running.busyNs += message.busyNs;
        this.finished(running, thread);
        return;
      case "failed": {
        const { code } = message;
        this.fail(
          running,
          code === null ? new AssertionError(message.message) : new StoreError(code, message.message),
        );
        this.finished(running, thread);
        if (code === null) this.replace(thread, message.message);
      }
    }
  }

  private take(running: Running, result: ScanResult): void {
    if (running.error !== null || running.control.stopped) {
      this.discard(result);
      return;
    }
    running.deliver(result).catch((error: unknown) => {
      this.fail(running, error instanceof Error ? error : new Error(messageOf(error)));
    });
  }

  private discard(result: ScanResult): void {
    freeBlocks(result, (index) => this.parts.arenas.arena(index));
  }

  /** The first error counts, but not a thread's word that it was stopped: another thread failed before. */
  private fail(running: Running, error: Error): void {
    if (running.error === null || hasCode(running.error, "QUERY_CANCELLED")) running.error = error;
    running.control.stop();
  }

  private finished(running: Running, thread: Thread): void {
    running.waiting.delete(thread);
    if (running.waiting.size === 0) running.settle(running.error);
  }

  /** A thread is gone: its queries fail, and another takes its place. */
  private lost(thread: Thread, error: Error): void {
    if (!this.members.includes(thread)) return;
    this.members = this.members.filter((member) => member !== thread);
    for (const running of this.running.values()) {
      if (!running.waiting.has(thread)) continue;
      this.fail(running, error);
      this.finished(running, thread);
    }
    if (this.closing) return;
    this.startThread().catch((cause) => {
      this.parts.log("error", messageOf(cause));
      this.wake();
    });
  }

  private replace(thread: Thread, why: string): void {
    this.parts.log("error", "a scan failed an assertion; its thread is replaced", { message: why });
    this.lost(thread, new AssertionError(why));
    thread.worker.terminate().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closing = true;
    this.wake();
    const members = this.members;
    this.members = [];
    for (const running of this.running.values()) {
      this.fail(running, new StoreError("SHUTTING_DOWN", "the server is shutting down"));
      for (const thread of members) this.finished(running, thread);
    }
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }
}
