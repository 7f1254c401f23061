/** What a table stands on and how it is, on the paths where Pinot's UI and clients look: its brokers, nodes, ingestion. */
import { asked, brokerOf, nameOf, tenantName } from "#broker/http/cluster-node";
import { knownTable, shownConfig } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import {
  allBrokers,
  brokerInstance,
  namesBy,
  tableDebug,
  tableInstances,
  tableState,
  tableStatus,
} from "#schemas/api/controller";
import { list, names } from "#schemas/api/shape";
import type { TableDetail } from "#schemas/api/tables";

/** By table: only of tables that there are. */
const brokersRoutes = ({ admin, address }: HttpParts): readonly Route[] => {
  const summary = "The brokers of a table: this process.";
  const ofTable = { ...asked, summary, parameters: { table: aTable }, errors: ["TABLE_UNKNOWN"] } as const;
  const broker = nameOf(address, "Broker");
  const ofEach = () =>
    Object.fromEntries(admin.definitions.records().map(({ table }) => [table.name, [broker]]));
  const known = (table: string) => void knownTable(admin, table);
  return [
    jsonRoute({
      ...ofTable,
      path: "/v2/brokers/tables/:table",
      answer: list(brokerInstance),
      handle: ({ path }) => {
        known(path.table);
        return [brokerOf(address)];
      },
    }),
    jsonRoute({
      ...ofTable,
      path: "/brokers/tables/:table",
      answer: names,
      handle: ({ path }) => {
        known(path.table);
        return [broker];
      },
    }),
    jsonRoute({ ...asked, path: "/brokers/tables", summary, answer: namesBy, handle: ofEach }),
    jsonRoute({
      ...asked,
      path: "/brokers",
      summary: "The brokers by tenant and by table: this process.",
      answer: allBrokers,
      handle: () => ({ tenants: { [tenantName]: [broker] }, tables: ofEach() }),
    }),
  ];
};

const ofTable = { ...asked, parameters: { name: aTable }, errors: ["TABLE_UNKNOWN"] } as const;

const detailOf = (admin: HttpParts["admin"], name: string) =>
  admin.descriptions.detail(knownTable(admin, name).table.name);

const ingestionOf = ({ state, message }: TableDetail) => {
  const isWell = state === "running" || state === "paused";
  return {
    ingestionState: isWell ? ("HEALTHY" as const) : ("UNHEALTHY" as const),
    errorMessage: message ?? "",
  };
};

const debugRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/debug/tables/:name",
    summary: "How a table is: its segments, size and ingestion, and what is wrong with them.",
    answer: tableDebug,
    handle: async ({ path }) => {
      const detail = await detailOf(admin, path.name);
      const { segments, bytes } = detail;
      const damaged = segments.flatMap(({ id, error }) =>
        error === null ? [] : [{ segmentName: id, errorMessage: error }],
      );
      const size = `${bytes} bytes`;
      return [
        {
          tableName: `${detail.name}_${shownConfig(knownTable(admin, detail.name)).type}`,
          ...{ numSegments: segments.length, numServers: 1, numBrokers: 1 },
          ...{ segmentDebugInfos: damaged, serverDebugInfos: [], brokerDebugInfos: [] },
          tableSize: { reportedSize: size, estimatedSize: size },
          ingestionStatus: ingestionOf(detail),
        },
      ];
    },
  });

/** What a table stands on and how it is, as Pinot's UI asks. */
const stateRoutes = ({ admin, address }: HttpParts): readonly Route[] => [
  jsonRoute({
    ...ofTable,
    path: "/tables/:name/status",
    summary: "Whether a table takes in rows as it should.",
    answer: tableStatus,
    handle: async ({ path }) => ({ ingestionStatus: ingestionOf(await detailOf(admin, path.name)) }),
  }),
  jsonRoute({
    ...ofTable,
    path: "/tables/:name/state",
    summary: "Whether a table is there to be asked: always.",
    answer: tableState,
    handle: ({ path }) => {
      knownTable(admin, path.name);
      return { state: "enabled" as const };
    },
  }),
  jsonRoute({
    ...ofTable,
    path: "/tables/:name/instances",
    summary: "The nodes of a table: this process.",
    answer: tableInstances,
    handle: ({ path }) => {
      const record = knownTable(admin, path.name);
      const tableType = shownConfig(record).type;
      return {
        tableName: record.table.name,
        brokers: [{ tableType, instances: [nameOf(address, "Broker")] }],
        server: [{ tableType, instances: [nameOf(address, "Server")] }],
      };
    },
  }),
];

/** Brokers by table, and the state of each table. */
export const tableStateRoutes = (parts: HttpParts): readonly Route[] => [
  ...brokersRoutes(parts),
  debugRoute(parts),
  ...stateRoutes(parts),
];
