/** One panel of a dashboard: a live question, its states, its chart, and what can be done with it. */
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconChartBar,
  IconCode,
  IconDotsVertical,
  IconDownload,
  IconPhoto,
  IconTable,
  IconTrash,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { EChartsType } from "echarts/core";
import { useMemo, useRef, useState } from "react";
import type { Panel as PanelDefinition } from "#schemas/api/dashboards";
import { resolveRange } from "#schemas/api/live-range";
import { bindParameters } from "#schemas/sql/parameters";
import { withNames } from "../chart/context.ts";
import { formatAge } from "../format.ts";
import { openInTab } from "../store.ts";
import { sizes } from "../theme.ts";
import { BigNumber } from "./big-number.tsx";
import { Chart } from "./chart.tsx";
import { csvOf, fileName } from "./csv.ts";
import { saveBlob, saveUrl } from "./export.ts";
import { usePanelPage } from "./page-context.ts";
import styles from "./panel.module.css";
import { EmptyPanel, ErrorPanel, Skeleton } from "./states.tsx";
import { TablePanel } from "./table.tsx";
import { type LiveAnswer, useLive, useLivePage, useServerNow } from "./use-live.ts";

interface PanelProps {
  readonly panel: PanelDefinition;
  readonly zoomed: boolean;
  readonly zoom: () => void;
  /** Present while its dashboard is edited: takes the panel off it. */
  readonly remove?: () => void;
}

const icon = { size: sizes.icon, stroke: 1.5, "aria-hidden": true } as const;

/** How old what is shown is, while the connection is lost. */
function StaleBadge({ takenMs }: { readonly takenMs: number }) {
  const nowMs = useServerNow(1000);
  return <span className={styles.badge}>{formatAge(nowMs - takenMs)} old</span>;
}

function RemoveButton({ title, remove }: { readonly title: string; readonly remove: () => void }) {
  return (
    <Tooltip label="Take it off the dashboard">
      <ActionIcon aria-label={`Remove: ${title}`} size={sizes.controlSmall} onClick={remove}>
        <IconTrash {...icon} />
      </ActionIcon>
    </Tooltip>
  );
}

interface ToolsProps extends PanelProps {
  readonly answer: LiveAnswer;
  readonly asTable: boolean;
  readonly toggleTable: () => void;
  readonly chart: EChartsType | null;
}

function useSaving({ panel, answer, chart }: ToolsProps) {
  const navigate = useNavigate();
  const page = usePanelPage();
  return {
    openSql: () => {
      const range = answer.range ?? resolveRange(page.range, page.zone, Date.now());
      openInTab(panel.title, bindParameters(panel.sql, { ...range, zone: page.zone }));
      void navigate({ to: "/sql" });
    },
    saveCsv: () => {
      if (answer.result === null) return;
      saveBlob(new Blob([csvOf(answer.result)], { type: "text/csv" }), fileName(panel.title, "csv"));
    },
    savePng: () => {
      const backgroundColor = getComputedStyle(document.body).getPropertyValue("--panel");
      if (chart !== null)
        saveUrl(chart.getDataURL({ pixelRatio: 2, backgroundColor }), fileName(panel.title, "png"));
    },
  };
}

