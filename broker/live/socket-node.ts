/**
 * The /live WebSocket on Fastify: frames in and out of the hub. One connection a page. A page that does not read is
 * cut off once a result's worth of bytes waits, and connects again by itself.
 */

import type { WebSocket } from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { LiveClient } from "#broker/live/client";
import { Meter, type MeterLimits } from "#broker/live/meter";
import type { LiveHub } from "#broker/live/subscriptions";
import type { LiveMessage } from "#schemas/api/live";
import { readLiveRequest } from "#schemas/api/live-request";
import type { Operation } from "#schemas/api/operation";
import { messageOf } from "#schemas/errors";
import { brokerBounds } from "#schemas/limits";

const tryAgainLater = 1013;

/** The page broke a rule of the protocol: its limits. */
const policyBroken = 1008;
/** Requests of one page that may wait before no more are read from it. */
const waitingMax = brokerBounds.liveRequestsWaiting;

/** JSON with 64-bit integers as digits. */
function exactText(value: unknown): string {
  const digits: string[] = [];
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "bigint") return part;
    digits.push(part.toString());
    return "\u0000bigint";
  });
  if (digits.length === 0) return text;
  let next = 0;
  return text.replaceAll('"\\u0000bigint"', () => digits[next++]!);
}

/** The fields, with one more whose text is known. */
const withField = (fields: object, name: string, text: string): string =>
  `${exactText(fields).slice(0, -1)},"${name}":${text}}`;

/** A message as JSON. Rows hold no 64-bit integers, and are too many to look at each cell. */
export function encodeLiveMessage(message: LiveMessage): string {
  switch (message.kind) {
    case "snapshot": {
      const { result, ...head } = message;
      const { rows, ...rest } = result;
      return withField(head, "result", withField(rest, "rows", JSON.stringify(rows)));
    }
    case "delta": {
      const { rows, ...head } = message;
      return withField(head, "rows", JSON.stringify(rows));
    }
    default:
      return exactText(message);
  }
}

interface SocketParts {
  readonly hub: LiveHub;
  readonly limits: MeterLimits & { readonly resultBytes: number };
  readonly nowMs: () => number;
}

function attach(socket: WebSocket, { hub, limits, nowMs }: SocketParts): void {
  let client: LiveClient;
  const send = (message: LiveMessage) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > limits.resultBytes) socket.close(tryAgainLater, "the page does not read");
    else socket.send(encodeLiveMessage(message));
  };
  try {
    client = hub.connect(send);
  } catch (error) {
    socket.close(tryAgainLater, messageOf(error).slice(0, 120));
    return;
  }
  client.onTaken = () => {
    if (socket.isPaused && client.waiting === 0) socket.resume();
  };
  const meter = new Meter(limits);
  socket.on("message", (data: Buffer) => {
    try {
      meter.take(data.length, nowMs());
    } catch (error) {
      client.fail("", error);
      socket.close(policyBroken, messageOf(error).slice(0, 120));
      return;
    }
    const read = readLiveRequest(data.toString("utf8"));
    if (read.kind === "fault") client.fail(read.id, read.error);
    else client.receive(read.request);
    if (client.waiting > waitingMax) socket.pause();
  });
  socket.on("close", () => client.close());
  socket.on("error", () => client.close());
}

/** The handshake; what goes over the socket then is in `schemas/api/live.ts`. */
export const liveOperation: Operation = {
  method: "GET",
  path: "/live",
  tag: "Queries",
  summary: "Opens a WebSocket over which subscribed statements answer again whenever their data changes.",
  details:
    'Frames are JSON. Send `{"kind": "subscribe", "id": "a", "sql": "SELECT COUNT(*) FROM purchases", "range": ' +
    '{"kind": "last", "ms": 3600000}, "zone": "UTC"}`: a `snapshot` comes at once, then a `delta` for every change; ' +
    'each is answered with `{"kind": "ack", "id": "a", "sequence": 1}`. The statement may use `:from`, `:to` (ms) and ' +
    '`:zone`. `{"kind": "watch", "id": "b", "table": null}` tells of the state of all tables, or of one in full.',
  answer: {},
  status: 101,
};

/**
 * Registers GET /live. `@fastify/websocket` must be registered before; Host and Origin are checked by the
 * application's own onRequest hook, which also runs for upgrades.
 */
export function liveRoutes(app: FastifyInstance, parts: SocketParts): void {
  app.get(liveOperation.path, { websocket: true }, (socket) => attach(socket, parts));
  app.addHook("onClose", () => parts.hub.close());
}
