/** Pinot's paths about the cluster itself: one node that is broker, controller and server at once. */
import type { FastifyInstance } from "fastify";
import { sendJson } from "#broker/http/answers-node";
import type { HttpParts } from "#broker/http/parts";

/** Health, version, brokers, as JDBC, Java and Grafana clients and probes ask. */
export function clusterRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { host, port } = parts.address;
  const instanceName = `Broker_${host}_${port}`;
  const broker = { host, port, instanceName };
  for (const path of ["/health", "/health/liveness", "/health/readiness"]) {
    app.get(path, async (_request, reply) => reply.type("text/plain").send("OK"));
  }
  app.get("/version", async (_request, reply) => sendJson(reply, { freshet: parts.version }));
  app.get("/cluster/info", async (_request, reply) => sendJson(reply, { clusterName: "freshet" }));
  app.get("/auth/info", async (_request, reply) => sendJson(reply, { workflow: "NONE" }));
  app.get("/auth/verify", async (_request, reply) => sendJson(reply, true));
  app.get("/tables/livebrokers", async (_request, reply) =>
    sendJson(reply, Object.fromEntries(parts.admin.records().map(({ table }) => [table.name, [broker]]))),
  );
  app.get("/v2/brokers/tenants/:tenant", async (_request, reply) => sendJson(reply, [broker]));
  app.get("/v2/brokers/tables/:table", async (_request, reply) => sendJson(reply, [broker]));
  app.get("/brokers/tenants/:tenant", async (_request, reply) => sendJson(reply, [instanceName]));
  app.get("/brokers/tables/:table", async (_request, reply) => sendJson(reply, [instanceName]));
  app.get("/instances", async (_request, reply) =>
    sendJson(reply, { instances: [instanceName, `Server_${host}_${port}`] }),
  );
  app.get("/tenants", async (_request, reply) =>
    sendJson(reply, { SERVER_TENANTS: ["DefaultTenant"], BROKER_TENANTS: ["DefaultTenant"] }),
  );
}
