/** What can be done with a panel. Its answer is asked for when something is done: new rows are no reason to draw this. */
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconChartBar,
  IconCode,
  IconDotsVertical,
  IconDownload,
  IconPhoto,
  IconTable,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { EChartsType } from "echarts/core";
import { memo, useState } from "react";
import type { Panel } from "#schemas/api/dashboards";
import { resolveRange } from "#schemas/api/live-range";
import { bindParameters } from "#schemas/sql/parameters";
import { chartOf } from "../chart/registry.ts";
import { openInTab } from "../store.ts";
import { sizes } from "../theme.ts";
import { csvOf, fileName } from "./csv.ts";
import { saveBlob, saveUrl } from "./export.ts";
import { usePanelPage } from "./page-context.ts";
import styles from "./panel.module.css";
import type { LiveAnswer } from "./use-live.ts";

const icon = { size: sizes.icon, stroke: 1.5, "aria-hidden": true } as const;

interface ToolsProps {
  readonly panel: Panel;
  readonly zoomed: boolean;
  readonly zoom: () => void;
  readonly answer: () => LiveAnswer;
  readonly hasRows: boolean;
  readonly asTable: boolean;
  readonly toggleTable: () => void;
  readonly chart: EChartsType | null;
}

function useSaving({ panel, answer, chart }: ToolsProps) {
  const navigate = useNavigate();
  const page = usePanelPage();
  return {
    openSql: () => {
      const range = answer().range ?? resolveRange(page.range, page.zone, Date.now());
      openInTab(panel.title, bindParameters(panel.sql, { ...range, zone: page.zone }));
      void navigate({ to: "/sql" });
    },
    saveCsv: () => {
      const { result } = answer();
      if (result === null) return;
      saveBlob(new Blob([csvOf(result, panel.chart)], { type: "text/csv" }), fileName(panel.title, "csv"));
    },
    savePng: () => {
      const backgroundColor = getComputedStyle(document.body).getPropertyValue("--panel");
      if (chart !== null)
        saveUrl(chart.getDataURL({ pixelRatio: 2, backgroundColor }), fileName(panel.title, "png"));
    },
  };
}

function MoreItems(props: ToolsProps) {
  const { panel, hasRows, asTable, toggleTable, chart } = props;
  const { openSql, saveCsv, savePng } = useSaving(props);
  const { body } = chartOf(panel.chart.kind);
  return (
    <>
      {body === "canvas" || body === "number" ? (
        <Menu.Item
          leftSection={asTable ? <IconChartBar {...icon} /> : <IconTable {...icon} />}
          onClick={toggleTable}
        >
          {asTable ? "View as chart" : "View as table"}
        </Menu.Item>
      ) : null}
      <Menu.Item leftSection={<IconCode {...icon} />} onClick={openSql}>
        Open the SQL
      </Menu.Item>
      <Menu.Item leftSection={<IconDownload {...icon} />} onClick={saveCsv} disabled={!hasRows}>
        Save as CSV
      </Menu.Item>
      {chart === null ? null : (
        <Menu.Item leftSection={<IconPhoto {...icon} />} onClick={savePng}>
          Save as PNG
        </Menu.Item>
      )}
    </>
  );
}

export const Tools = memo(function Tools(props: ToolsProps) {
  const { panel, zoomed, zoom } = props;
  const [opened, setOpened] = useState(false);
  const zoomLabel = zoomed ? "Leave zoom" : "Zoom";
  return (
    <div className={styles.tools} data-open={opened || undefined}>
      <Tooltip label={zoomLabel}>
        <ActionIcon aria-label={`${zoomLabel}: ${panel.title}`} size={sizes.controlSmall} onClick={zoom}>
          {zoomed ? <IconArrowsMinimize {...icon} /> : <IconArrowsMaximize {...icon} />}
        </ActionIcon>
      </Tooltip>
      <Menu opened={opened} onChange={setOpened} position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`More: ${panel.title}`} size={sizes.controlSmall}>
            <IconDotsVertical {...icon} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <MoreItems {...props} />
        </Menu.Dropdown>
      </Menu>
    </div>
  );
});
