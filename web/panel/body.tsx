/** What stands in a panel: its rows drawn as its chart says, or the state that there are none to draw. */
import type { EChartsType } from "echarts/core";
import { memo, useMemo } from "react";
import type { ChartSettings, Panel } from "#schemas/api/dashboards";
import { withNames } from "../chart/context.ts";
import { chartOf } from "../chart/registry.ts";
import { BigNumber } from "./big-number.tsx";
import { Chart } from "./chart.tsx";
import { cutsOf } from "./cuts.ts";
import { usePanelPage } from "./page-context.ts";
import styles from "./panel.module.css";
import { EmptyPanel, ErrorPanel, Skeleton } from "./states.tsx";
import { TablePanel } from "./table.tsx";
import type { LiveAnswer } from "./use-live.ts";

interface BodyProps {
  readonly panel: Panel;
  readonly answer: LiveAnswer;
  readonly trend: LiveAnswer | null;
  /** Names to show instead of a column's values. */
  readonly names: LiveAnswer | null;
  readonly asTable: boolean;
  readonly onChart: (chart: EChartsType | null) => void;
}

/** A chart's settings for its rows as a table: measures keep their format, in full. */
function tableOf(chart: ChartSettings): ChartSettings {
  const { format, y = [], labels, formats } = chart;
  const named =
    format === undefined ? [] : [...y, ...(chart.comparisonLabel === undefined ? [] : ["previous"])];
  const measures = Object.fromEntries(named.map((name) => [name, { ...format!, compact: false }]));
  const known = labels === undefined ? {} : { labels };
  return { kind: "table", formats: { ...measures, ...formats }, ...known };
}

/** The rows, with names for ids where the panel looks them up. */
function useResult({ panel, answer, names }: BodyProps) {
  const { lookup } = panel;
  return useMemo(() => {
    if (answer.result === null || lookup === undefined || names?.result == null) return answer.result;
    return withNames(answer.result, lookup.column, names.result);
  }, [answer.result, names?.result, lookup]);
}

export const Body = memo(function Body(props: BodyProps) {
  const { panel, answer, trend, asTable, onChart } = props;
  const page = usePanelPage();
  const { exceptions, range, watermark } = answer;
  const { chart } = panel;
  const result = useResult(props);
  const rowsAs = useMemo(() => tableOf(chart), [chart]);
  const cuts = useMemo(() => cutsOf(panel.sql), [panel.sql]);
  const described = chartOf(chart.kind);
  if (described.body === "text") return <div className={styles.text}>{chart.text}</div>;
  if (exceptions !== null && result === null) {
    return <ErrorPanel exceptions={exceptions} sql={panel.sql} retry={answer.retry} />;
  }
  if (result === null) return <Skeleton kind={chart.kind} />;
  if (result.rows.length === 0) {
    const newestMs = watermark?.eventMs ?? null;
    return <EmptyPanel range={range} newestMs={newestMs} zone={page.zone} widen={page.widen} />;
  }
  if (asTable) return <TablePanel result={result} settings={rowsAs} label={panel.title} />;
  switch (described.body) {
    case "table":
      return <TablePanel result={result} settings={chart} label={panel.title} />;
    case "number":
      return <BigNumber result={result} trend={trend?.result ?? null} settings={chart} range={range} />;
    case "canvas":
      return (
        <Chart
          draw={described.draw}
          result={result}
          settings={chart}
          range={range}
          nowMs={watermark?.takenMs ?? 0}
          cuts={cuts}
          label={`${panel.title}, ${result.rows.length} rows`}
          narrow={panel.at.w <= 4}
          onChart={onChart}
        />
      );
  }
});
