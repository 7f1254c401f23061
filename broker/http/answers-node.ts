/** Bodies in, answers and errors out: what every route shares. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { exceptionOf } from "#broker/response/exception";
import { type ErrorAnswer, isBusyStatus } from "#schemas/api/error";
import { errorCodes, type StoreError, storeErrorOf } from "#schemas/errors";

/** JSON with 64-bit integers as digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, cell: unknown) => (typeof cell === "bigint" ? cell.toString() : cell));
}

export const sendJson = (reply: FastifyReply, value: unknown, status = 200) =>
  reply.code(status).type("application/json; charset=utf-8").send(jsonText(value));

/**
 * One error body for all routes: the `code` and `error` of Pinot's controller, what clients of its broker look for
 * before they show a message (`exceptions` and the counts of servers), and ours.
 */
export function errorBody(error: StoreError): ErrorAnswer {
  const { position, expected, found, at, suggestion, faults } = error.detail;
  return {
    code: errorCodes[error.code].status,
    error: error.message,
    errorCode: error.code,
    ...(position === undefined ? {} : { position }),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    ...(at === undefined ? {} : { at }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(faults === undefined ? {} : { faults }),
    exceptions: [exceptionOf(error)],
    numServersQueried: 0,
    numServersResponded: 0,
  };
}

/** Answers any thrown thing; INTERNAL ones keep their cause for the log. */
export function sendError(reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = storeErrorOf(thrown);
  const { status } = errorCodes[error.code];
  if (isBusyStatus(status)) reply.header("retry-after", "1");
  return sendJson(reply, errorBody(error), status);
}

/**
 * An AbortSignal that fires when the client closes its connection before the answer is sent. It is the connection that
 * counts: a request whose body was read, or unpacked, is over long before it is answered.
 */
export function closedSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const abort = new AbortController();
  const closed = () => abort.abort(new Error("the client closed the connection"));
  reply.raw.once("close", () => {
    if (!reply.raw.writableEnded) closed();
  });
  if (request.raw.socket.destroyed) closed();
  return abort.signal;
}
