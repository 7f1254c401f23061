/** GET /metrics in Prometheus' text format: the process's own figures and the tables'. */
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { HttpParts } from "#broker/http/parts";
import { plainRoute, type Route } from "#broker/http/route-node";
import { text } from "#schemas/api/operation";
import type { Metric } from "#schemas/metric";

const latencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * Numbers that their owners count are copied at each scrape, so nothing is counted twice; what no owner tells
 * any more, such as a dropped table's rows, is gone.
 */
function copier(registry: Registry): (metrics: readonly Metric[]) => void {
  const known = new Map<string, Gauge | Counter>();
  return (metrics) => {
    for (const metric of known.values()) metric.reset();
    for (const { name, help, kind, labels = {}, value } of metrics) {
      const settings = { name, help, labelNames: Object.keys(labels), registers: [registry] };
      const made = () => (kind === "counter" ? new Counter(settings) : new Gauge(settings));
      const metric = known.get(name) ?? made();
      known.set(name, metric);
      metric.inc(labels, value); // from the zero of its reset
    }
  };
}

/** Counts and times every request by route pattern and status. */
function observeRequests(app: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: "freshet_http_requests_total",
    help: "Requests by route and status",
    labelNames: ["route", "status"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "freshet_http_request_seconds",
    help: "Time from request to answer by route",
    labelNames: ["route"],
    buckets: latencySeconds,
    registers: [registry],
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    requests.inc({ route, status: String(reply.statusCode) });
    durations.observe({ route }, reply.elapsedTime / 1000);
  });
}

/** The route, and the hook that feeds it. */
export function metricsRoute(app: FastifyInstance, parts: HttpParts): Route {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "freshet_" });
  observeRequests(app, registry);
  const copy = copier(registry);
  return plainRoute({
    method: "GET",
    path: "/metrics",
    tag: "Process",
    summary: "Figures of the process and of every table, in Prometheus' text format.",
    details: "`freshet_table_healthy` is the one to alert on: 0 as soon as something is wrong with a table.",
    answer: text("text/plain", 'freshet_table_healthy{table="purchases"} 1\n'),
    handle: async ({ reply }) => {
      copy(parts.metrics());
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  });
}
