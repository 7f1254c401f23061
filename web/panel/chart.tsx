/** A chart with its legend: from a result and settings to a canvas, in the page's colours and zone. */
import { useComputedColorScheme } from "@mantine/core";
import type { EChartsType } from "echarts/core";
import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { ChartSettings } from "#schemas/api/dashboards";
import type { ResolvedRange } from "#schemas/api/live-range";
import type { ChartContext, ChartResult, Cuts } from "../chart/context.ts";
import type { Draw, Picture } from "../chart/picture.ts";
import { HeldBounds } from "../chart/value-axis.ts";
import { type Palette, palettes } from "../theme.ts";
import { wallOf } from "../time.ts";
import { Canvas } from "./canvas.tsx";
import { Legend } from "./legend.tsx";
import { Notes } from "./notes.tsx";
import { usePanelPage } from "./page-context.ts";
import styles from "./panel.module.css";

interface ChartProps {
  readonly draw: Draw;
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly range: ResolvedRange | null;
  readonly nowMs: number;
  readonly cuts: Cuts;
  readonly label: string;
  readonly narrow?: boolean;
  readonly onChart?: (chart: EChartsType | null) => void;
}

/** Colours of a legend's names; a measure without rivals takes the accent. */
function useColours({ group, legend }: Picture, palette: Palette) {
  const { places } = usePanelPage();
  const settled = useSyncExternalStore(places.watch, places.version);
  const names = JSON.stringify(legend.map(({ name }) => name));
  const isLoneMeasure = legend.length === 1 && legend[0]!.isMeasure;
  useLayoutEffect(() => {
    if (!isLoneMeasure) places.learn(group, JSON.parse(names) as string[]);
  }, [places, group, names, isLoneMeasure]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: places answer differently once they are settled anew
  return useMemo(() => {
    const byPlace = places.colourOf(group, palette.series);
    return isLoneMeasure ? () => palette.accent : byPlace;
  }, [places, settled, group, palette, isLoneMeasure]);
}

/** Bounds of the value axis, held while what is drawn stays the same question. */
function useBounds(picture: Picture, context: Omit<ChartContext, "bounds">, settings: ChartSettings) {
  const key = JSON.stringify([settings, [...context.hidden], context.range === null]);
  const held = useRef({ key, bounds: new HeldBounds() });
  if (held.current.key !== key) held.current = { key, bounds: new HeldBounds() };
  return held.current.bounds.next(picture.extent(context), { fromZero: picture.fromZero });
}

export function Chart(props: ChartProps) {
  const { draw, result, settings, range, nowMs, cuts, label, narrow = false, onChart } = props;
  const { zone } = usePanelPage();
  const palette = palettes[useComputedColorScheme("light")];
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set<string>());
  const picture = useMemo(() => draw(result, settings, zone), [draw, result, settings, zone]);
  const colourOf = useColours(picture, palette);
  const context = { palette, zone, nowMs, range, cuts, colourOf, hidden, narrow };
  const bounds = useBounds(picture, context, settings);
  const option = picture.option({ ...context, bounds });
  const walls = useMemo(() => picture.places?.map((x) => wallOf(x, zone)), [picture, zone]);
  return (
    <div className={styles.chart}>
      <Canvas
        option={option}
        label={label}
        walls={walls}
        hasTime={picture.isTime}
        {...(onChart === undefined ? {} : { onChart })}
      />
      {picture.legend.length < 2 ? null : (
        <Legend entries={picture.legend} hidden={hidden} colourOf={colourOf} change={setHidden} />
      )}
      <Notes notes={picture.notes} />
    </div>
  );
}
