/**
 * Bodies that come in packed: what `Content-Encoding` names is unpacked before anything reads it, on every route alike.
 * The route's bound holds for the unpacked bytes too (Fastify counts what this stream gives), so a bomb stops there.
 */
import { Readable, Transform, type TransformCallback } from "node:stream";
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { messageOf, StoreError } from "#schemas/errors";
import { brokerBounds } from "#schemas/limits";

const unpackers = {
  gzip: () => createGunzip(),
  "x-gzip": () => createGunzip(),
  deflate: (first: number) => (isZlib(first) ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
} satisfies Record<string, (firstByte: number) => Transform>;
type Coding = keyof typeof unpackers;

/** Senders disagree on whether "deflate" has zlib's header: its method, the low four bits, is always 8. */
const isZlib = (first: number): boolean => (first & 0x0f) === 8;

const isCoding = (name: string): name is Coding => Object.hasOwn(unpackers, name);

const codingsMax = brokerBounds.bodyCodings;

/** What the header names, the last applied first. BODY_ENCODING for what we cannot unpack. */
export function codingsOf(header: string | undefined): readonly Coding[] {
  const named = (header ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  const packed = named.filter((name) => name !== "" && name !== "identity");
  const unknown = packed.find((name) => !isCoding(name));
  const taken = "gzip, deflate, br, zstd or identity";
  if (unknown !== undefined)
    throw new StoreError("BODY_ENCODING", `expected the content-encoding ${taken} but found "${unknown}"`, {
      expected: taken,
      found: unknown,
    });
  if (packed.length > codingsMax)
    throw new StoreError(
      "BODY_ENCODING",
      `expected at most ${codingsMax} content-encodings but found ${packed.length}`,
    );
  return packed.filter(isCoding).reverse();
}

/** Unpacks one coding. The unpacker is chosen by the first byte; a body without any is empty, not damaged. */
async function* unpacked(source: AsyncIterable<Buffer>, coding: Coding): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const whole = async function* () {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  const unpacker = unpackers[coding](first.value[0] as number);
  const packed = Readable.from(whole(), { objectMode: false });
  packed.once("error", (error) => unpacker.destroy(error));
  try {
    yield* packed.pipe(unpacker) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("BODY_SYNTAX", `the body is not whole ${coding} data: ${messageOf(error)}`);
  }
}

/** Fastify compares the bytes that came with Content-Length; Node's HTTP parser has held them to it already. */
class Unpacked extends Transform {
  readonly receivedEncodedLength: number;
  constructor(encodedBytes: number) {
    super();
    this.receivedEncodedLength = encodedBytes;
  }
  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    done(null, chunk);
  }
}

function unpackedBody(request: FastifyRequest, payload: Readable, codings: readonly Coding[]): Readable {
  // Breaking off must leave the request's socket open: the refusal goes out over it.
  const raw = payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const bytes = codings.reduce<AsyncIterable<Buffer>>((source, coding) => unpacked(source, coding), raw);
  const whole = new Unpacked(Number(request.headers["content-length"] ?? 0));
  const reader = Readable.from(bytes, { objectMode: false });
  reader.once("error", (error) => whole.destroy(error));
  return reader.pipe(whole);
}

/** Unpacks every body that says it is packed. */
export function unpackBodies(app: FastifyInstance): void {
  app.addHook("preParsing", async (request, reply, payload) => {
    const codings = codingsOf(request.headers["content-encoding"]);
    if (codings.length === 0) return payload;
    const body = unpackedBody(request, payload as Readable, codings);
    // What a refusal left unread is thrown away, so that the connection can be used again.
    reply.raw.once("close", () => {
      body.destroy();
      request.raw.resume();
    });
    return body;
  });
}
