/**
 * The /live WebSocket on Fastify: frames in and out of the hub. One connection a page. A page that does not read is
 * cut off once a result's worth of bytes waits, and connects again by itself.
 */

import type { WebSocket } from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { LiveClient } from "#broker/live/client";
import type { LiveHub } from "#broker/live/subscriptions";
import { exceptionOf } from "#broker/response/exception";
import type { LiveMessage } from "#schemas/api/live";
import { parseLiveRequest } from "#schemas/api/live-request";
import type { Operation } from "#schemas/api/operation";
import { messageOf, storeErrorOf } from "#schemas/errors";

const tryAgainLater = 1013;

/** JSON with 64-bit integers as digits. */
export function encodeLiveMessage(message: LiveMessage): string {
  const digits: string[] = [];
  const text = JSON.stringify(message, (_key, value: unknown) => {
    if (typeof value !== "bigint") return value;
    digits.push(value.toString());
    return "\u0000bigint";
  });
  if (digits.length === 0) return text;
  let next = 0;
  return text.replaceAll('"\\u0000bigint"', () => digits[next++]!);
}

function attach(socket: WebSocket, hub: LiveHub, waitingBytesMax: number): void {
  let client: LiveClient;
  const send = (message: LiveMessage) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > waitingBytesMax) socket.close(tryAgainLater, "the page does not read");
    else socket.send(encodeLiveMessage(message));
  };
  try {
    client = hub.connect(send);
  } catch (error) {
    socket.close(tryAgainLater, messageOf(error).slice(0, 120));
    return;
  }
  socket.on("message", (data: Buffer) => {
    try {
      client.receive(parseLiveRequest(data.toString("utf8")));
    } catch (error) {
      send({ kind: "error", id: "", exceptions: [exceptionOf(storeErrorOf(error))] });
    }
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
export function liveRoutes(app: FastifyInstance, hub: LiveHub, waitingBytesMax: number): void {
  app.get(liveOperation.path, { websocket: true }, (socket) => attach(socket, hub, waitingBytesMax));
  app.addHook("onClose", () => hub.close());
}
