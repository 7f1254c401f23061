/** Keeps what the console shows as a panel: on a dashboard that exists, or on a new one. */
import { Button, Checkbox, Popover, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconChartBar } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ChartSettings, Dashboard } from "#schemas/api/dashboards";
import { parametersOf } from "#schemas/sql/parameters";
import { ApiError, api } from "../api.ts";
import { emptyDashboard, withPanel } from "../dashboard/edit.ts";
import { sizes } from "../theme.ts";
import styles from "./console.module.css";
import { bare } from "./run.ts";
import { conditionOf, withinRange } from "./statements.ts";

interface AddToDashboardProps {
  readonly sql: string;
  readonly table: string;
  readonly chart: ChartSettings;
}

const newDashboard = "a new dashboard";

/** The column by which the statement can follow a dashboard's time range; null when it cannot, or does already. */
function useRangeColumn({ sql, table }: AddToDashboardProps): string | null {
  const { data } = useQuery({
    queryKey: ["table", table],
    queryFn: ({ signal }) => api.table(table, signal),
    staleTime: 60_000,
  });
  const column = data?.columns.find(({ name }) => name === data.timeColumn);
  return column?.type !== "TIMESTAMP" || parametersOf(sql).size > 0 ? null : column.name;
}

/** Whether the panel is to follow it; a statement with a condition on time has a range of its own. */
function useRange(props: AddToDashboardProps) {
  const column = useRangeColumn(props);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const hasOwn = column !== null && conditionOf(props.sql).toLowerCase().includes(column.toLowerCase());
  return { column, follows: column !== null && (chosen ?? !hasOwn), setFollows: setChosen };
}

const fresh = async (title: string): Promise<Dashboard> =>
  emptyDashboard(
    title,
    (await api.dashboards()).map(({ id }) => id),
  );

/** Somebody may save the dashboard between reading and writing it: then it is read again. */
async function added(id: string, title: string, panel: Parameters<typeof withPanel>[1]): Promise<Dashboard> {
  for (let race = 0; ; race++) {
    const target = id === newDashboard ? await fresh(title) : await api.dashboard(id);
    try {
      return await api.saveDashboard(withPanel(target, panel));
    } catch (error) {
      const isRace = error instanceof ApiError && error.status === 409;
      if (!isRace || race === 5) throw error;
    }
  }
}

function useAdd({ sql, table, chart }: AddToDashboardProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (title: string, id: string, rangeColumn: string | null) => {
    try {
      const statement = rangeColumn === null ? bare(sql) : withinRange(bare(sql), rangeColumn);
      const saved = await added(id, title, { title, table, sql: statement, chart });
      await client.invalidateQueries({ queryKey: ["dashboard", saved.id] });
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      void navigate({ to: "/dashboards/$id", params: { id: saved.id } });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
}

export function AddToDashboard(props: AddToDashboardProps) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const dashboards = useQuery({ queryKey: ["dashboards"], queryFn: ({ signal }) => api.dashboards(signal) });
  const [title, setTitle] = useState("");
  const [target, setTarget] = useState<string | null>(null);
  const add = useAdd(props);
  const range = useRange(props);
  const choices = [
    ...(dashboards.data ?? []).map((dashboard) => ({ value: dashboard.id, label: dashboard.title })),
    { value: newDashboard, label: "A new dashboard" },
  ];
  const chosen = target ?? choices[0]!.value;
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end">
      <Popover.Target>
        <Button leftSection={<IconChartBar size={sizes.iconSmall} aria-hidden />} onClick={toggle}>
          Add to dashboard
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (title.trim() !== "") void add(title.trim(), chosen, range.follows ? range.column : null);
          }}
        >
          <TextInput
            label="Title of the panel"
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
            data-autofocus
          />
          <Select
            label="On"
            data={choices}
            value={chosen}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            onChange={setTarget}
          />
          {range.column === null ? null : (
            <Checkbox
              label="Only the dashboard's time range"
              checked={range.follows}
              onChange={(event) => range.setFollows(event.currentTarget.checked)}
            />
          )}
          <Button type="submit" variant="filled" disabled={title.trim() === ""}>
            Add
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
