/** Sizes and segments of a table on the paths where Pinot's clients look for them. */
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import type { TableAdmin } from "#schemas/admin";
import {
  segmentNames,
  segmentParameters,
  segmentView,
  tableMetadata,
  tableSize,
} from "#schemas/api/controller";
import type { Operation } from "#schemas/api/operation";

const ofTable = {
  method: "GET",
  tag: "Tables",
  parameters: { name: aTable },
  errors: ["TABLE_UNKNOWN"],
} as const satisfies Partial<Operation>;

const detailOf = (admin: TableAdmin, name: string) =>
  admin.descriptions.detail(knownTable(admin, name).table.name);

const metadataRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/tables/:name/metadata",
    summary: "A table's rows, segments and bytes on disk.",
    answer: tableMetadata,
    handle: async ({ path }) => {
      const { name, bytes, segments, rows } = await detailOf(admin, path.name);
      return { tableName: name, diskSizeInBytes: bytes, numSegments: segments.length, numRows: rows };
    },
  });

const sizeRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/tables/:name/size",
    summary: "A table's bytes on disk.",
    answer: tableSize,
    handle: async ({ path }) => {
      const { name, bytes } = await detailOf(admin, path.name);
      return { tableName: name, reportedSizeInBytes: bytes, estimatedSizeInBytes: bytes };
    },
  });

const segmentsRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/segments/:name",
    summary: "The ids of a table's segments.",
    query: segmentParameters,
    answer: segmentNames,
    handle: async ({ path, query }) => {
      const { segments } = await detailOf(admin, path.name);
      return [{ [query.type ?? "REALTIME"]: segments.map(({ id }) => id) }];
    },
  });

const viewRoute = (
  { admin }: HttpParts,
  path: "/tables/:name/idealstate" | "/tables/:name/externalview",
): Route =>
  jsonRoute({
    ...ofTable,
    path,
    summary: "Which segments are online and which consume.",
    answer: segmentView,
    handle: async (call) => {
      const { segments } = await detailOf(admin, call.path.name);
      const stateOf = (sealed: boolean) => (sealed ? "ONLINE" : "CONSUMING");
      const entries = segments.map(
        ({ id, state }) => [id, { Server_freshet: stateOf(state === "sealed") }] as const,
      );
      return { OFFLINE: null, REALTIME: Object.fromEntries(entries) };
    },
  });

export const segmentRoutes = (parts: HttpParts): readonly Route[] => [
  metadataRoute(parts),
  sizeRoute(parts),
  segmentsRoute(parts),
  viewRoute(parts, "/tables/:name/idealstate"),
  viewRoute(parts, "/tables/:name/externalview"),
];
