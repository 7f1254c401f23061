/** A dashboard: a definition drawn by the generic renderer. All of its state is in the address. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { Dashboard, Panel as PanelDefinition } from "#schemas/api/dashboards";
import { api } from "../api.ts";
import { live } from "../live.ts";
import { newPlaces, PanelPageContext } from "../panel/page-context.ts";
import { Panel } from "../panel/panel.tsx";
import type { DashboardSearch } from "../search.ts";
import { Bar } from "../shell/bar.tsx";
import { Failed } from "../shell/empty.tsx";
import shell from "../shell/shell.module.css";
import { useKeys } from "../shell/use-keys.ts";
import { phoneQuery, sizes } from "../theme.ts";
import { parseRange, quickRanges, type RangeText, rangeLabel, zoneOf } from "../time.ts";
import styles from "./dashboard.module.css";
import { Freshness, LiveSwitch } from "./freshness.tsx";
import { TimeRange } from "./time-range.tsx";
import { ZonePicker } from "./zone.tsx";

const route = getRouteApi("/dashboards/$id");

/** The next longer quick range, for panels that found nothing. */
function widerThan(range: RangeText): RangeText | null {
  const at = quickRanges.findIndex((known) => known.from === range.from);
  const next = quickRanges[at + 1];
  return at >= 0 && next !== undefined && next.from !== "today" ? next : null;
}

/** Panels in reading order, so that one column on a phone tells the same story. */
const readingOrder = (panels: readonly PanelDefinition[]): readonly PanelDefinition[] =>
  panels.toSorted((left, right) => left.at.y - right.at.y || left.at.x - right.at.x);

function placeOf(panel: PanelDefinition, isPhone: boolean) {
  const { x, y, w, h } = panel.at;
  if (isPhone) return { height: Math.min(h, 8) * (sizes.gridRow + sizes.panelGap) - sizes.panelGap };
  return { gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` };
}

interface PanelsProps {
  readonly dashboard: Dashboard;
  readonly zoomed: string | undefined;
  readonly zoom: (id: string | undefined) => void;
}

function Panels({ dashboard, zoomed, zoom }: PanelsProps) {
  const isPhone = useMediaQuery(phoneQuery) ?? false;
  const panels = useMemo(() => readingOrder(dashboard.panels), [dashboard]);
  const one = panels.find((panel) => panel.id === zoomed);
  if (one !== undefined) {
    return (
      <div className={styles.zoomed}>
        <Panel panel={one} zoomed zoom={() => zoom(undefined)} />
      </div>
    );
  }
  return (
    <div className={styles.grid}>
      {panels.map((panel) => (
        <div key={panel.id} className={styles.cell} style={placeOf(panel, isPhone)}>
          <Panel panel={panel} zoomed={false} zoom={() => zoom(panel.id)} />
        </div>
      ))}
    </div>
  );
}

function ShareButton() {
  const share = async () => {
    await navigator.clipboard.writeText(window.location.href);
    notifications.show({ message: "The link to this view is in the clipboard." });
  };
  return (
    <Tooltip label="Copy the link to this view">
      <ActionIcon aria-label="Copy the link to this view" onClick={() => void share()}>
        <IconLink size={sizes.icon} stroke={1.5} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function Opened({ dashboard }: { readonly dashboard: Dashboard }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [rangeOpened, setRangeOpened] = useState(false);
  const change = (
    next: Partial<DashboardSearch> | { readonly zoom: undefined } | { readonly live: undefined },
  ) => void navigate({ search: (known) => ({ ...known, ...next }) as DashboardSearch });
  const zone = zoneOf(search.tz ?? dashboard.zone);
  const text: RangeText = { from: search.from ?? dashboard.from, to: search.to ?? dashboard.to };
  const parsed = parseRange(text, zone, Date.now()) ?? parseRange(dashboard, zone, Date.now());
  const rangeKey = JSON.stringify(parsed ?? { kind: "last", ms: 3_600_000 });
  const { from: defaultFrom, to: defaultTo } = dashboard;
  const widerFrom = widerThan(text)?.from ?? (text.from === defaultFrom ? null : defaultFrom);
  const [places] = useState(newPlaces);
  const page = useMemo(
    () => ({
      range: JSON.parse(rangeKey),
      zone,
      places,
      widen:
        widerFrom === null
          ? null
          : {
              label: rangeLabel({ from: widerFrom, to: defaultTo }, zone, Date.now()).toLowerCase(),
              act: () => void navigate({ search: (known) => ({ ...known, from: widerFrom, to: defaultTo }) }),
            },
    }),
    [rangeKey, zone, places, widerFrom, defaultTo, navigate],
  );
  const tables = useMemo(() => [...new Set(dashboard.panels.map((panel) => panel.table))], [dashboard]);
  const isPaused = search.live === "off";
  useEffect(() => {
    if (isPaused) live.pause();
    else live.resume();
    return () => live.resume();
  }, [isPaused]);
  const setLive = (isLive: boolean) => change(isLive ? { live: undefined } : { live: "off" });
  const zoom = (id: string | undefined) => change(id === undefined ? { zoom: undefined } : { zoom: id });
  useKeys({
    p: () => setLive(isPaused),
    t: () => setRangeOpened(true),
    Escape: () => (search.zoom === undefined ? undefined : zoom(undefined)),
  });
  return (
    <PanelPageContext value={page}>
      <Bar title={dashboard.title} parent={{ label: "Dashboards", to: "/dashboards" }}>
        <Freshness tables={tables} />
        <LiveSwitch change={setLive} />
        <TimeRange value={text} zone={zone} opened={rangeOpened} setOpened={setRangeOpened} change={change} />
        <ZonePicker zone={zone} change={(tz) => change({ tz })} />
        <ShareButton />
      </Bar>
      <div className={shell.content}>
        <Panels dashboard={dashboard} zoomed={search.zoom} zoom={zoom} />
      </div>
    </PanelPageContext>
  );
}

export function DashboardPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ["dashboard", id],
    queryFn: ({ signal }) => api.dashboard(id, signal),
  });
  if (data !== undefined) return <Opened dashboard={data} />;
  return (
    <>
      <Bar title="Dashboard" short />
      <div className={shell.content}>
        {error === null ? null : <Failed error={error} retry={() => void refetch()} />}
      </div>
    </>
  );
}
