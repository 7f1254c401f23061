/** A first chart of a result, and the few choices that make it another. */
import { Select } from "@mantine/core";
import type { ChartKind, ChartSettings } from "#schemas/api/dashboards";
import type { ChartResult } from "../chart/context.ts";
import { BigNumber } from "../panel/big-number.tsx";
import { Chart } from "../panel/chart.tsx";
import styles from "./console.module.css";

const kinds: readonly { readonly value: ChartKind; readonly label: string }[] = [
  { value: "line", label: "Line" },
  { value: "area", label: "Area" },
  { value: "bar", label: "Bars" },
  { value: "stackedBar", label: "Stacked bars" },
  { value: "pie", label: "Pie" },
  { value: "bigNumber", label: "Big number" },
];

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
        data={kinds as { value: string; label: string }[]}
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
        {settings.kind === "bigNumber" ? (
          <BigNumber result={result} trend={null} settings={{ ...settings, comparisonLabel: "" }} />
        ) : (
          <Chart
            result={result}
            settings={settings}
            range={null}
            nowMs={Date.now()}
            label="Chart of the result"
          />
        )}
      </div>
    </div>
  );
}
