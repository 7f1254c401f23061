/** A result as CSV, and names for files. */
import type { ChartSettings, NumberFormat } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import type { SqlType } from "#schemas/types";
import type { ChartResult } from "../chart/context.ts";
import { formatCell } from "../format.ts";

const quoted = (text: string): string =>
  text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Decimals that a format has by itself; undefined where it says nothing of them. */
function decimalsOf(format: NumberFormat | undefined): number | undefined {
  if (format?.kind !== "currency") return undefined;
  // A panel may show whole dollars; a file keeps the cents.
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: /^[A-Za-z]{3}$/.test(format.currency ?? "USD") ? (format.currency ?? "USD") : "USD",
  }).resolvedOptions();
  return Math.max(format.decimals ?? 0, maximumFractionDigits);
}

/** What a spreadsheet would run as a formula is a text there too. */
const asText = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

function csvCell(cell: Cell, type: SqlType | undefined, format: NumberFormat | undefined): string {
  if (cell === null) return "";
  if (typeof cell === "boolean") return String(cell);
  if (typeof cell === "string") {
    const isNumber = type !== "STRING" && type !== "JSON" && type !== "BYTES";
    return quoted(isNumber ? cell : asText(cell));
  }
  const decimals = decimalsOf(format);
  if (decimals !== undefined && Math.abs(cell) < 1e15) return String(Number(cell.toFixed(decimals)));
  return formatCell(cell, type ?? "DOUBLE");
}

/** RFC 4180, with a header line; numbers are plain, without the noise of their last digits. */
export function csvOf(result: ChartResult, settings: ChartSettings = { kind: "table" }): string {
  const { columnNames, columnTypes } = result;
  const formats = columnNames.map(
    (name) => settings.formats?.[name] ?? (settings.y?.includes(name) ? settings.format : undefined),
  );
  const lines = result.rows.map((row) =>
    row.map((cell, at) => csvCell(cell, columnTypes[at], formats[at])).join(","),
  );
  return `${[columnNames.map((name) => quoted(asText(name))).join(","), ...lines].join("\r\n")}\r\n`;
}

/** A file name out of a title. */
export const fileName = (title: string, extension: string): string =>
  `${
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
      .replaceAll(/^-|-$/g, "") || "result"
  }.${extension}`;
