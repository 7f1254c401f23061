/**
 * The one component that touches ECharts: it makes a chart in a box, hands it options, follows the box's size, and
 * shares the pointed-at instant with the other charts of the page.
 */
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { type RefObject, useCallback, useEffect, useId, useRef } from "react";
import { useCrosshair } from "./crosshair.ts";
import { init } from "./echarts.ts";
import { optionChange } from "./option-change.ts";
import styles from "./panel.module.css";

interface CanvasProps {
  readonly option: EChartsCoreOption;
  /** What the chart shows, in words. */
  readonly label: string;
  /** Wall milliseconds by place of a category axis; absent when the axis is time itself or there is none. */
  readonly walls?: readonly number[] | undefined;
  readonly hasTime: boolean;
  readonly onChart?: (chart: EChartsType | null) => void;
}

type Tip = (given: unknown) => string;
const tipOf = (option: EChartsCoreOption): Tip | undefined =>
  (option["tooltip"] as { readonly formatter?: Tip } | undefined)?.formatter;

interface Pointed {
  readonly axesInfo?: readonly { readonly axisDim: string; readonly value: number }[];
}

/** Last place that begins at or before an instant. */
function placeOf(walls: readonly number[], wallMs: number): number {
  const after = walls.findIndex((wall) => wall > wallMs);
  return after === -1 ? walls.length - 1 : after - 1;
}

type ChartRef = RefObject<EChartsType | null>;

/** Hands the chart what changed of its option, as far as one can see it. */
function useDrawing(chart: ChartRef, option: EChartsCoreOption): void {
  const newest = useRef(option);
  newest.current = option;
  // Rows go on while the picture stays: what is said of a point is of the newest.
  const tip = useCallback((given: unknown) => tipOf(newest.current)?.(given) ?? "", []);
  const shown = useRef<{ readonly chart: EChartsType; readonly option: EChartsCoreOption } | null>(null);
  useEffect(() => {
    const made = chart.current;
    if (made === null) return;
    const known = shown.current?.chart === made ? shown.current.option : null;
    const size = { width: made.getWidth(), height: made.getHeight() };
    const change = optionChange(known, option, size);
    if (change.kind === "nothing") return;
    const hasTip = tipOf(option) !== undefined;
    const tooltip = hasTip ? { tooltip: { ...(option["tooltip"] as object), formatter: tip } } : {};
    if (change.kind === "parts") made.setOption({ ...change.option, ...tooltip }, { lazyUpdate: true });
    else made.setOption({ ...option, ...tooltip }, { notMerge: known !== null });
    shown.current = { chart: made, option };
  }, [chart, option, tip]);
}

/** The line at the instant that another chart of the page is pointed at. */
function useLine(
  chart: ChartRef,
  id: string,
  hasTime: boolean,
  places: RefObject<readonly number[] | undefined>,
) {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!hasTime) return;
    return useCrosshair.subscribe(({ wallMs, source }) => {
      const element = line.current;
      if (element === null) return;
      const at =
        wallMs === null ? undefined : places.current === undefined ? wallMs : placeOf(places.current, wallMs);
      const x =
        at === undefined || source === id ? undefined : chart.current?.convertToPixel({ xAxisIndex: 0 }, at);
      const isShown = x !== undefined && Number.isFinite(x) && x > 0;
      element.hidden = !isShown;
      if (isShown) element.style.transform = `translateX(${x}px)`;
    });
  }, [chart, hasTime, id, places]);
  return line;
}

function useChart({ option, walls, hasTime, onChart }: CanvasProps, id: string) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const places = useRef(walls);
  places.current = walls;
  const tell = useRef(onChart);
  tell.current = onChart;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = init(element, null, { renderer: "canvas" });
    chart.current = made;
    tell.current?.(made);
    const watcher = new ResizeObserver(() => made.resize({ animation: { duration: 0 } }));
    watcher.observe(element);
    const { point } = useCrosshair.getState();
    made.on("updateAxisPointer", (event: unknown) => {
      const value = (event as Pointed).axesInfo?.find((axis) => axis.axisDim === "x")?.value;
      if (value === undefined) return;
      point(id, places.current === undefined ? value : (places.current[value] ?? null));
    });
    made.getZr().on("globalout", () => point(id, null));
    return () => {
      watcher.disconnect();
      tell.current?.(null);
      chart.current = null;
      made.dispose();
    };
  }, [id]);
  useDrawing(chart, option);
  return { box, line: useLine(chart, id, hasTime, places) };
}

export function Canvas(props: CanvasProps) {
  const { box, line } = useChart(props, useId());
  return (
    <div className={styles.canvas} role="img" aria-label={props.label}>
      <div ref={box} className={styles.canvasBox} />
      <div ref={line} className={styles.crosshair} hidden />
    </div>
  );
}
