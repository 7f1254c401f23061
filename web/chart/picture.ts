/**
 * What a kind of chart makes of a result, before colours, zone and size: computed once a result, drawn as often as its
 * surroundings change.
 */
import type { EChartsCoreOption } from "echarts/core";
import type { ChartSettings } from "#schemas/api/dashboards";
import type { Extent } from "../extent.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import type { Note } from "./notes.ts";

export interface LegendEntry {
  readonly name: string;
  readonly label: string;
  /** Named by a column, not by a value in one. */
  readonly isMeasure: boolean;
}

export interface Picture {
  /** The column whose values the legend lists; empty when it lists columns. */
  readonly group: string;
  readonly legend: readonly LegendEntry[];
  /** What is not drawn, and why. */
  readonly notes: readonly Note[];
  /** Instants along x. */
  readonly isTime: boolean;
  /** Instants by place, when x is a row of places; else null. */
  readonly places: readonly number[] | null;
  readonly fromZero: boolean;
  /** What the value axis must show; null without an axis or without values. */
  extent(context: Omit<ChartContext, "bounds">): Extent | null;
  option(context: ChartContext): EChartsCoreOption;
}

/** The picture of a result in a kind's settings; a DATE begins when its day does in the zone. */
export type Draw = (result: ChartResult, settings: ChartSettings, zone: string) => Picture;

/** One entry a name. */
export const legendOf = (named: readonly LegendEntry[]): readonly LegendEntry[] => [
  ...new Map(named.map(({ name, label, isMeasure }) => [name, { name, label, isMeasure }])).values(),
];
