/** A dashboard: a definition drawn by the generic renderer. All of its state is in the address. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChartBar, IconDotsVertical } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Dashboard } from "#schemas/api/dashboards";
import { api } from "../api.ts";
import { saveBlob } from "../panel/export.ts";
import { PanelPageContext } from "../panel/page-context.ts";
import { Bar } from "../shell/bar.tsx";
import { Empty, Failed } from "../shell/empty.tsx";
import { CopyLink } from "../shell/share.tsx";
import shell from "../shell/shell.module.css";
import { useKeys } from "../shell/use-keys.ts";
import { sizes } from "../theme.ts";
import styles from "./dashboard.module.css";
import { Editing } from "./editing.tsx";
import { Freshness, LiveSwitch } from "./freshness.tsx";
import { Panels } from "./panels.tsx";
import { TimeRange } from "./time-range.tsx";
import { useView } from "./use-view.ts";
import { ZonePicker } from "./zone.tsx";

const route = getRouteApi("/dashboards/$id");
const icon = { size: sizes.icon, stroke: 1.5, "aria-hidden": true } as const;

function More({ dashboard, edit }: { readonly dashboard: Dashboard; readonly edit: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    let removed = dashboard;
    try {
      removed = await api.dashboard(dashboard.id); // as it is by now, so that it can be put back whole
      await api.removeDashboard(dashboard.id);
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
      return;
    }
    await client.invalidateQueries({ queryKey: ["dashboards"] });
    void navigate({ to: "/dashboards" });
    const putBack = async () => {
      await api.saveDashboard({ ...removed, version: 0 });
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      notifications.hide(dashboard.id);
    };
    notifications.show({
      id: dashboard.id,
      autoClose: 15_000,
      message: (
        <>
          {dashboard.title} is deleted. <Button onClick={() => void putBack()}>Put it back</Button>
        </>
      ),
    });
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label="More">
          <IconDotsVertical {...icon} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item className={styles.wideOnly!} onClick={edit}>
          Edit
        </Menu.Item>
        <Menu.Item onClick={() => saveJson(dashboard, `${dashboard.id}.json`)}>Save as JSON</Menu.Item>
        <Menu.Item color="red" onClick={() => void remove()}>
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function saveJson(value: unknown, name: string): void {
  saveBlob(new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: "application/json" }), name);
}

function NoPanels() {
  const navigate = useNavigate();
  return (
    <Empty
      icon={<IconChartBar size={sizes.topBar} stroke={1} aria-hidden />}
      title="No panels yet"
      action={<Button onClick={() => void navigate({ to: "/sql" })}>Open SQL</Button>}
    >
      Run a statement in SQL and press Add to dashboard.
    </Empty>
  );
}

function Opened({ dashboard }: { readonly dashboard: Dashboard }) {
  const view = useView(dashboard);
  const { text, zone, change, setLive, zoom, zoomed } = view;
  const [rangeOpened, setRangeOpened] = useState(false);
  const tables = useMemo(() => [...new Set(dashboard.panels.map((panel) => panel.table))], [dashboard]);
  useKeys({
    p: () => setLive(view.isPaused),
    t: () => setRangeOpened(true),
    // Leaving the edit is a button's: a key would throw away what was arranged.
    e: () => (view.isEdited ? undefined : view.setEdited(true)),
    Escape: () => (zoomed === undefined ? undefined : zoom(undefined)),
  });
  if (view.isEdited) {
    return (
      <PanelPageContext value={view.page}>
        <Editing dashboard={dashboard} close={() => view.setEdited(false)} />
      </PanelPageContext>
    );
  }
  return (
    <PanelPageContext value={view.page}>
      <Bar title={dashboard.title} parent={{ label: "Dashboards", to: "/dashboards" }}>
        <Freshness tables={tables} />
        <LiveSwitch change={setLive} />
        <TimeRange value={text} zone={zone} opened={rangeOpened} setOpened={setRangeOpened} change={change} />
        <ZonePicker zone={zone} change={(tz) => change({ tz })} />
        <CopyLink what="this view" />
        <More dashboard={dashboard} edit={() => view.setEdited(true)} />
      </Bar>
      <div className={shell.content}>
        {dashboard.panels.length === 0 ? (
          <NoPanels />
        ) : (
          <Panels dashboard={dashboard} zoomed={zoomed} zoom={zoom} />
        )}
      </div>
    </PanelPageContext>
  );
}

export function DashboardPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ["dashboard", id],
    queryFn: ({ signal }) => api.dashboard(id, signal),
    refetchOnWindowFocus: true, // others may have changed it
  });
  if (data !== undefined) return <Opened key={data.id} dashboard={data} />;
  return (
    <>
      <Bar title="Dashboard" short />
      <div className={shell.content}>
        {error === null ? null : <Failed error={error} retry={() => void refetch()} />}
      </div>
    </>
  );
}
