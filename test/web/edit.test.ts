import { expect, test } from "vitest";
import { parseDashboard } from "#schemas/api/dashboards";
import { emptyDashboard, idOf, withoutPanel, withPanel, withPlaces } from "../../web/dashboard/edit.ts";

const panel = (title: string, kind: "bar" | "bigNumber" | "pie") => ({
  title,
  table: "t",
  sql: "SELECT 1 FROM t",
  chart: { kind },
});

test("ids are made of what a title says", () => {
  expect(["Café & Co.", "  ", "Übersicht 2026"].map(idOf)).toEqual(["cafe-co", "untitled", "ubersicht-2026"]);
});

test("panels take the first free place, names stay apart, and the result is a definition", () => {
  let dashboard = emptyDashboard("Mine");
  for (const [title, kind] of [
    ["Sales", "bar"],
    ["Sales", "bar"],
    ["Share", "pie"],
    ["Count", "bigNumber"],
  ] as const) {
    dashboard = withPanel(dashboard, panel(title, kind));
  }
  expect(dashboard.panels.map(({ id, at }) => [id, at.x, at.y, at.w, at.h])).toEqual([
    ["sales", 0, 0, 6, 8],
    ["sales2", 6, 0, 6, 8],
    ["share", 0, 8, 4, 8],
    ["count", 4, 8, 3, 3],
  ]);
  expect(parseDashboard(dashboard).panels).toHaveLength(4);
  expect(withoutPanel(dashboard, "sales2").panels.map(({ id }) => id)).toEqual(["sales", "share", "count"]);
  const moved = withPlaces(dashboard, [{ id: "sales", at: { x: 1, y: 2, w: 3, h: 4 } }]);
  expect(moved.panels[0]!.at).toEqual({ x: 1, y: 2, w: 3, h: 4 });
  expect(moved.panels[1]).toEqual(dashboard.panels[1]);
});
