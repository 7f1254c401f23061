/**
 * How large a body may be, by what its route does with it, and how much JSON: refused before anything is made of it,
 * because a parser's objects take many times the memory of their text and all others wait while it makes them.
 */
import { finished } from "node:stream/promises";
import type { FastifyInstance } from "fastify";
import { sendError } from "#broker/http/answers-node";
import { bodyLimitOf, statementPaths, takesRows } from "#broker/http/body-limit";
import { tooLarge } from "#broker/http/faults-node";
import { messageOf, StoreError } from "#schemas/errors";
import { shapeOfJson } from "#schemas/json-bounds";
import type { Limits } from "#schemas/limits";

/** Values of a request around a statement: a few options. */
const requestItems = 1000;

/** Bodies stay bytes for rows and become JSON elsewhere, whatever content type a client claims. */
export function parseBodies(app: FastifyInstance, limits: Limits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    const path = request.routeOptions.url ?? "";
    if (takesRows(path) || body.length === 0) {
      done(null, body.length === 0 ? undefined : body);
      return;
    }
    try {
      const items = statementPaths.has(path) ? requestItems : limits.jsonItems;
      refuseMuch(body, { depth: limits.jsonDepth, items });
      done(null, JSON.parse(body.toString("utf8")));
    } catch (error) {
      if (error instanceof StoreError) done(error);
      else done(new StoreError("BODY_SYNTAX", `the body is not JSON: ${messageOf(error)}`));
    }
  });
}

function refuseMuch(body: Uint8Array, most: { readonly depth: number; readonly items: number }): void {
  const { depth, items } = shapeOfJson(body, most);
  if (depth > most.depth) {
    const expected = `JSON nested at most ${most.depth} deep (limit jsonDepth)`;
    throw new StoreError("BODY_SYNTAX", `expected ${expected} but the body is deeper`, { expected });
  }
  if (items > most.items) {
    const expected = `at most ${most.items} values in the body (limit jsonItems)`;
    throw new StoreError("BODY_BYTES", `expected ${expected} but found more`, { expected });
  }
}

/** What is read and thrown away of a body that is too large, so that its sender can read our answer. */
const drainShare = 4;

/** Refuses by Content-Length before a byte is kept. */
export function boundBodies(app: FastifyInstance, limits: Limits): void {
  app.addHook("onRequest", async (request, reply) => {
    const limit = bodyLimitOf(request.routeOptions.url ?? "", limits);
    const length = Number(request.headers["content-length"] ?? 0);
    if (length <= limits[limit]) return undefined;
    if (length <= limits.bodyBytes * drainShare) {
      request.raw.resume();
      await finished(request.raw).catch(() => {});
    }
    return sendError(reply, tooLarge(limits, limit));
  });
}
