/** /api of what users keep: dashboards and saved queries. */
import type { HttpParts } from "#broker/http/parts";
import { aDashboard, aSavedQuery } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import { statusAnswer } from "#schemas/api/controller";
import {
  type Dashboard,
  dashboardRequest,
  dashboardSummary,
  dashboardType,
  panelIdFault,
  readDashboard,
} from "#schemas/api/dashboards";
import { checkId, isId, shownText } from "#schemas/api/ids";
import { json, type Operation } from "#schemas/api/operation";
import { type SavedQuery, savedQuery, savedQueryRequest } from "#schemas/api/query";
import { list } from "#schemas/api/shape";
import type { CatalogClient } from "#schemas/catalog";
import { StoreError } from "#schemas/errors";

const tag = "App" satisfies Operation["tag"];

/** The dashboard, or DASHBOARD_UNKNOWN. */
async function known(catalog: CatalogClient, id: string) {
  const dashboard = await catalog.dashboard(id);
  if (dashboard === null) throw new StoreError("DASHBOARD_UNKNOWN", `there is no dashboard ${shownText(id)}`);
  return dashboard;
}

const dashboardsRoute = ({ catalog }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/dashboards",
    tag,
    summary: "All dashboards, without their panels.",
    answer: list(dashboardSummary),
    handle: () => catalog.dashboards(),
  });

const dashboardRoute = ({ catalog }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/dashboards/:id",
    tag,
    summary: "A dashboard.",
    parameters: { id: aDashboard },
    answer: dashboardType,
    errors: ["DASHBOARD_UNKNOWN"],
    handle: ({ path: { id } }) => known(catalog, id),
  });

const example = {
  title: "Sales",
  from: "now-24h",
  to: "now",
  panels: [
    {
      id: "revenue",
      title: "Revenue",
      table: "purchases",
      sql: "SELECT SUM(price * quantity) AS revenue FROM purchases WHERE transaction_time >= :from",
      chart: { kind: "bigNumber" },
      at: { x: 0, y: 0, w: 3, h: 4 },
    },
  ],
  version: 0,
};

/** Ids that are new keep the rule; those of the stored dashboard, its own and its panels', may be older than the rule. */
async function checkDashboardIds(catalog: CatalogClient, dashboard: Dashboard): Promise<void> {
  const { id } = dashboard;
  if (isId(id, "document") && panelIdFault(dashboard, null) === null) return;
  const stored = await catalog.dashboard(id);
  if (stored === null) checkId(id, "the dashboard's id", "path");
  const fault = panelIdFault(dashboard, stored);
  if (fault !== null) throw fault;
}

const putDashboardRoute = ({ catalog, world }: HttpParts): Route =>
  jsonRoute({
    method: "PUT",
    path: "/api/dashboards/:id",
    tag,
    summary: "Keeps a dashboard, if nobody has changed it since it was read.",
    parameters: { id: { ...aDashboard, example: "sales" } },
    body: json(dashboardRequest, example),
    answer: dashboardType,
    errors: ["ID_SYNTAX", "TABLE_DEFINITION", "DASHBOARD_CONFLICT", "DISK_FULL"],
    handle: async ({ path: { id }, body }) => {
      const dashboard = readDashboard({ ...(body as object), id });
      await checkDashboardIds(catalog, dashboard);
      return catalog.putDashboard({ ...dashboard, updatedMs: world.clock.nowMs() });
    },
  });

const dropDashboardRoute = ({ catalog }: HttpParts): Route =>
  jsonRoute({
    method: "DELETE",
    path: "/api/dashboards/:id",
    tag,
    summary: "Removes a dashboard.",
    parameters: { id: { ...aDashboard, example: "sales" } },
    answer: statusAnswer,
    errors: ["DASHBOARD_UNKNOWN"],
    handle: async ({ path: { id } }) => {
      await known(catalog, id);
      await catalog.dropDashboard(id);
      return { status: "deleted" };
    },
  });

function savedQueryOf(body: unknown, id: string, updatedMs: number): SavedQuery {
  const { name, sql } = (body ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || typeof sql !== "string") {
    throw new StoreError("BODY_SYNTAX", 'expected {"name": "…", "sql": "…"}', { at: "$" });
  }
  return { id, name, sql, updatedMs };
}

const isSaved = async (catalog: CatalogClient, id: string): Promise<boolean> =>
  (await catalog.savedQueries()).some((query) => query.id === id);

const queriesRoute = ({ catalog }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/queries",
    tag,
    summary: "All saved queries.",
    answer: list(savedQuery),
    handle: () => catalog.savedQueries(),
  });

const putQueryRoute = ({ catalog, world }: HttpParts): Route =>
  jsonRoute({
    method: "PUT",
    path: "/api/queries/:id",
    tag,
    summary: "Keeps a query by name.",
    parameters: { id: aSavedQuery },
    body: json(savedQueryRequest, {
      name: "Best sellers",
      sql: "SELECT product_id, SUM(quantity) AS sold FROM purchases GROUP BY product_id ORDER BY sold DESC",
    }),
    answer: savedQuery,
    errors: ["ID_SYNTAX", "DISK_FULL"],
    handle: async ({ path: { id }, body }) => {
      if (!isId(id, "document") && !(await isSaved(catalog, id))) checkId(id, "the saved query's id", "path");
      const saved = savedQueryOf(body, id, world.clock.nowMs());
      await catalog.putSavedQuery(saved);
      return saved;
    },
  });

const dropQueryRoute = ({ catalog }: HttpParts): Route =>
  jsonRoute({
    method: "DELETE",
    path: "/api/queries/:id",
    tag,
    summary: "Removes a saved query.",
    parameters: { id: aSavedQuery },
    answer: statusAnswer,
    errors: ["NOT_FOUND"],
    handle: async ({ path: { id } }) => {
      if (!(await isSaved(catalog, id))) {
        throw new StoreError("NOT_FOUND", `there is no saved query ${shownText(id)}`);
      }
      await catalog.dropSavedQuery(id);
      return { status: "deleted" };
    },
  });

/** Dashboards and saved queries. */
export const appDocumentRoutes = (parts: HttpParts): readonly Route[] => [
  dashboardsRoute(parts),
  dashboardRoute(parts),
  putDashboardRoute(parts),
  dropDashboardRoute(parts),
  queriesRoute(parts),
  putQueryRoute(parts),
  dropQueryRoute(parts),
];
