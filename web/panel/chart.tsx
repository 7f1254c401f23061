/** A chart with its legend: from a result and settings to a canvas, in the page's colours and zone. */
import { useComputedColorScheme } from "@mantine/core";
import type { EChartsType } from "echarts/core";
import { type MouseEvent, useMemo, useState } from "react";
import type { ChartSettings } from "#schemas/api/dashboards";
import type { ResolvedRange } from "#schemas/api/live-range";
import type { ChartContext, ChartResult } from "../chart/context.ts";
import { chartOptions, type LegendEntry, legendOf } from "../chart/registry.ts";
import { pivotOf } from "../chart/series.ts";
import { palettes } from "../theme.ts";
import { wallOf } from "../time.ts";
import { Canvas } from "./canvas.tsx";
import { usePanelPage } from "./page-context.ts";
import styles from "./panel.module.css";

interface ChartProps {
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly range: ResolvedRange | null;
  readonly nowMs: number;
  readonly label: string;
  readonly narrow?: boolean;
  readonly onChart?: (chart: EChartsType | null) => void;
}

interface LegendProps {
  readonly entries: readonly LegendEntry[];
  readonly hidden: ReadonlySet<string>;
  readonly colourOf: (name: string) => string;
  readonly change: (hidden: ReadonlySet<string>) => void;
}

/** Chips: a click toggles a series, a click with Shift shows it alone. */
function Legend({ entries, hidden, colourOf, change }: LegendProps) {
  const press = (name: string, event: MouseEvent) => {
    const others = entries.map((entry) => entry.name).filter((other) => other !== name);
    if (event.shiftKey) {
      const isAlone = others.every((other) => hidden.has(other)) && !hidden.has(name);
      change(new Set(isAlone ? [] : others));
      return;
    }
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    change(next.size === entries.length ? new Set() : next);
  };
  return (
    <div className={styles.legend}>
      {entries.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          className={styles.chip}
          aria-pressed={!hidden.has(name)}
          title="Click to hide or show, Shift-click to show alone"
          onClick={(event) => press(name, event)}
        >
          <span className={styles.swatch} style={{ background: colourOf(name) }} />
          {label}
        </button>
      ))}
    </div>
  );
}

export function Chart({ result, settings, range, nowMs, label, narrow = false, onChart }: ChartProps) {
  const { zone, places } = usePanelPage();
  const scheme = useComputedColorScheme("light");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set<string>());
  const palette = palettes[scheme];
  const legend = useMemo(() => legendOf(result, settings), [result, settings]);
  const isAlone = legend.length === 0;
  const colourOf = useMemo(() => {
    // Places are taken in order of names, so that they do not depend on the order of rows.
    for (const entry of legend.toSorted((left, right) => left.name.localeCompare(right.name, "en")))
      places.placeOf(entry.name);
    const byPlace = places.colourOf(palette.series);
    return (name: string) => (isAlone && settings.kind !== "pie" ? palette.accent : byPlace(name));
  }, [legend, places, palette, isAlone, settings.kind]);
  const option = useMemo(() => {
    const context: ChartContext = { palette, zone, nowMs, range, colourOf, hidden, narrow };
    return chartOptions[settings.kind]?.(result, settings, context) ?? {};
  }, [palette, zone, nowMs, range, colourOf, hidden, narrow, result, settings]);
  const isBar = settings.kind === "bar" || settings.kind === "stackedBar";
  const pivot = useMemo(
    () => (settings.kind === "pie" ? null : pivotOf(result, settings, zone)),
    [result, settings, zone],
  );
  const walls = useMemo(
    () => (isBar && pivot?.isTime ? pivot.xs.map((x) => wallOf(Number(x), zone)) : undefined),
    [isBar, pivot, zone],
  );
  return (
    <div className={styles.chart}>
      <Canvas
        option={option}
        label={label}
        walls={walls}
        hasTime={pivot?.isTime ?? false}
        {...(onChart === undefined ? {} : { onChart })}
      />
      {isAlone ? null : <Legend entries={legend} hidden={hidden} colourOf={colourOf} change={setHidden} />}
    </div>
  );
}
