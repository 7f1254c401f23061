/**
 * One port for everything: SQL, pushes, Pinot's controller paths, the app's API, the live socket, metrics, the web
 * app. Bodies, rates and sizes are bounded; every fault is one JSON body with a code (see ERRORS.md).
 */
import fastifyCompress from "@fastify/compress";
import fastifyHelmet from "@fastify/helmet";
import fastifyRateLimit from "@fastify/rate-limit";
import fastifyWebsocket from "@fastify/websocket";
import fastify, { type FastifyInstance } from "fastify";
import type { ClientBytes } from "#broker/client-bytes";
import { appDocumentRoutes } from "#broker/http/app-documents-node";
import { appInfoRoutes } from "#broker/http/app-info-node";
import { appTableRoutes } from "#broker/http/app-tables-node";
import { boundBodies, parseBodies } from "#broker/http/body-bounds-node";
import { unpackBodies } from "#broker/http/body-encoding-node";
import { clusterRoutes } from "#broker/http/cluster-node";
import { consumptionRoutes } from "#broker/http/consumption-node";
import { guardDoors } from "#broker/http/doors-node";
import type { Drain } from "#broker/http/drain-node";
import { answerBroken, handleFaults, routerFault } from "#broker/http/faults-node";
import { ingestRoutes } from "#broker/http/ingest-node";
import { metricsRoute } from "#broker/http/metrics-node";
import { documentRoute } from "#broker/http/openapi-node";
import type { HttpParts } from "#broker/http/parts";
import { queryRoutes } from "#broker/http/query-node";
import { compression, pathsWhere, type Route, register } from "#broker/http/route-node";
import { schemaRoutes } from "#broker/http/schemas-node";
import { segmentRoutes } from "#broker/http/segments-node";
import { boundSlowClients } from "#broker/http/slow-clients-node";
import { tableConfigRoutes } from "#broker/http/table-configs-node";
import { tableStateRoutes } from "#broker/http/table-state-node";
import { tableRoutes } from "#broker/http/tables-node";
import { webPages, webRoutes } from "#broker/http/web-node";
import { liveOperation, liveRoutes } from "#broker/live/socket-node";
import type { LiveHub } from "#broker/live/subscriptions";
import { brokerBounds } from "#schemas/limits";

export interface HttpOptions {
  readonly parts: HttpParts;
  readonly live: LiveHub;
  readonly drain: Drain;
  readonly clients: ClientBytes;
  /** Host names, beside numeric addresses, that a Host header may carry. */
  readonly allowedHosts: readonly string[];
}

/** Scripts and styles only from us; charts and the editor set styles inline; no upgrade to https on plain ports. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", "data:", "blob:"],
    fontSrc: ["'self'", "data:"],
    connectSrc: ["'self'", "ws:", "wss:"],
    objectSrc: ["'none'"],
    baseUri: ["'self'"],
    frameAncestors: ["'self'"],
  },
};

/** How often requests that do not arrive are looked for. */
const { requestCheckMs } = brokerBounds;

/** Every route of the process but the web app's pages, as data. */
function routesOf(app: FastifyInstance, parts: HttpParts): readonly Route[] {
  const routes = [
    ...queryRoutes(parts),
    ...ingestRoutes(parts),
    ...schemaRoutes(parts),
    ...tableRoutes(parts),
    ...tableConfigRoutes(parts),
    ...consumptionRoutes(parts),
    ...segmentRoutes(parts),
    ...appTableRoutes(parts),
    ...appDocumentRoutes(parts),
    ...appInfoRoutes(parts),
    ...clusterRoutes(parts),
    ...tableStateRoutes(parts),
    metricsRoute(app, parts),
  ];
  const operations = [...routes.map(({ operation }) => operation), liveOperation];
  return [...routes, documentRoute(operations, parts)];
}

/** The application, routes registered, not listening yet. */
export async function buildHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { parts, live, drain, clients, allowedHosts } = options;
  const { limits } = parts;
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    logger: false,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    http: {
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: requestCheckMs,
      headersTimeout: limits.requestMs, // Node would take a shorter requestTimeout for the headers' alone
    },
    requestTimeout: limits.requestMs,
    frameworkErrors: routerFault(limits),
    clientErrorHandler: answerBroken(limits),
    return503OnClosing: false, // the drain says it, in our shape
  });
  const routes = routesOf(app, parts);
  handleFaults(app, parts, [...routes.map(({ operation }) => operation), liveOperation, ...webPages]);
  drain.guard(app);
  guardDoors(app, {
    allowedHosts,
    openPaths: pathsWhere(routes, ({ open }) => open === true),
    queryPaths: pathsWhere(routes, ({ tag }) => tag === "Queries"),
  });
  boundBodies(app, limits);
  unpackBodies(app);
  boundSlowClients(app, { account: clients, unreadMs: limits.unreadMs });
  parseBodies(app, limits);
  await app.register(fastifyHelmet, {
    contentSecurityPolicy,
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    crossOriginEmbedderPolicy: false,
    originAgentCluster: false,
  });
  await app.register(fastifyRateLimit, {
    max: parts.limits.requestsPerSecond,
    timeWindow: 1000,
    allowList: [],
  });
  // unpackBodies unpacks, bounded and for every coding.
  await app.register(fastifyCompress, { ...compression, globalDecompression: false });
  await app.register(fastifyWebsocket, { options: { maxPayload: parts.limits.liveMessageBytes } });
  register(app, routes, { drain, limits });
  await app.register(async (scope) =>
    liveRoutes(scope, { hub: live, limits: parts.limits, nowMs: () => parts.world.clock.nowMs() }),
  );
  if (parts.webFolder !== null) await webRoutes(app, parts.webFolder);
  return app;
}
