/**
 * A server behind a TCP port, speaking the frames of schemas/wire. Requests of one connection run side by side; a
 * connection that ends stops what it asked for. Whoever sends bytes that are no frame is cut off.
 */
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { messageOf, StoreError, storeErrorOf } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { ServerClient } from "#schemas/plan/server-client";
import { type Frame, FrameStream, writeFrame } from "#schemas/wire/frame";
import {
  failedMessage,
  frameOf,
  type Message,
  messageOfFrame,
  protocolVersion,
} from "#schemas/wire/messages";
import type { Clock, Log } from "#schemas/world";

export interface ListenParts {
  readonly server: ServerClient;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Listener {
  readonly port: number;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Questions are small: a fragment, with its literals. */
const requestBytesMax = (limits: Limits): number => Math.min(limits.frameBytes, limits.sqlBytes * 8);

class Connection {
  readonly #socket: Socket;
  readonly #parts: ListenParts;
  readonly #stream: FrameStream;
  readonly #running = new Map<number, AbortController>();
  #greeted = false;

  constructor(socket: Socket, parts: ListenParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#stream = new FrameStream(requestBytesMax(parts.limits));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#stop("the connection ended"));
  }

  close(): void {
    this.#stop("the server stops");
    this.#socket.destroy();
  }

  #stop(reason: string): void {
    for (const abort of this.#running.values()) abort.abort(new StoreError("QUERY_CANCELLED", reason));
    this.#running.clear();
  }

  #received(chunk: Uint8Array): void {
    try {
      for (const frame of this.#stream.push(chunk)) this.#take(frame);
    } catch (error) {
      const from = `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
      this.#parts.log("warn", `connection from ${from} cut off: ${messageOf(error)}`);
      this.#socket.destroy();
    }
  }

  #take(frame: Frame): void {
    const message = messageOfFrame(frame);
    const { request } = frame;
    if (!this.#greeted) {
      this.#greet(request, message);
      return;
    }
    switch (message.kind) {
      case "cancel":
        this.#running
          .get(request)
          ?.abort(new StoreError("QUERY_CANCELLED", "the broker cancelled the query"));
        return;
      case "release":
        this.#parts.server.release(message.snapshot);
        return;
      case "snapshot":
      case "execute":
      case "explain":
        this.#start(request, message);
        return;
      default:
        throw new StoreError("FRAME_CORRUPT", `expected a question but found ${message.kind}`);
    }
  }

  #greet(request: number, message: Message): void {
    if (message.kind !== "hello")
      throw new StoreError("FRAME_CORRUPT", `expected hello but found ${message.kind}`);
    this.#send(request, { kind: "welcome", version: protocolVersion, name: this.#parts.server.name });
    if (message.version !== protocolVersion) {
      this.#socket.end();
      return;
    }
    this.#greeted = true;
  }

  #start(request: number, message: Message): void {
    if (this.#running.has(request))
      throw new StoreError("FRAME_CORRUPT", `expected a new request but found ${request} again`);
    const { queriesQueued, queriesRunning } = this.#parts.limits;
    const most = queriesQueued + queriesRunning;
    if (this.#running.size >= most) {
      const full = `the server runs ${most} questions of one broker already`;
      this.#send(request, failedMessage(new StoreError("QUERIES_QUEUED", full)));
      return;
    }
    const abort = new AbortController();
    this.#running.set(request, abort);
    this.#answer(message, abort.signal)
      .catch((error: unknown) => failedMessage(storeErrorOf(error)))
      .then((answer) => {
        // Nobody waits any more when the connection ended meanwhile.
        if (this.#running.delete(request)) this.#send(request, answer);
      });
  }

  async #answer(message: Message, signal: AbortSignal): Promise<Message> {
    const { server, clock } = this.#parts;
    if (message.kind === "snapshot") return { kind: "held", info: await server.snapshot(message.tables) };
    if (message.kind === "explain")
      return { kind: "lines", lines: await server.explain(message.snapshot, message.fragment) };
    if (message.kind !== "execute") throw new StoreError("FRAME_CORRUPT", `${message.kind} has no answer`);
    const { remainingMs, ...options } = message.options;
    const deadlineMs = clock.nowMs() + remainingMs;
    const executed = await server.execute(
      message.snapshot,
      message.fragment,
      { ...options, deadlineMs },
      signal,
    );
    return { kind: "executed", executed };
  }

  #send(request: number, message: Message): void {
    const { frameBytes } = this.#parts.limits;
    let frame = frameOf(request, message);
    if (frame.body.length > frameBytes) {
      const found = `a partial result of ${frame.body.length} bytes exceeds frameBytes, ${frameBytes}`;
      frame = frameOf(request, failedMessage(new StoreError("RESULT_BYTES", found)));
    }
    this.#socket.cork();
    for (const part of writeFrame(frame, frameBytes)) this.#socket.write(part);
    this.#socket.uncork();
    // A broker that does not read is cut off before its answers fill the memory.
    if (this.#socket.writableLength > 2 * frameBytes) this.#socket.destroy();
  }
}

/** Listens; rejects with START_FAILED when the port cannot be had. */
export async function listenFrames(parts: ListenParts): Promise<Listener> {
  const open = new Set<Connection>();
  const listening: NetServer = createServer((socket) => {
    const connection = new Connection(socket, parts);
    open.add(connection);
    socket.on("close", () => open.delete(connection));
  });
  listening.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    listening.once("error", (cause) => {
      const at = `${parts.host}:${parts.port}`;
      reject(new StoreError("START_FAILED", `cannot listen on ${at}: ${messageOf(cause)}`, { at, cause }));
    });
    listening.listen(parts.port, parts.host, resolve);
  });
  const address = listening.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : parts.port,
    close: () =>
      new Promise((resolve) => {
        listening.close(() => resolve());
        for (const connection of open) connection.close();
      }),
  };
}
