/** Cmd-K: every page, dashboard, table and saved query by name. */
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import {
  IconChartBar,
  IconFileText,
  IconKeyboard,
  IconMoon,
  IconPlus,
  IconSearch,
  IconTable,
  IconTerminal2,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api } from "../api.ts";
import { openInTab } from "../store.ts";
import { sizes } from "../theme.ts";
import styles from "./shell.module.css";

const icon = { size: sizes.iconLarge, stroke: 1.5 } as const;

interface CommandsProps {
  readonly switchTheme: () => void;
  readonly openHelp: () => void;
}

type Navigate = ReturnType<typeof useNavigate>;

function pageActions(navigate: Navigate, { switchTheme, openHelp }: CommandsProps): SpotlightActionData[] {
  const page = (
    to: "/dashboards" | "/sql" | "/tables" | "/add-table",
    label: string,
    section: ReactNode,
  ) => ({
    id: to,
    label,
    leftSection: section,
    onClick: () => void navigate({ to }),
  });
  return [
    page("/dashboards", "Dashboards", <IconChartBar {...icon} />),
    page("/sql", "SQL", <IconTerminal2 {...icon} />),
    page("/tables", "Tables", <IconTable {...icon} />),
    page("/add-table", "Add a table", <IconPlus {...icon} />),
    {
      id: "theme",
      label: "Switch between light and dark",
      leftSection: <IconMoon {...icon} />,
      onClick: switchTheme,
    },
    { id: "help", label: "Keyboard shortcuts", leftSection: <IconKeyboard {...icon} />, onClick: openHelp },
  ];
}

/** Dashboards, tables and saved queries as the server has them. */
function useNamed(navigate: Navigate): SpotlightActionGroupData[] {
  const dashboards = useQuery({ queryKey: ["dashboards"], queryFn: ({ signal }) => api.dashboards(signal) });
  const tables = useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => api.tables(signal) });
  const queries = useQuery({ queryKey: ["queries"], queryFn: ({ signal }) => api.queries(signal) });
  const dashboardActions = (dashboards.data ?? []).map(({ id, title, description }) => ({
    id: `dashboard ${id}`,
    label: title,
    description: description ?? "",
    leftSection: <IconChartBar {...icon} />,
    onClick: () => void navigate({ to: "/dashboards/$id", params: { id } }),
  }));
  const tableActions = (tables.data ?? []).map(({ name, topic }) => ({
    id: `table ${name}`,
    label: name,
    description: topic,
    leftSection: <IconTable {...icon} />,
    onClick: () => void navigate({ to: "/tables/$name", params: { name } }),
  }));
  const queryActions = (queries.data ?? []).map(({ id, name, sql }) => ({
    id: `query ${id}`,
    label: name,
    description: sql.replaceAll(/\s+/g, " ").slice(0, 90),
    leftSection: <IconFileText {...icon} />,
    onClick: () => {
      openInTab(name, sql, { id, name, sql });
      void navigate({ to: "/sql" });
    },
  }));
  return [
    { group: "Dashboards", actions: dashboardActions },
    { group: "Tables", actions: tableActions },
    { group: "Saved queries", actions: queryActions },
  ];
}

const searchProps = {
  leftSection: <IconSearch {...icon} />,
  placeholder: "Find a page, dashboard, table or query",
  "aria-label": "Find",
} as const;

const overlayProps = { blur: 0, backgroundOpacity: 0.4 } as const;
const classNames = { action: styles.command!, content: styles.commands! };

export function Commands(props: CommandsProps) {
  const navigate = useNavigate();
  const groups = [{ group: "Go to", actions: pageActions(navigate, props) }, ...useNamed(navigate)];
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      shortcut={["mod + K"]}
      nothingFound="Nothing by that name"
      highlightQuery
      scrollable
      maxHeight={sizes.menuTall}
      limit={30}
      searchProps={searchProps}
      overlayProps={overlayProps}
      classNames={classNames}
    />
  );
}
