/** All dashboards. */
import { Button } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "../api.ts";
import { Bar } from "../shell/bar.tsx";
import { Empty, Failed } from "../shell/empty.tsx";
import shell from "../shell/shell.module.css";
import { sizes } from "../theme.ts";
import styles from "./dashboard.module.css";

export function DashboardsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ["dashboards"],
    queryFn: ({ signal }) => api.dashboards(signal),
  });
  return (
    <>
      <Bar title="Dashboards" short />
      <div className={shell.content}>
        {error !== null ? <Failed error={error} retry={() => void refetch()} /> : null}
        {data?.length === 0 ? (
          <Empty
            icon={<IconChartBar size={sizes.topBar} stroke={1} aria-hidden />}
            title="No dashboards yet"
            action={
              <Button component={Link} to="/tables">
                See the tables
              </Button>
            }
          >
            A dashboard is a JSON file: put it with PUT /api/dashboards/(id), or start with the demo to see
            one.
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
              <p>{dashboard.description}</p>
              <div className={styles.cardFoot}>
                {dashboard.panels} panels · version {dashboard.version}
              </div>
            </Link>
          ))}
        </div>
      </div>
    </>
  );
}
