import type { HttpParts } from "#broker/http/parts";
import { fixedRoute, jsonRoute, plainRoute, type Route } from "#broker/http/route-node";
import {
  authInfo,
  brokerInstance,
  clusterConfigs,
  clusterInfo,
  instanceInfo,
  instances,
  liveBrokers,
  namesBy,
  pinotVersions,
  tableNames,
  tenantInfo,
  tenants,
  verified,
} from "#schemas/api/controller";
import { type Operation, text } from "#schemas/api/operation";
import { list, names } from "#schemas/api/shape";
import { StoreError } from "#schemas/errors";

export const asked = { method: "GET", tag: "Cluster" } as const satisfies Partial<Operation>;
export const tenantName = "DefaultTenant";
const aTenant = { description: "Any name: there is one tenant", example: tenantName };

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

export const nameOf = ({ host, port }: HttpParts["address"], role: string) => `${role}_${host}_${port}`;
export const brokerOf = (address: HttpParts["address"]) => ({
  ...address,
  instanceName: nameOf(address, "Broker"),
});

const brokersRoutes = ({ address }: HttpParts): readonly Route[] => {
  const summary = "The brokers to ask: this process.";
  const byTenant = { summary, parameters: { tenant: aTenant } };
  return [
    fixedRoute({
      ...asked,
      ...byTenant,
      path: "/v2/brokers/tenants/:tenant",
      answer: list(brokerInstance),
      value: [brokerOf(address)],
    }),
    fixedRoute({
      ...asked,
      ...byTenant,
      path: "/brokers/tenants/:tenant",
      answer: names,
      value: [nameOf(address, "Broker")],
    }),
    fixedRoute({
      ...asked,
      path: "/brokers/tenants",
      summary,
      answer: namesBy,
      value: { [tenantName]: [nameOf(address, "Broker")] },
    }),
  ];
};

const tenantRoutes = ({ admin, address }: HttpParts): readonly Route[] => [
  fixedRoute({
    ...asked,
    path: "/tenants/:tenant",
    summary: "The nodes of a tenant: this process.",
    parameters: { tenant: aTenant },
    answer: tenantInfo,
    value: {
      ServerInstances: [nameOf(address, "Server")],
      BrokerInstances: [nameOf(address, "Broker")],
      tenantName,
    },
  }),
  jsonRoute({
    ...asked,
    path: "/tenants/:tenant/tables",
    summary: "The tables of a tenant: all.",
    parameters: { tenant: aTenant },
    answer: tableNames,
    handle: () => ({ tables: admin.definitions.records().map(({ table }) => table.name) }),
  }),
];

const instanceRoute = ({ address }: HttpParts): Route =>
  jsonRoute({
    ...asked,
    path: "/instances/:instance",
    summary: "A node: this process, as broker or as server.",
    parameters: { instance: { description: "A name of /instances", example: nameOf(address, "Broker") } },
    answer: instanceInfo,
    errors: ["NOT_FOUND"],
    handle: ({ path: { instance } }) => {
      const role = ["Broker", "Server"].find((one) => nameOf(address, one) === instance);
      if (role === undefined)
        throw new StoreError("NOT_FOUND", `there is no instance "${instance}"; GET /instances lists them`);
      const { host, port } = address;
      const tags = [role === "Broker" ? `${tenantName}_BROKER` : `${tenantName}_REALTIME`];
      return { instanceName: instance, hostName: host, enabled: true, port: String(port), tags };
    },
  });

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
    path: "/cluster/configs",
    summary: "What holds here of Pinot's settings of a cluster.",
    answer: clusterConfigs,
    value: { "enable.case.insensitive": "true", "pinot.broker.enable.query.limit.override": "false" },
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
    value: { SERVER_TENANTS: [tenantName], BROKER_TENANTS: [tenantName] },
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
  ...tenantRoutes(parts),
  instanceRoute(parts),
];
