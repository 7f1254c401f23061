/** GET /openapi.json: the routes of this process as one document, written at the first request for it. */
import type { HttpParts } from "#broker/http/parts";
import { plainRoute, type Route } from "#broker/http/route-node";
import { openApi } from "#schemas/api/openapi";
import { json, type Operation } from "#schemas/api/operation";
import { openApiDocument } from "#schemas/api/process";

const usualPort = 8099;

/** The route; it describes itself too. */
export function documentRoute(operations: readonly Operation[], { version, address }: HttpParts): Route {
  let text: string | null = null;
  const origin = `http://${address.host}:${address.port === 0 ? usualPort : address.port}`;
  const route: Route = plainRoute({
    method: "GET",
    path: "/openapi.json",
    tag: "Process",
    summary: "This API in OpenAPI 3.1.",
    answer: json(openApiDocument),
    handle: ({ reply }) => {
      text ??= JSON.stringify(openApi([...operations, route.operation], { version, origin }));
      return reply.type("application/json; charset=utf-8").send(text);
    },
  });
  return route;
}
