/**
 * Every kind of chart, described once: how it is drawn, what it is called, how much room it takes, what stands in its
 * place until rows come. Nothing else switches on a chart's kind; a kind without its entry is a compile error.
 */
import type { ChartKind } from "#schemas/api/dashboards";
import { drawBars } from "./bar.ts";
import { drawLines } from "./line.ts";
import type { Draw } from "./picture.ts";
import { drawRing } from "./pie.ts";

interface Described {
  /** In pickers. */
  readonly label: string;
  /** Columns and rows of the grid that a new panel takes. */
  readonly size: { readonly w: number; readonly h: number };
  /** What is drawn until the first rows come. */
  readonly skeleton: "bars" | "lines" | "number" | "ring";
}

/** A chart on a canvas is a pure function; the others are components of `panel/`. */
export type Chart = Described &
  ({ readonly body: "canvas"; readonly draw: Draw } | { readonly body: "number" | "table" | "text" });

const plot = { size: { w: 6, h: 8 }, skeleton: "bars", body: "canvas" } as const;

export const charts = {
  line: { ...plot, label: "Line", draw: drawLines },
  area: { ...plot, label: "Area", draw: drawLines },
  bar: { ...plot, label: "Bars", draw: drawBars },
  stackedBar: { ...plot, label: "Stacked bars", draw: drawBars },
  pie: { label: "Pie", size: { w: 4, h: 8 }, skeleton: "ring", body: "canvas", draw: drawRing },
  bigNumber: { label: "Big number", size: { w: 3, h: 3 }, skeleton: "number", body: "number" },
  table: { label: "Table", size: { w: 6, h: 8 }, skeleton: "lines", body: "table" },
  text: { label: "Text", size: { w: 6, h: 8 }, skeleton: "lines", body: "text" },
} as const satisfies Readonly<Record<ChartKind, Chart>>;

export const chartOf = (kind: ChartKind): Chart => charts[kind];
