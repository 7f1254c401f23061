/** How a dashboard is looked at: range, zone, zoom, live. All of it is in the address, so back undoes it. */
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import type { Dashboard } from "#schemas/api/dashboards";
import { live } from "../live.ts";
import { newPlaces, type PanelPage } from "../panel/page-context.ts";
import type { DashboardSearch } from "../search.ts";
import { parseRange, quickRanges, type RangeText, rangeLabel, zoneOf } from "../time.ts";

const route = getRouteApi("/dashboards/$id");

/** The next longer quick range, for panels that found nothing. */
function widerThan(range: RangeText): RangeText | null {
  const at = quickRanges.findIndex((known) => known.from === range.from);
  const next = quickRanges[at + 1];
  return at >= 0 && next !== undefined && next.from !== "today" ? next : null;
}

type Change = { readonly [Name in keyof DashboardSearch]?: DashboardSearch[Name] | undefined };

function usePage(
  dashboard: Dashboard,
  text: RangeText,
  zone: string,
  change: (next: Change) => void,
): PanelPage {
  const colours = JSON.stringify(dashboard.colours ?? {});
  const places = useMemo(() => newPlaces(JSON.parse(colours) as Record<string, number>), [colours]);
  const parsed = parseRange(text, zone, Date.now()) ?? parseRange(dashboard, zone, Date.now());
  const rangeKey = JSON.stringify(parsed ?? { kind: "last", ms: 3_600_000 });
  const { from: defaultFrom, to } = dashboard;
  const from = widerThan(text)?.from ?? (text.from === defaultFrom ? null : defaultFrom);
  return useMemo(() => {
    const label = from === null ? "" : rangeLabel({ from, to }, zone, Date.now()).toLowerCase();
    const widen = from === null ? null : { label, act: () => change({ from, to }) };
    return { range: JSON.parse(rangeKey), zone, places, widen };
  }, [rangeKey, zone, places, from, to, change]);
}

export function useView(dashboard: Dashboard) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useMemo(
    () => (next: Change) => void navigate({ search: (known) => ({ ...known, ...next }) as DashboardSearch }),
    [navigate],
  );
  const zone = zoneOf(search.tz ?? dashboard.zone);
  const text: RangeText = { from: search.from ?? dashboard.from, to: search.to ?? dashboard.to };
  const page = usePage(dashboard, text, zone, change);
  const isPaused = search.live === "off";
  useEffect(() => {
    if (isPaused) live.pause();
    else live.resume();
    return () => live.resume();
  }, [isPaused]);
  return {
    page,
    text,
    zone,
    change,
    isPaused,
    zoomed: search.zoom,
    isEdited: search.edit === "on",
    setLive: (isLive: boolean) => change({ live: isLive ? undefined : "off" }),
    zoom: (id: string | undefined) => change({ zoom: id }),
    setEdited: (isEdited: boolean) => change({ edit: isEdited ? "on" : undefined, zoom: undefined }),
  };
}
