/** Pages by address. Each page's code is fetched when it is first opened; search parameters are typed in search.ts. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { consoleSearch, dashboardSearch, parseSearch, stringifySearch, tableSearch } from "./search.ts";
import { Broken, NotFound } from "./shell/empty.tsx";
import { Shell } from "./shell/shell.tsx";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/dashboards" });
  },
});
const dashboards = createRoute({
  getParentRoute: () => root,
  path: "/dashboards",
  component: lazyRouteComponent(() => import("./dashboard/list.tsx"), "DashboardsPage"),
});
const dashboard = createRoute({
  getParentRoute: () => root,
  path: "/dashboards/$id",
  validateSearch: dashboardSearch,
  component: lazyRouteComponent(() => import("./dashboard/page.tsx"), "DashboardPage"),
});
const sql = createRoute({
  getParentRoute: () => root,
  path: "/sql",
  validateSearch: consoleSearch,
  component: lazyRouteComponent(() => import("./console/page.tsx"), "ConsolePage"),
});
const tables = createRoute({
  getParentRoute: () => root,
  path: "/tables",
  component: lazyRouteComponent(() => import("./tables/list.tsx"), "TablesPage"),
});
const addTable = createRoute({
  getParentRoute: () => root,
  path: "/add-table",
  component: lazyRouteComponent(() => import("./tables/add.tsx"), "AddTablePage"),
});
const table = createRoute({
  getParentRoute: () => root,
  path: "/tables/$name",
  validateSearch: tableSearch,
  component: lazyRouteComponent(() => import("./tables/page.tsx"), "TablePage"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, dashboards, dashboard, sql, tables, addTable, table]),
  basepath: "/ui",
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultErrorComponent: Broken,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
