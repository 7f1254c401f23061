/**
 * Whatever goes wrong before or in a route is one shape of answer: what the router, the parser of HTTP, plugins and
 * our own handlers throw all end here.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errorBody, jsonText, sendError } from "#broker/http/answers-node";
import { type BodyLimit, bodyLimitOf } from "#broker/http/body-limit";
import type { HttpParts } from "#broker/http/parts";
import { errorCodes, messageOf, StoreError } from "#schemas/errors";
import { type Limits, schemaBounds } from "#schemas/limits";

/** What answers where. */
interface Reached {
  readonly method: string;
  readonly path: string;
}

type FrameworkError = Error & { readonly code?: string; readonly statusCode?: number };

export const tooLarge = (limits: Limits, limit: BodyLimit) => {
  const hint = limit === "bodyBytes" ? "; send it in parts" : ", which is all that a definition may have";
  return new StoreError("BODY_BYTES", `the body is larger than ${limit} = ${limits[limit]}${hint}`);
};

const rateLimited = (bound: number) =>
  new StoreError("RATE_LIMITED", `more than requestsPerSecond = ${bound} from one address; slow down`);

/** Nothing is there under a name that nothing can have; to make it is another mistake. */
function tooLong(method: string): StoreError {
  const message = "a part of the address is longer than any name";
  if (method !== "PUT") return new StoreError("NOT_FOUND", message);
  const { idChars } = schemaBounds;
  return new StoreError("ID_SYNTAX", `${message}: expected at most idChars = ${idChars} characters`, {
    at: "path",
    expected: `at most ${idChars} characters`,
  });
}

/** The framework's error as one of ours; null: a fault of ours. */
function theirMistake(error: FrameworkError, limits: Limits, { method, path }: Reached): StoreError | null {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return tooLarge(limits, bodyLimitOf(path, limits));
    case "FST_ERR_BAD_URL":
      return new StoreError("REQUEST_SYNTAX", `the address is not percent-encoded UTF-8: ${error.message}`);
    case "FST_ERR_MAX_PARAM_LENGTH":
      return tooLong(method);
  }
  if (error.statusCode === 429) return rateLimited(limits.requestsPerSecond);
  if (error.statusCode === undefined || error.statusCode >= 500) return null;
  return new StoreError("BODY_SYNTAX", error.message);
}

/** "/tables/:name" as the addresses that it stands for. */
const addressesOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, "\\$&").replace(/:\w+/g, "[^/]+").replace(/\*$/, ".*")}/?$`);

/** The methods that a path has: what NOT_FOUND is not. */
function methodsByPath(operations: readonly Reached[]): (path: string) => readonly string[] {
  const known = operations.map(({ method, path }) => ({ method, address: addressesOf(path) }));
  return (path) => {
    const found = known.filter(({ address }) => address.test(path)).map(({ method }) => method);
    return [...new Set(found.includes("GET") ? [...found, "HEAD"] : found)];
  };
}

function notFound(operations: readonly Reached[]) {
  const methodsOf = methodsByPath(operations);
  return (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?")[0] as string;
    const methods = methodsOf(path);
    if (methods.length === 0)
      return sendError(reply, new StoreError("NOT_FOUND", `there is no ${request.method} ${path}`));
    const allowed = methods.join(", ");
    const message = `expected ${allowed} for ${path} but found ${request.method}`;
    reply.header("allow", allowed);
    return sendError(reply, new StoreError("METHOD_UNKNOWN", message, { expected: allowed }));
  };
}

/** Answers what handlers throw and what no route takes. */
export function handleFaults(app: FastifyInstance, parts: HttpParts, operations: readonly Reached[]): void {
  app.setErrorHandler((error: FrameworkError, request, reply) => {
    if (error instanceof StoreError) return sendError(reply, error);
    const { method } = request;
    const theirs = theirMistake(error, parts.limits, { method, path: request.routeOptions.url ?? "" });
    if (theirs === null)
      parts.log("error", "a request failed", { url: request.url, error: error.stack ?? error.message });
    return sendError(reply, theirs ?? error);
  });
  app.setNotFoundHandler(notFound(operations));
}

/** What the router refuses before any hook runs. */
export const routerFault =
  (limits: Limits) =>
  (error: FrameworkError, { method }: FastifyRequest, reply: FastifyReply): void => {
    sendError(reply, theirMistake(error, limits, { method, path: "" }) ?? error);
  };

/** What came over the socket and never became a request. */
function brokenRequest(error: NodeJS.ErrnoException, limits: Limits): StoreError {
  if (error.code === "HPE_HEADER_OVERFLOW") {
    const bound = `headerBytes = ${limits.headerBytes}`;
    return new StoreError(
      "REQUEST_BYTES",
      `address and headers are larger than ${bound}; send a long statement as the body of a POST`,
    );
  }
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new StoreError("REQUEST_TIMEOUT", "the request did not arrive whole in time");
  return new StoreError("REQUEST_SYNTAX", `the request is not HTTP: ${messageOf(error)}`);
}

/** Answers on a socket whose request could not be read, in the one shape, and ends it. */
export const answerBroken =
  (limits: Limits) =>
  (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy(error);
      return;
    }
    const fault = brokenRequest(error, limits);
    const { status } = errorCodes[fault.code];
    const body = jsonText(errorBody(fault));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  };
