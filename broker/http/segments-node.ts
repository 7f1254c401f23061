/** Sizes and segments of a table on the paths where Pinot's clients look for them. */
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aSegment, aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import type { TableAdmin } from "#schemas/admin";
import {
  oneSegment,
  rebalanceAnswer,
  segmentMetadata,
  segmentNames,
  segmentParameters,
  segmentServers,
  segmentView,
  statusAnswer,
  tableMetadata,
  tableSize,
} from "#schemas/api/controller";
import type { Operation } from "#schemas/api/operation";
import type { SegmentSummary } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";

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

function metadataOf(table: string, segment: SegmentSummary) {
  const { id, rows, bytes, timeMinMs, timeMaxMs, error } = segment;
  return {
    segmentName: id,
    schemaName: table,
    status: segment.state === "sealed" ? ("DONE" as const) : ("IN_PROGRESS" as const),
    totalDocs: rows,
    sizeInBytes: bytes,
    startTimeMillis: timeMinMs,
    endTimeMillis: timeMaxMs,
    error,
  };
}

const allMetadataRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/segments/:name/metadata",
    summary: "Rows, bytes and times of each of a table's segments.",
    answer: segmentMetadata,
    handle: async ({ path }) => {
      const { name, segments } = await detailOf(admin, path.name);
      return Object.fromEntries(segments.map((segment) => [segment.id, metadataOf(name, segment)]));
    },
  });

const oneMetadataRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/segments/:name/:segment/metadata",
    summary: "Rows, bytes and times of a segment.",
    parameters: { name: aTable, segment: aSegment },
    errors: ["TABLE_UNKNOWN", "NOT_FOUND"],
    answer: oneSegment,
    handle: async ({ path }) => {
      const { name, segments } = await detailOf(admin, path.name);
      const found = segments.find(({ id }) => id === path.segment);
      if (found !== undefined) return metadataOf(name, found);
      throw new StoreError("NOT_FOUND", `table "${name}" has no segment "${path.segment}"`);
    },
  });

const serversRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    path: "/segments/:name/servers",
    summary: "Which server has which segments: this process has all.",
    answer: segmentServers,
    handle: async ({ path }) => {
      const { name, segments } = await detailOf(admin, path.name);
      return [{ tableName: name, serverToSegmentsMap: { Server_freshet: segments.map(({ id }) => id) } }];
    },
  });

const reloadRoute = ({ admin }: HttpParts, path: "/segments/:name/reload" | "/tables/:name/reload"): Route =>
  jsonRoute({
    ...ofTable,
    method: "POST",
    path,
    summary: "Nothing to do: a changed schema holds for all rows at once.",
    answer: statusAnswer,
    handle: (call) => {
      const { name } = knownTable(admin, call.path.name).table;
      const indexes = "sealed segments get new indexes when they are merged or their rows come again";
      return { status: `Table ${name} needs no reload: its schema holds for all rows at once; ${indexes}` };
    },
  });

const rebalanceRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    ...ofTable,
    method: "POST",
    path: "/tables/:name/rebalance",
    summary: "Nothing to do: one process has all segments.",
    answer: rebalanceAnswer,
    handle: ({ path }) => {
      const { name } = knownTable(admin, path.name).table;
      return {
        status: "NO_OP",
        description: `Table ${name} lies on one server; there is nowhere to move it`,
      };
    },
  });

/** Segment metadata, reloads. */
const segmentDetailRoutes = (parts: HttpParts): readonly Route[] => [
  allMetadataRoute(parts),
  serversRoute(parts),
  oneMetadataRoute(parts),
  reloadRoute(parts, "/segments/:name/reload"),
  reloadRoute(parts, "/tables/:name/reload"),
  rebalanceRoute(parts),
];

export const segmentRoutes = (parts: HttpParts): readonly Route[] => [
  metadataRoute(parts),
  sizeRoute(parts),
  segmentsRoute(parts),
  viewRoute(parts, "/tables/:name/idealstate"),
  viewRoute(parts, "/tables/:name/externalview"),
  ...segmentDetailRoutes(parts),
];
