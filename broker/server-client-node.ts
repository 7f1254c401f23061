/**
 * A server over TCP as the broker sees it. One connection carries all questions, told apart by their numbers. It is
 * made when it is first needed and again after it broke; while it cannot be had, every question fails at once with
 * SERVER_MISSING, which the broker reports as a missing server.
 */
import { connect, type Socket } from "node:net";
import { messageOf, StoreError } from "#schemas/errors";
import { brokerBounds, type Limits } from "#schemas/limits";
import type { Fragment } from "#schemas/plan/plan";
import type { Executed, ExecuteOptions, ServerClient } from "#schemas/plan/server-client";
import type { SnapshotInfo } from "#schemas/plan/snapshot";
import { type Frame, FrameStream, writeFrame } from "#schemas/wire/frame";
import { frameOf, type Message, messageOfFrame, protocolVersion } from "#schemas/wire/messages";
import type { Clock } from "#schemas/world";

export interface ServerAddress {
  /** How errors and statistics call it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: unknown) => void;
}

const greetingRequest = 0;
const requestMax = 0xffff_ffff;
const graceMs = brokerBounds.serverGraceMs;
const greetingMs = brokerBounds.serverGreetingMs;

/** One connection, from its greeting to its end. */
class Connection {
  readonly #socket: Socket;
  readonly #stream: FrameStream;
  readonly #waiting = new Map<number, Waiting>();
  readonly #bodyBytesMax: number;
  readonly #fault: (reason: string) => StoreError;
  #next = greetingRequest + 1;
  #ended: StoreError | null = null;

  constructor(socket: Socket, bodyBytesMax: number, fault: (reason: string) => StoreError) {
    this.#socket = socket;
    this.#bodyBytesMax = bodyBytesMax;
    this.#fault = fault;
    this.#stream = new FrameStream(bodyBytesMax);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("error", (error) => this.end(fault(messageOf(error))));
    socket.on("close", () => this.end(fault("the connection ended")));
  }

  get isOpen(): boolean {
    return this.#ended === null;
  }

  /** Fails everything that waits. */
  end(error: StoreError): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #received(chunk: Uint8Array): void {
    try {
      for (const frame of this.#stream.push(chunk)) this.#take(frame);
    } catch (error) {
      this.end(error instanceof StoreError ? error : this.#fault(messageOf(error)));
    }
  }

  #take(frame: Frame): void {
    const waiting = this.#waiting.get(frame.request);
    // An answer to what was given up meanwhile.
    if (waiting === undefined) return;
    const message = messageOfFrame(frame);
    this.#waiting.delete(frame.request);
    if (message.kind === "failed")
      waiting.reject(new StoreError(message.code, message.message, message.detail));
    else waiting.resolve(message);
  }

  send(request: number, message: Message): void {
    const frame = frameOf(request, message);
    if (frame.body.length > this.#bodyBytesMax)
      throw new StoreError("QUERY_MEMORY", `a question of ${frame.body.length} bytes exceeds frameBytes`);
    this.#socket.cork();
    for (const part of writeFrame(frame, this.#bodyBytesMax)) this.#socket.write(part);
    this.#socket.uncork();
  }

  greet(): Promise<Message> {
    return this.#expect(greetingRequest, { kind: "hello", version: protocolVersion });
  }

  /** The answer; when the signal aborts first, its reason, and the server is told to stop. */
  ask(message: Message, signal: AbortSignal): Promise<Message> {
    let request = this.#next;
    while (this.#waiting.has(request)) request = request === requestMax ? 1 : request + 1;
    this.#next = request === requestMax ? 1 : request + 1;
    const answer = this.#expect(request, message);
    const abort = () => {
      const waiting = this.#waiting.get(request);
      if (waiting === undefined) return;
      this.#waiting.delete(request);
      if (this.isOpen) this.send(request, { kind: "cancel" });
      waiting.reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    return answer.finally(() => signal.removeEventListener("abort", abort));
  }

  #expect(request: number, message: Message): Promise<Message> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      try {
        this.send(request, message);
      } catch (error) {
        this.#waiting.delete(request);
        reject(error);
      }
    });
  }
}

export class TcpServerClient implements ServerClient {
  readonly name: string;
  readonly #address: ServerAddress;
  readonly #limits: Limits;
  readonly #clock: Clock;
  #connection: Promise<Connection> | null = null;
  /** The one that the promise is about, also while it is being made. */
  #latest: Connection | null = null;
  #isClosed = false;

