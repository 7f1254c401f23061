/**
 * Clients that send half a body or do not read their answer: their bytes count into one account with everybody's, and
 * whoever stands still for too long is cut off. (A request that does not arrive whole in `requestMs` is Node's to end.)
 */
import { type Readable, Transform, type TransformCallback } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ClientBytes } from "#broker/client-bytes";

export interface SlowClients {
  readonly account: ClientBytes;
  /** An answer of which nothing was read for this long is given up. */
  readonly unreadMs: number;
}

/** A client may have gone before there was anything to count. */
function whenClosed({ raw }: FastifyReply, done: () => void): void {
  if (raw.destroyed || raw.closed) done();
  else raw.once("close", done);
}

/** A body whose length nobody told, counted while it comes. */
class Counted extends Transform {
  readonly #source: { readonly receivedEncodedLength?: number };
  readonly #take: (bytes: number) => void;
  #bytes = 0;

  constructor(source: { readonly receivedEncodedLength?: number }, take: (bytes: number) => void) {
    super();
    this.#source = source;
    this.#take = take;
  }

  /** What Fastify compares with Content-Length. */
  get receivedEncodedLength(): number {
    return this.#source.receivedEncodedLength ?? this.#bytes;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    try {
      this.#take(chunk.length);
      this.#bytes += chunk.length;
      done(null, chunk);
    } catch (error) {
      done(error as Error);
    }
  }
}

function countBody(
  { account }: SlowClients,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: Readable,
) {
  const take = (bytes: number): void => {
    whenClosed(reply, account.take("bodies", bytes));
  };
  const { "content-length": told, "transfer-encoding": coding } = request.headers;
  if (told === undefined && coding === undefined) return payload; // no body
  const isPacked = request.headers["content-encoding"] !== undefined;
  const length = Number(told ?? Number.NaN);
  if (!isPacked && Number.isFinite(length)) {
    take(length);
    return payload;
  }
  reply.raw.setMaxListeners(0);
  const counted = new Counted(payload as { readonly receivedEncodedLength?: number }, take);
  payload.once("error", (error) => counted.destroy(error));
  reply.raw.once("close", () => request.raw.resume());
  return payload.pipe(counted);
}

const bytesOfPayload = (payload: unknown, reply: FastifyReply): number => {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  if (payload instanceof Uint8Array) return payload.length;
  return Number(reply.getHeader("content-length") ?? 0);
};

/** Ends the connection when nothing of the answer was taken between two looks. */
function watchUnread(reply: FastifyReply, unreadMs: number): void {
  const { socket } = reply.raw;
  if (socket === null) return;
  let before = "";
  const timer = setInterval(() => {
    const now = `${socket.bytesWritten} ${socket.writableLength}`;
    if (socket.writableLength > 0 && now === before) socket.destroy();
    before = now;
  }, unreadMs);
  reply.raw.once("close", () => clearInterval(timer));
}

/** Counts bodies and answers of every route, and cuts off who does not read. */
export function boundSlowClients(app: FastifyInstance, slow: SlowClients): void {
  app.addHook("preParsing", async (request, reply, payload) =>
    countBody(slow, request, reply, payload as Readable),
  );
  app.addHook("onSend", async (_request, reply, payload) => {
    const bytes = bytesOfPayload(payload, reply);
    if (bytes === 0) return payload;
    whenClosed(reply, slow.account.hold("answers", bytes));
    watchUnread(reply, slow.unreadMs);
    return payload;
  });
}
