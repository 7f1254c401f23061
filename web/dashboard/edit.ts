/** Changes to a dashboard's definition: pure functions, each answering a new definition. */
import type { Dashboard, Panel } from "#schemas/api/dashboards";
import { suggestedId } from "#schemas/api/ids";
import { chartOf } from "../chart/registry.ts";
import { extentOf } from "../extent.ts";

export interface PlacedPanel {
  readonly id: string;
  readonly at: Panel["at"];
}

const gridColumns = 12;

/** The first of name, name2, name3 … that is not taken. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let next = 2; taken.has(name); next++) name = `${wanted}${next}`;
  return name;
}

/** An id out of a title. */
export const idOf = (title: string): string => suggestedId(title.toLowerCase(), "document") ?? "untitled";

/** Panels moved or resized; those that are not named stay. */
export function withPlaces(dashboard: Dashboard, places: readonly PlacedPanel[]): Dashboard {
  const known = new Map(places.map(({ id, at }) => [id, at]));
  return {
    ...dashboard,
    panels: dashboard.panels.map((panel) => ({ ...panel, at: known.get(panel.id) ?? panel.at })),
  };
}

export const withoutPanel = (dashboard: Dashboard, id: string): Dashboard => ({
  ...dashboard,
  panels: dashboard.panels.filter((panel) => panel.id !== id),
});

/** The panel added in the first free place: beside the last row if it fits there, else below everything. */
export function withPanel(dashboard: Dashboard, panel: Omit<Panel, "id" | "at">): Dashboard {
  const { w, h } = chartOf(panel.chart.kind).size;
  const bottom = bottomOf(dashboard);
  const last = dashboard.panels.filter(({ at }) => at.y + at.h === bottom);
  const right = extentOf(last.map(({ at }) => at.x + at.w))?.max ?? 0;
  const top = extentOf(last.map(({ at }) => at.y))?.min ?? 0;
  const fits = last.length > 0 && right + w <= gridColumns && isFree(dashboard, { x: right, y: top, w, h });
  const at = fits ? { x: right, y: top, w, h } : { x: 0, y: bottom, w, h };
  const id = freeName(idOf(panel.title), new Set(dashboard.panels.map((known) => known.id)));
  return { ...dashboard, panels: [...dashboard.panels, { ...panel, id, at }] };
}

/** Panels that lie over an earlier one move below everything. */
export function withoutOverlaps(dashboard: Dashboard): Dashboard {
  let placed: Dashboard = { ...dashboard, panels: [] };
  for (const panel of dashboard.panels) {
    const at = isFree(placed, panel.at) ? panel.at : { ...panel.at, x: 0, y: bottomOf(dashboard, placed) };
    placed = { ...placed, panels: [...placed.panels, { ...panel, at }] };
  }
  return placed;
}

const bottomOf = (...dashboards: readonly Dashboard[]): number =>
  extentOf(dashboards.flatMap(({ panels }) => panels.map(({ at }) => at.y + at.h)))?.max ?? 0;

const isFree = (dashboard: Dashboard, place: Panel["at"]): boolean =>
  dashboard.panels.every(
    ({ at }) =>
      at.x >= place.x + place.w ||
      place.x >= at.x + at.w ||
      at.y >= place.y + place.h ||
      place.y >= at.y + at.h,
  );

/** A new dashboard beside those that there are. */
export const newDashboard = (taken: readonly string[]): Dashboard => emptyDashboard("New dashboard", taken);

/** A new dashboard; version 0 says that none of that id may exist. */
export const emptyDashboard = (title: string, taken: readonly string[] = []): Dashboard => ({
  id: freeName(idOf(title), new Set(taken)),
  title,
  from: "now-24h",
  to: "now",
  panels: [],
  version: 0,
  updatedMs: 0,
});
