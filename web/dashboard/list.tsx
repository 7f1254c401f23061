/** All dashboards. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChartBar, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { DashboardSummary } from "#schemas/api/dashboards";
import { api } from "../api.ts";
import { Bar } from "../shell/bar.tsx";
import { Empty, Failed } from "../shell/empty.tsx";
import shell from "../shell/shell.module.css";
import { sizes } from "../theme.ts";
import styles from "./dashboard.module.css";
import { newDashboard } from "./edit.ts";

/** Makes a dashboard without panels and opens it; its page says how panels come to it. */
function NewDashboard({ known }: { readonly known: readonly DashboardSummary[] }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const make = async () => {
    try {
      const saved = await api.saveDashboard(newDashboard(known.map(({ id }) => id)));
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      void navigate({ to: "/dashboards/$id", params: { id: saved.id } });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Button
      variant="filled"
      leftSection={<IconPlus size={sizes.iconSmall} aria-hidden />}
      onClick={() => void make()}
    >
      New dashboard
    </Button>
  );
}

export function DashboardsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ["dashboards"],
    queryFn: ({ signal }) => api.dashboards(signal),
  });
  const make = <NewDashboard known={data ?? []} />;
  return (
    <>
      <Bar title="Dashboards" short>
        {make}
      </Bar>
      <div className={shell.content}>
        {error !== null ? <Failed error={error} retry={() => void refetch()} /> : null}
        {data?.length === 0 ? (
          <Empty
            icon={<IconChartBar size={sizes.topBar} stroke={1} aria-hidden />}
            title="No dashboards yet"
            action={make}
          >
            A dashboard shows what statements answer, live. Make one, then add panels to it from SQL.
          </Empty>
        ) : null}
        <div className={styles.cards}>
          {data?.map((dashboard) => (
            <Link
              key={dashboard.id}
              to="/dashboards/$id"
              params={{ id: dashboard.id }}
              className={styles.card}
            >
              <h2>{dashboard.title}</h2>
              <p>{dashboard.damaged ?? dashboard.description}</p>
              <div className={styles.cardFoot}>
                {dashboard.panels} {dashboard.panels === 1 ? "panel" : "panels"} · version {dashboard.version}
              </div>
            </Link>
          ))}
        </div>
      </div>
    </>
  );
}
