/** One panel of a dashboard: a live question, its states, its chart, and what can be done with it. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { IconTrash } from "@tabler/icons-react";
import type { EChartsType } from "echarts/core";
import { useCallback, useRef, useState } from "react";
import type { Panel as PanelDefinition } from "#schemas/api/dashboards";
import { chartOf } from "../chart/registry.ts";
import { formatAge } from "../format.ts";
import { sizes } from "../theme.ts";
import { Body } from "./body.tsx";
import { Guard } from "./guard.tsx";
import { usePanelPage } from "./page-context.ts";
import styles from "./panel.module.css";
import { Tools } from "./tools.tsx";
import { type LiveAnswer, useIsLost, useLive, useServerNow } from "./use-live.ts";

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

/** What is to be said of an answer beside its title. */
function Badges({ answer, isStale }: { readonly answer: LiveAnswer; readonly isStale: boolean }) {
  return (
    <>
      {isStale && answer.watermark !== null ? <StaleBadge takenMs={answer.watermark.takenMs} /> : null}
      {answer.exceptions !== null && answer.result !== null ? (
        <Tooltip label={answer.exceptions[0]?.message}>
          <span className={styles.badge} data-tone="bad">
            not updating
          </span>
        </Tooltip>
      ) : null}
      {answer.result?.partial ? (
        <Tooltip label={answer.result.reasons?.[0] ?? "rows are missing"} multiline maw={480}>
          <span className={styles.badge}>partial</span>
        </Tooltip>
      ) : null}
    </>
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
  return { answer, trend: trendSql === undefined ? null : trend, names: lookup === undefined ? null : names };
}

/** The newest of a value, for what asks when it is pressed. */
function useNewest<Value>(value: Value): () => Value {
  const newest = useRef(value);
  newest.current = value;
  return useCallback(() => newest.current, []);
}

export function Panel({ panel, zoomed, zoom, remove }: PanelProps) {
  const isLost = useIsLost();
  const [asTable, setAsTable] = useState(false);
  const toggleTable = useCallback(() => setAsTable((was) => !was), []);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const root = useRef<HTMLElement>(null);
  const { ref, entry } = useIntersection({ root: root.current, rootMargin: "50%" });
  const isSeen = entry?.isIntersecting ?? false;
  const { body } = chartOf(panel.chart.kind);
  const { answer, trend, names } = usePanelData(panel, isSeen && body !== "text");
  const newest = useNewest(answer);
  const hasRows = answer.result !== null;
  const isStale = isLost && hasRows;
  const isUpdating = answer.waiting && hasRows && !isLost;
  const isFlush = (body === "table" || asTable) && (answer.result?.rows.length ?? 0) > 0;
  const tools = { panel, zoomed, zoom, answer: newest, hasRows, asTable, toggleTable, chart };
  return (
    <section ref={ref} className={styles.panel} aria-labelledby={`panel-${panel.id}`} data-panel={panel.id}>
      {isUpdating ? <div className={styles.progress} /> : null}
      <header className={styles.header} data-drag={remove === undefined ? undefined : true}>
        <h2 className={styles.title} id={`panel-${panel.id}`}>
          {panel.title}
        </h2>
        <span className={styles.subtitle}>{panel.subtitle}</span>
        <Badges answer={answer} isStale={isStale} />
        {remove === undefined ? <Tools {...tools} /> : <RemoveButton title={panel.title} remove={remove} />}
      </header>
      <div className={styles.body} data-flush={isFlush || undefined} data-stale={isStale || undefined}>
        <Guard of={answer.result}>
          <Body
            panel={panel}
            answer={answer}
            trend={trend}
            names={names}
            asTable={asTable}
            onChart={setChart}
          />
        </Guard>
      </div>
    </section>
  );
}
