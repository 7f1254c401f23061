/** The URL's search part: plain readable text (`?from=now-24h&tz=UTC`), typed per page. */

export interface DashboardSearch {
  readonly from?: string;
  readonly to?: string;
  readonly tz?: string;
  /** Panel that fills the page. */
  readonly zoom?: string;
  /** "on" while the dashboard is changed. */
  readonly edit?: "on";
  /** "off" while paused. */
  readonly live?: "off";
}

const consoleViews = ["results", "chart", "plan", "statistics"] as const;
export interface ConsoleSearch {
  readonly sql?: string;
  readonly view?: (typeof consoleViews)[number];
}

const tableViews = ["overview", "columns", "segments", "ingestion", "rejects", "configuration"] as const;
export interface TableSearch {
  readonly view?: (typeof tableViews)[number];
}

type Raw = Readonly<Record<string, unknown>>;

export function parseSearch(text: string): Raw {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Raw): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString().replaceAll("%3A", ":").replaceAll("%2F", "/");
  return text === "" ? "" : `?${text}`;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

function compact<Shape extends object>(shape: { [Name in keyof Shape]: Shape[Name] | undefined }): Shape {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Shape;
}

export const dashboardSearch = (raw: Raw): DashboardSearch =>
  compact<DashboardSearch>({
    from: textOf(raw["from"]),
    to: textOf(raw["to"]),
    tz: textOf(raw["tz"]),
    zoom: textOf(raw["zoom"]),
    edit: raw["edit"] === "on" ? "on" : undefined,
    live: raw["live"] === "off" ? "off" : undefined,
  });

export const consoleSearch = (raw: Raw): ConsoleSearch =>
  compact<ConsoleSearch>({
    sql: textOf(raw["sql"]),
    view: consoleViews.find((view) => view === raw["view"]),
  });

export const tableSearch = (raw: Raw): TableSearch =>
  compact<TableSearch>({ view: tableViews.find((view) => view === raw["view"]) });
