/** GET /metrics in Prometheus' text format: the process's own figures and the tables'. */
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { HttpParts } from "#broker/http/parts";
import type { Metric } from "#schemas/metric";

const latencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * Numbers that their owners count are copied at each scrape, so nothing is counted twice; what no owner tells
 * any more, such as a dropped table's rows, is gone.
 */
function copier(registry: Registry): (metrics: readonly Metric[]) => void {
  const gauges = new Map<string, Gauge>();
  return (metrics) => {
    for (const gauge of gauges.values()) gauge.reset();
    for (const { name, help, labels = {}, value } of metrics) {
      const made = () => new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] });
      const gauge = gauges.get(name) ?? made();
      gauges.set(name, gauge);
      gauge.set(labels, value);
    }
  };
}

/** The route, and a hook that counts and times every request by route pattern and status. */
export function metricRoutes(app: FastifyInstance, parts: HttpParts): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "freshet_" });
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
  const copy = copier(registry);
  app.get("/metrics", async (_request, reply) => {
    copy(parts.metrics());
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
