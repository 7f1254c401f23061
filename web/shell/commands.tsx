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
import { api } from "../api.ts";
import { openInTab } from "../store.ts";
import { sizes } from "../theme.ts";

const icon = { size: sizes.iconLarge, stroke: 1.5 } as const;

interface CommandsProps {
  readonly switchTheme: () => void;
  readonly openHelp: () => void;
}

export function Commands({ switchTheme, openHelp }: CommandsProps) {
  const navigate = useNavigate();
  const dashboards = useQuery({ queryKey: ["dashboards"], queryFn: ({ signal }) => api.dashboards(signal) });
  const tables = useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => api.tables(signal) });
  const queries = useQuery({ queryKey: ["queries"], queryFn: ({ signal }) => api.queries(signal) });
  const pages: SpotlightActionData[] = [
    {
      id: "dashboards",
      label: "Dashboards",
      leftSection: <IconChartBar {...icon} />,
      onClick: () => void navigate({ to: "/dashboards" }),
    },
    {
      id: "sql",
      label: "SQL",
      leftSection: <IconTerminal2 {...icon} />,
      onClick: () => void navigate({ to: "/sql" }),
    },
    {
      id: "tables",
      label: "Tables",
      leftSection: <IconTable {...icon} />,
      onClick: () => void navigate({ to: "/tables" }),
    },
    {
      id: "add",
      label: "Add a table",
      leftSection: <IconPlus {...icon} />,
      onClick: () => void navigate({ to: "/add-table" }),
    },
    {
      id: "theme",
      label: "Switch between light and dark",
      leftSection: <IconMoon {...icon} />,
      onClick: switchTheme,
    },
    { id: "help", label: "Keyboard shortcuts", leftSection: <IconKeyboard {...icon} />, onClick: openHelp },
  ];
  const actions: SpotlightActionGroupData[] = [
    { group: "Go to", actions: pages },
    {
      group: "Dashboards",
      actions: (dashboards.data ?? []).map(({ id, title, description }) => ({
        id: `dashboard-${id}`,
        label: title,
        ...(description === undefined ? {} : { description }),
        leftSection: <IconChartBar {...icon} />,
        onClick: () => void navigate({ to: "/dashboards/$id", params: { id } }),
      })),
    },
    {
      group: "Tables",
      actions: (tables.data ?? []).map(({ name, topic }) => ({
        id: `table-${name}`,
        label: name,
        description: topic,
        leftSection: <IconTable {...icon} />,
        onClick: () => void navigate({ to: "/tables/$name", params: { name } }),
      })),
    },
    {
      group: "Saved queries",
      actions: (queries.data ?? []).map(({ id, name, sql }) => ({
        id: `query-${id}`,
        label: name,
        description: sql.replaceAll(/\s+/g, " ").slice(0, 90),
        leftSection: <IconFileText {...icon} />,
        onClick: () => {
          openInTab(name, sql);
          void navigate({ to: "/sql" });
        },
      })),
    },
  ];
  return (
    <Spotlight
      actions={actions.filter((group) => group.actions.length > 0)}
      shortcut={["mod + K"]}
      nothingFound="Nothing by that name"
      highlightQuery
      scrollable
      maxHeight={sizes.menuTall}
      limit={30}
      searchProps={{
        leftSection: <IconSearch {...icon} />,
        placeholder: "Find a page, dashboard, table or query",
        "aria-label": "Find",
      }}
    />
  );
}
