/**
 * Two people changed one dashboard: what both want is put together, part by part. A part is a panel or a field of the
 * dashboard; of a panel its place, statement, chart and so on. Only where both changed the same part differently does
 * somebody have to choose.
 */
import type { Dashboard, Panel } from "#schemas/api/dashboards";
import { withoutOverlaps } from "./edit.ts";

export type Side = "mine" | "theirs";

export interface Conflict {
  /** "title", or "panel sales". */
  readonly key: string;
  /** What it is about, in words. */
  readonly about: string;
  readonly mine: string;
  readonly theirs: string;
}

export interface Merge {
  readonly conflicts: readonly Conflict[];
  /** The dashboard with a side chosen for each conflict; mine where none is. */
  readonly resolve: (chosen: Readonly<Record<string, Side>>) => Dashboard;
}

type Fields = Readonly<Record<string, unknown>>;
const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** One value out of three; null: both changed it, and not to the same. */
function merged<Value>(base: Value, mine: Value, theirs: Value): { readonly value: Value } | null {
  if (isSame(mine, theirs) || isSame(base, theirs)) return { value: mine };
  return isSame(base, mine) ? { value: theirs } : null;
}

/** A panel out of three; undefined where it is not on the dashboard. */
function mergedPanel(base: Panel | undefined, mine: Panel | undefined, theirs: Panel | undefined) {
  const whole = merged(base, mine, theirs);
  if (whole !== null || mine === undefined || theirs === undefined || base === undefined) return whole;
  const value: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])) {
    const part = merged((base as Fields)[name], (mine as Fields)[name], (theirs as Fields)[name]);
    if (part === null) return null;
    if (part.value !== undefined) value[name] = part.value;
  }
  return { value: value as unknown as Panel };
}

const fields = ["title", "description", "from", "to", "zone", "colours"] as const;
const fieldNames = {
  title: "Title",
  description: "Description",
  from: "From",
  to: "Until",
  zone: "Time zone",
  colours: "Colours",
} as const;

/** What a side did to a panel. */
function deedOf(base: Panel | undefined, now: Panel | undefined): string {
  if (now === undefined) return "taken off";
  if (base === undefined) return `added as “${now.title}”`;
  const names = Object.keys({ ...base, ...now }).filter(
    (name) => !isSame((base as unknown as Fields)[name], (now as unknown as Fields)[name]),
  );
  const words: Readonly<Record<string, string>> = { at: "place", sql: "statement", trendSql: "trend" };
  return `changed: ${names.map((name) => words[name] ?? name).join(", ")}`;
}

interface Parts<Value> {
  readonly key: string;
  readonly conflict: Conflict | null;
  readonly value: (side: Side) => Value;
}

function fieldParts(base: Dashboard, mine: Dashboard, theirs: Dashboard): readonly Parts<unknown>[] {
  return fields.map((name) => {
    const part = merged(base[name], mine[name], theirs[name]);
    if (part !== null) return { key: name, conflict: null, value: () => part.value };
    const said = ({ [name]: value = "none" }: Dashboard) =>
      typeof value === "string" ? value : Object.keys(value).join(", ");
    const conflict = { key: name, about: fieldNames[name], mine: said(mine), theirs: said(theirs) };
    return { key: name, conflict, value: (side) => (side === "mine" ? mine[name] : theirs[name]) };
  });
}

function panelParts(
  base: Dashboard,
  mine: Dashboard,
  theirs: Dashboard,
): readonly Parts<Panel | undefined>[] {
  const ids = new Set([theirs, mine].flatMap(({ panels }) => panels.map(({ id }) => id)));
  const of = (dashboard: Dashboard, id: string) => dashboard.panels.find((panel) => panel.id === id);
  return [...ids].map((id) => {
    const [first, own, other] = [of(base, id), of(mine, id), of(theirs, id)];
    const part = mergedPanel(first, own, other);
    const key = `panel ${id}`;
    if (part !== null) return { key, conflict: null, value: () => part.value };
    const about = `Panel “${(first ?? own ?? other)!.title}”`;
    const conflict = { key, about, mine: deedOf(first, own), theirs: deedOf(first, other) };
    return { key, conflict, value: (side) => (side === "mine" ? own : other) };
  });
}

/** `base` is what both began with. */
export function mergeDashboards(base: Dashboard, mine: Dashboard, theirs: Dashboard): Merge {
  const ofFields = fieldParts(base, mine, theirs);
  const ofPanels = panelParts(base, mine, theirs);
  const conflicts = [...ofFields, ...ofPanels].flatMap(({ conflict }) => conflict ?? []);
  const resolve: Merge["resolve"] = (chosen) => {
    const values = ofFields.map(({ key, value }) => [key, value(chosen[key] ?? "mine")] as const);
    const panels = ofPanels.flatMap(({ key, value }) => value(chosen[key] ?? "mine") ?? []);
    const known = Object.fromEntries(values.filter(([, value]) => value !== undefined));
    const { id, version, updatedMs } = theirs;
    return withoutOverlaps({ ...known, id, version, updatedMs, panels } as unknown as Dashboard);
  };
  return { conflicts, resolve };
}