  constructor(address: ServerAddress, options: { readonly limits: Limits; readonly clock: Clock }) {
    this.name = address.name;
    this.#address = address;
    this.#limits = options.limits;
    this.#clock = options.clock;
  }

  async snapshot(tables: readonly string[]): Promise<SnapshotInfo> {
    const answer = await this.#patiently({ kind: "snapshot", tables });
    return answer.kind === "held" ? answer.info : this.#confused(answer);
  }

  release(snapshotId: string): void {
    // Without a connection the server drops it by itself, after its lease.
    this.#connection
      ?.then((connection) => {
        if (connection.isOpen) connection.send(greetingRequest, { kind: "release", snapshot: snapshotId });
      })
      .catch(() => undefined);
  }

  async execute(
    snapshotId: string,
    fragment: Fragment,
    options: ExecuteOptions,
    signal: AbortSignal,
  ): Promise<Executed> {
    const { deadlineMs, ...rest } = options;
    const remainingMs = Math.max(0, deadlineMs - this.#clock.nowMs());
    const question: Message = {
      kind: "execute",
      snapshot: snapshotId,
      options: { ...rest, remainingMs },
      fragment,
    };
    const late = new StoreError("QUERY_DEADLINE", `${this.name} did not answer within ${remainingMs} ms`);
    const answer = await this.#ask(question, { signal, waitMs: remainingMs + graceMs, late });
    return answer.kind === "executed" ? answer.executed : this.#confused(answer);
  }

  async explain(snapshotId: string, fragment: Fragment): Promise<readonly string[]> {
    const answer = await this.#patiently({ kind: "explain", snapshot: snapshotId, fragment });
    return answer.kind === "lines" ? answer.lines : this.#confused(answer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#latest?.end(this.#missing("the broker closed the connection"));
  }

  #missing(reason: string): StoreError {
    const { name, host, port } = this.#address;
    return new StoreError("SERVER_MISSING", `server ${name} at ${host}:${port}: ${reason}`, { at: name });
  }

  #confused(answer: Message): never {
    throw new StoreError("FRAME_CORRUPT", `server ${this.name} answered with ${answer.kind}`);
  }

  /** Questions without a deadline of their own: a server that does not answer them in time is missing. */
  #patiently(message: Message): Promise<Message> {
    const waitMs = this.#limits.queryMs;
    return this.#ask(message, { signal: null, waitMs, late: this.#missing(`no answer within ${waitMs} ms`) });
  }

  async #ask(
    message: Message,
    limit: { readonly signal: AbortSignal | null; readonly waitMs: number; readonly late: StoreError },
  ): Promise<Message> {
    limit.signal?.throwIfAborted();
    const timeout = new AbortController();
    const done = new AbortController();
    this.#clock
      .sleep(limit.waitMs, done.signal)
      .then(() => timeout.abort(limit.late))
      .catch(() => undefined);
    const signal = limit.signal === null ? timeout.signal : AbortSignal.any([limit.signal, timeout.signal]);
    try {
      const connection = await untilAborted(this.#connected(), signal);
      return await connection.ask(message, signal);
    } finally {
      done.abort();
    }
  }

  async #connected(): Promise<Connection> {
    if (this.#isClosed) throw this.#missing("the broker closed the connection");
    const before = this.#connection;
    if (before !== null) {
      const connection = await before.catch(() => null);
      if (connection?.isOpen) return connection;
      // Several questions may find it broken: the first makes a new one.
      if (this.#connection === before) this.#connection = null;
    }
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  async #connect(): Promise<Connection> {
    const { host, port } = this.#address;
    const socket = connect({ host, port });
    const connection = new Connection(socket, this.#limits.frameBytes, (reason) => this.#missing(reason));
    this.#latest = connection;
    const done = new AbortController();
    this.#clock
      .sleep(greetingMs, done.signal)
      .then(() => connection.end(this.#missing(`no greeting within ${greetingMs} ms`)))
      .catch(() => undefined);
    const welcome = await connection.greet().finally(() => done.abort());
    if (welcome.kind !== "welcome" || welcome.version !== protocolVersion) {
      const found = welcome.kind === "welcome" ? `version ${welcome.version}` : welcome.kind;
      const error = this.#missing(`expected protocol version ${protocolVersion} but found ${found}`);
      connection.end(error);
      throw error;
    }
    return connection;
  }
}

/** The promise's value, or the signal's reason when that comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