function MoreItems(props: ToolsProps) {
  const { panel, answer, asTable, toggleTable, chart } = props;
  const { openSql, saveCsv, savePng } = useSaving(props);
  const hasChart = panel.chart.kind !== "table" && panel.chart.kind !== "text";
  return (
    <>
      {hasChart ? (
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
      <Menu.Item leftSection={<IconDownload {...icon} />} onClick={saveCsv} disabled={answer.result === null}>
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

function Tools(props: ToolsProps) {
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
}

interface BodyProps {
  readonly panel: PanelDefinition;
  readonly answer: LiveAnswer;
  readonly trend: LiveAnswer | null;
  /** Names to show instead of a column's values. */
  readonly names: LiveAnswer | null;
  readonly asTable: boolean;
  readonly onChart: (chart: EChartsType | null) => void;
}

const plainTable = { kind: "table" } as const;

function Body({ panel, answer, trend, names, asTable, onChart }: BodyProps) {
  const page = usePanelPage();
  const { exceptions, range, watermark } = answer;
  const { chart, lookup } = panel;
  const result = useMemo(() => {
    if (answer.result === null || lookup === undefined || names?.result == null) return answer.result;
    return withNames(answer.result, lookup.column, names.result);
  }, [answer.result, names?.result, lookup]);
  if (chart.kind === "text") return <div className={styles.text}>{chart.text}</div>;
  if (exceptions !== null && result === null) {
    return <ErrorPanel exceptions={exceptions} sql={panel.sql} retry={answer.retry} />;
  }
  if (result === null) return <Skeleton kind={chart.kind} />;
  if (result.rows.length === 0) {
    return (
      <EmptyPanel range={range} newestMs={watermark?.eventMs ?? null} zone={page.zone} widen={page.widen} />
    );
  }
  if (asTable) return <TablePanel result={result} settings={plainTable} label={panel.title} />;
  if (chart.kind === "table") return <TablePanel result={result} settings={chart} label={panel.title} />;
  if (chart.kind === "bigNumber")
    return <BigNumber result={result} trend={trend?.result ?? null} settings={chart} />;
  return (
    <Chart
      result={result}
      settings={chart}
      range={range}
      nowMs={watermark?.takenMs ?? 0}
      label={`${panel.title}, ${result.rows.length} rows`}
      narrow={panel.at.w <= 4}
      onChart={onChart}
    />
  );
}

/** The panel's live answers: its own statement's, its trend's, the names that stand for its ids. */
function usePanelData(panel: PanelDefinition, isSeen: boolean) {
  const { range, zone } = usePanelPage();
  const { sql, table, trendSql, lookup } = panel;
  const answer = useLive(isSeen ? { sql, range, zone } : null, table);
  const trend = useLive(isSeen && trendSql !== undefined ? { sql: trendSql, range, zone } : null);
  const named = isSeen && lookup !== undefined;
  const names = useLive(named ? { sql: lookup.sql, range: { kind: "all" }, zone } : null);
  return { answer, trend, names };
}

export function Panel(props: PanelProps) {
  const { panel } = props;
  const { status } = useLivePage();
  const [asTable, setAsTable] = useState(false);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const root = useRef<HTMLElement>(null);
  const { ref, entry } = useIntersection({ root: root.current, rootMargin: "50%" });
  const isSeen = entry?.isIntersecting ?? false;
  const isText = panel.chart.kind === "text";
  const { answer, trend, names } = usePanelData(panel, isSeen && !isText);
  const isStale = status.kind === "waiting" && answer.result !== null;
  const isUpdating = answer.waiting && answer.result !== null && status.kind === "open";
  const isFlush =
    (panel.chart.kind === "table" || asTable) && answer.result !== null && answer.result.rows.length > 0;
  return (
    <section ref={ref} className={styles.panel} aria-labelledby={`panel-${panel.id}`} data-panel={panel.id}>
      {isUpdating ? <div className={styles.progress} /> : null}
      <header className={styles.header} data-drag={props.remove === undefined ? undefined : true}>
        <h2 className={styles.title} id={`panel-${panel.id}`}>
          {panel.title}
        </h2>
        <span className={styles.subtitle}>{panel.subtitle}</span>
        {isStale && answer.watermark !== null ? <StaleBadge takenMs={answer.watermark.takenMs} /> : null}
        {answer.exceptions !== null && answer.result !== null ? (
          <Tooltip label={answer.exceptions[0]?.message}>
            <span className={styles.badge} data-tone="bad">
              not updating
            </span>
          </Tooltip>
        ) : null}
        {answer.result?.partial ? <span className={styles.badge}>partial</span> : null}
        {props.remove === undefined ? (
          <Tools
            {...props}
            answer={answer}
            asTable={asTable}
            toggleTable={() => setAsTable(!asTable)}
            chart={chart}
          />
        ) : (
          <RemoveButton title={panel.title} remove={props.remove} />
        )}
      </header>
      <div className={styles.body} data-flush={isFlush || undefined} data-stale={isStale || undefined}>
        <Body
          panel={panel}
          answer={answer}
          trend={panel.trendSql === undefined ? null : trend}
          names={panel.lookup === undefined ? null : names}
          asTable={asTable}
          onChart={setChart}
        />
      </div>
    </section>
  );
}
