/** A dashboard is data: a definition file drawn by the generic renderer. Kept in the catalog with versions. */

export type ChartKind = "bigNumber" | "line" | "area" | "bar" | "stackedBar" | "pie" | "table" | "text";

export interface NumberFormat {
  readonly kind: "number" | "currency" | "percent" | "bytes" | "duration" | "time";
  readonly currency?: string;
  readonly decimals?: number;
  readonly unit?: string;
  readonly compact?: boolean;
}

export interface ChartSettings {
  readonly kind: ChartKind;
  /** Column of the result for the x axis or the categories. */
  readonly x?: string;
  /** Measures. */
  readonly y?: readonly string[];
  /** Column whose values make one series each. */
  readonly series?: string;
  readonly format?: NumberFormat;
  /** Per column, for tables. */
  readonly formats?: Readonly<Record<string, NumberFormat>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Table columns drawn with a bar behind the number. */
  readonly bars?: readonly string[];
  /** Running total of the measures along x. */
  readonly cumulative?: boolean;
  /** Width of a time bucket, so that the open one can be drawn in progress. */
  readonly bucketMs?: number;
  /** Big number: the SQL returns one row (value, previous) and `trendSql` a series (time, value). */
  readonly comparisonLabel?: string;
  /** Which direction of a delta is good. */
  readonly goodWhen?: "up" | "down" | "neither";
  readonly thresholds?: readonly {
    readonly at: number;
    readonly tone: "good" | "warn" | "bad";
    readonly column?: string;
  }[];
  readonly text?: string;
}

export interface Panel {
  readonly id: string;
  readonly title: string;
  readonly subtitle?: string;
  readonly table: string;
  /** May use :from, :to (ms since 1970) and :zone. */
  readonly sql: string;
  readonly trendSql?: string;
  /** Shows names instead of a column's values: `sql` answers (value, name). */
  readonly lookup?: { readonly column: string; readonly sql: string };
  readonly chart: ChartSettings;
  /** Grid of 12 columns, rows of 32 px. */
  readonly at: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

export interface Dashboard {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  /** Default range, as in the URL: "now-24h", "today" … */
  readonly from: string;
  readonly to: string;
  readonly zone?: string;
  readonly panels: readonly Panel[];
  readonly version: number;
  readonly updatedMs: number;
}

export interface DashboardSummary {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly panels: number;
  readonly version: number;
  readonly updatedMs: number;
}
