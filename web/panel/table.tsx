/** A result as a table panel: formats, bars and thresholds by column. */
import { useMemo } from "react";
import type { ChartSettings, NumberFormat } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import type { SqlType } from "#schemas/types";
import { type ChartResult, columnAt } from "../chart/context.ts";
import {
  alignOf,
  formatCell,
  formatNumber,
  formatValue,
  instantOfCell,
  instantOfTime,
  missing,
  numberOfCell,
} from "../format.ts";
import { DataGrid, type GridColumn, type Tone } from "../grid/data-grid.tsx";
import { preciseText } from "../time.ts";
import { niceCeiling } from "./nice.ts";
import { usePanelPage } from "./page-context.ts";

function formatterOf(type: SqlType, format: NumberFormat | undefined, zone: string) {
  return (cell: Cell): string => {
    if (cell === null) return missing;
    if (format?.kind === "time") return formatNumber(instantOfTime(cell, type, zone), format, zone);
    if (format !== undefined) return formatValue(cell, format, zone);
    const instantMs = type === "TIMESTAMP" ? instantOfCell(cell) : null;
    // Without a format every digit is shown: a number may be an id.
    return instantMs === null ? formatCell(cell, type) : preciseText(instantMs, zone);
  };
}

/** The strictest threshold that a value is at or below, as "low" tables read them. */
function toneOf(settings: ChartSettings, name: string) {
  const own = (settings.thresholds ?? [])
    .filter((threshold) => threshold.column === undefined || threshold.column === name)
    .toSorted((left, right) => left.at - right.at);
  if (own.length === 0) return undefined;
  return (cell: Cell): Tone | undefined => {
    const value = numberOfCell(cell);
    return value === null ? undefined : own.find((threshold) => value <= threshold.at)?.tone;
  };
}

function largest(result: ChartResult, at: number): number {
  let most = 0;
  for (const row of result.rows) most = Math.max(most, numberOfCell(row[at]) ?? 0);
  return most;
}

export function TablePanel({
  result,
  settings,
  label,
}: {
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly label: string;
}) {
  const { zone } = usePanelPage();
  // Columns depend on what bars reach, rounded up, so that they change rarely while values do.
  const barMaxima = (settings.bars ?? []).map((name) => niceCeiling(largest(result, columnAt(result, name))));
  const key = JSON.stringify([result.columnNames, result.columnTypes, barMaxima]);
  const columns = useMemo(() => {
    const [names, types, maxima] = JSON.parse(key) as [string[], SqlType[], number[]];
    return names.map((name, at): GridColumn => {
      const type = types[at] ?? "STRING";
      const format = settings.formats?.[name];
      const tone = toneOf(settings, name);
      const bar = settings.bars?.indexOf(name) ?? -1;
      return {
        name: `${at} ${name}`,
        label: settings.labels?.[name] ?? name,
        align: format !== undefined && format.kind !== "time" ? "right" : alignOf(type),
        format: formatterOf(type, format, zone),
        ...(tone === undefined ? {} : { tone }),
        ...(bar < 0 ? {} : { barMax: maxima[bar]! }),
      };
    });
  }, [key, settings, zone]);
  return <DataGrid label={label} columns={columns} rows={result.rows} />;
}
