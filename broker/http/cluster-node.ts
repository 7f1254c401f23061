/** Pinot's paths about the cluster itself: one node that is broker, controller and server at once. */
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { fixedRoute, jsonRoute, plainRoute, type Route } from "#broker/http/route-node";
import {
  authInfo,
  brokerInstance,
  clusterInfo,
  instances,
  liveBrokers,
  pinotVersions,
  tenants,
  verified,
} from "#schemas/api/controller";
import { type Operation, text } from "#schemas/api/operation";
import { list, names } from "#schemas/api/shape";

const asked = { method: "GET", tag: "Cluster" } as const satisfies Partial<Operation>;
const aTenant = { description: "Any name: there is one tenant", example: "DefaultTenant" };

/** Probes ask these; they answer also when the Host is not ours, and say nothing of the data. */
const healthRoute = (path: "/health" | "/health/liveness" | "/health/readiness"): Route =>
  plainRoute({
    method: "GET",
    tag: "Process",
    path,
    open: true,
    summary: "OK, as long as the process answers.",
    answer: text("text/plain", "OK"),
    handle: ({ reply }) => reply.type("text/plain").send("OK"),
  });

const liveBrokersRoute = ({ admin, address }: HttpParts): Route =>
  jsonRoute({
    ...asked,
    path: "/tables/livebrokers",
    summary: "The brokers of every table.",
    answer: liveBrokers,
    handle: () =>
      Object.fromEntries(admin.definitions.records().map(({ table }) => [table.name, [brokerOf(address)]])),
  });

const nameOf = ({ host, port }: HttpParts["address"], role: string) => `${role}_${host}_${port}`;
const brokerOf = (address: HttpParts["address"]) => ({ ...address, instanceName: nameOf(address, "Broker") });

const brokersRoutes = ({ address }: HttpParts): readonly Route[] => {
  const summary = "The brokers to ask: this process.";
  const byTenant = { summary, parameters: { tenant: aTenant } };
  const byTable = { summary, parameters: { table: aTable } };
  const whole = { ...asked, answer: list(brokerInstance), value: [brokerOf(address)] };
  const named = { ...asked, answer: names, value: [nameOf(address, "Broker")] };
  return [
    fixedRoute({ ...whole, ...byTenant, path: "/v2/brokers/tenants/:tenant" }),
    fixedRoute({ ...whole, ...byTable, path: "/v2/brokers/tables/:table" }),
    fixedRoute({ ...named, ...byTenant, path: "/brokers/tenants/:tenant" }),
    fixedRoute({ ...named, ...byTable, path: "/brokers/tables/:table" }),
  ];
};

const factsRoutes = ({ address, version }: HttpParts): readonly Route[] => [
  fixedRoute({
    ...asked,
    path: "/version",
    summary: "The version, as Pinot's clients ask for it.",
    answer: pinotVersions,
    value: { freshet: version },
  }),
  fixedRoute({
    ...asked,
    path: "/cluster/info",
    summary: "The cluster's name.",
    answer: clusterInfo,
    value: { clusterName: "freshet" },
  }),
  fixedRoute({
    ...asked,
    path: "/auth/info",
    summary: "How to log in: there are no users.",
    answer: authInfo,
    value: { workflow: "NONE" },
  }),
  fixedRoute({
    ...asked,
    path: "/auth/verify",
    summary: "Whether the caller may ask: always.",
    answer: verified,
    value: true,
  }),
  fixedRoute({
    ...asked,
    path: "/instances",
    summary: "The names of all nodes: this process twice.",
    answer: instances,
    value: { instances: [nameOf(address, "Broker"), nameOf(address, "Server")] },
  }),
  fixedRoute({
    ...asked,
    path: "/tenants",
    summary: "The names of all tenants: there is one.",
    answer: tenants,
    value: { SERVER_TENANTS: ["DefaultTenant"], BROKER_TENANTS: ["DefaultTenant"] },
  }),
];

/** Health, version, brokers, as JDBC, Java and Grafana clients and probes ask. */
export const clusterRoutes = (parts: HttpParts): readonly Route[] => [
  healthRoute("/health"),
  healthRoute("/health/liveness"),
  healthRoute("/health/readiness"),
  ...factsRoutes(parts),
  liveBrokersRoute(parts),
  ...brokersRoutes(parts),
];
