/** A first chart of a result, and the few choices that make it another. */
import { Select } from "@mantine/core";
import { useState } from "react";
import type { ChartKind, ChartSettings } from "#schemas/api/dashboards";
import type { ChartResult } from "../chart/context.ts";
import { chartOf, charts } from "../chart/registry.ts";
import { BigNumber } from "../panel/big-number.tsx";
import { Chart } from "../panel/chart.tsx";
import styles from "./console.module.css";

/** The kinds that show more than the table beside them does. */
const kinds = Object.entries(charts)
  .filter(([, { body }]) => body === "canvas" || body === "number")
  .map(([value, { label }]) => ({ value, label }));
const wholeBuckets = { start: false, end: false } as const;

interface ControlsProps {
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly change: (settings: ChartSettings) => void;
}

function ChartControls({ result, settings, change }: ControlsProps) {
  const names = [...new Set(result.columnNames)];
  const { series: _series, ...withoutSeries } = settings;
  return (
    <div className={styles.chartControls}>
      <Select
        className={styles.chartControl}
        label="Chart"
        data={kinds}
        value={settings.kind}
        allowDeselect={false}
        onChange={(kind) => change({ ...settings, kind: kind as ChartKind })}
      />
      <Select
        className={styles.chartControl}
        label="Along"
        data={names}
        value={settings.x ?? null}
        onChange={(x) => (x === null ? undefined : change({ ...settings, x }))}
      />
      <Select
        className={styles.chartControl}
        label="Value"
        data={names}
        value={settings.y?.[0] ?? null}
        onChange={(y) => (y === null ? undefined : change({ ...settings, y: [y] }))}
      />
      <Select
        className={styles.chartControl}
        label="Split by"
        placeholder="Nothing"
        clearable
        data={names}
        value={settings.series ?? null}
        onChange={(series) => change(series === null ? withoutSeries : { ...settings, series })}
      />
    </div>
  );
}

function Drawn({ result, settings }: { readonly result: ChartResult; readonly settings: ChartSettings }) {
  const [nowMs] = useState(() => Date.now());
  const chart = chartOf(settings.kind);
  if (chart.body !== "canvas") {
    return (
      <BigNumber result={result} trend={null} settings={{ ...settings, comparisonLabel: "" }} range={null} />
    );
  }
  const place = { range: null, nowMs, cuts: wholeBuckets, label: "Chart of the result" };
  return <Chart key={settings.kind} draw={chart.draw} result={result} settings={settings} {...place} />;
}

interface ChartViewProps {
  readonly result: ChartResult;
  readonly settings: ChartSettings | null;
  readonly change: (settings: ChartSettings) => void;
}

export function ChartView({ result, settings, change }: ChartViewProps) {
  if (settings === null) {
    return <div className={styles.note}>Nothing to draw: a chart needs rows with at least one number.</div>;
  }
  return (
    <div className={styles.chartView}>
      <ChartControls result={result} settings={settings} change={change} />
      <div className={styles.chartBox}>
        <Drawn result={result} settings={settings} />
      </div>
    </div>
  );
}
