/** A dashboard is data: a definition file drawn by the generic renderer. Kept in the catalog with versions. */
import { z } from "zod";
import { idDetail, idFault } from "#schemas/api/ids";
import { byName, documentId, instantMs, list, shape } from "#schemas/api/shape";
import { checked } from "#schemas/definition/check";
import { StoreError } from "#schemas/errors";

/** As `shape`, and unknown keys are refused: a dashboard file is written by hand. */
const strict = <Fields extends z.core.$ZodShape>(fields: Fields) => z.strictObject(fields).readonly();

const optionalText = z.string().exactOptional();

const numberFormat = strict({
  kind: z.enum(["number", "currency", "percent", "bytes", "duration", "time"]),
  currency: optionalText,
  decimals: z.number().int().min(0).max(12).exactOptional(),
  unit: optionalText,
  compact: z.boolean().exactOptional(),
});
export type NumberFormat = z.infer<typeof numberFormat>;

const chartKind = z.enum(["bigNumber", "line", "area", "bar", "stackedBar", "pie", "table", "text"]);
export type ChartKind = z.infer<typeof chartKind>;

const threshold = strict({ at: z.number(), tone: z.enum(["good", "warn", "bad"]), column: optionalText });

const chartSettings = strict({
  kind: chartKind,
  x: optionalText.describe("Column of the result for the x axis or the categories"),
  y: list(z.string()).exactOptional().describe("Measures"),
  series: optionalText.describe("Column whose values make one series each"),
  format: numberFormat.exactOptional(),
  formats: byName(numberFormat).exactOptional().describe("Per column, for tables"),
  labels: byName(z.string()).exactOptional(),
  bars: list(z.string()).exactOptional().describe("Table columns drawn with a bar behind the number"),
  cumulative: z.boolean().exactOptional().describe("Running total of the measures along x"),
  bucketMs: z
    .number()
    .positive()
    .exactOptional()
    .describe("Width of a time bucket, so that the open one can be drawn in progress"),
  comparisonLabel: optionalText.describe(
    "Big number: the SQL returns one row (value, previous), trendSql a series (time, value)",
  ),
  goodWhen: z.enum(["up", "down", "neither"]).exactOptional().describe("Which direction of a change is good"),
  thresholds: list(threshold).exactOptional(),
  text: optionalText,
});
export type ChartSettings = z.infer<typeof chartSettings>;

const panel = strict({
  id: documentId,
  title: z.string(),
  subtitle: optionalText,
  table: z.string(),
  sql: z.string().describe("May use :from, :to (ms since 1970) and :zone"),
  trendSql: optionalText,
  lookup: strict({ column: z.string(), sql: z.string() })
    .exactOptional()
    .describe("Shows names instead of a column's values: sql answers (value, name)"),
  chart: chartSettings,
  at: strict({
    x: z.number().int().min(0).max(11),
    y: z.number().int().min(0),
    w: z.number().int().min(1).max(12),
    h: z.number().int().min(1).max(100),
  }).describe("Grid of 12 columns, rows of 32 px"),
});
export type Panel = z.infer<typeof panel>;

const fields = {
  title: z.string().min(1),
  description: optionalText,
  from: z.string().describe('Default range, as in the URL: "now-24h", "today" …'),
  to: z.string(),
  zone: optionalText,
  colours: byName(z.number().int().min(0).max(7))
    .exactOptional()
    .describe("Places in the palette of eight, by category; the others follow from their names"),
  panels: z.array(panel).max(100).readonly(),
};

/** The dashboard's own shape; JSON Schema for editors comes from it. */
export const dashboardType = strict({
  id: documentId,
  ...fields,
  version: z.number().int().min(0).default(0),
  updatedMs: z.number().default(0),
}).meta({ id: "Dashboard" });
export type Dashboard = z.infer<typeof dashboardType>;

/** PUT /api/dashboards/{id}: the path has the id, the server the time. */
export const dashboardRequest = strict({
  id: documentId.exactOptional(),
  ...fields,
  version: z
    .number()
    .int()
    .min(0)
    .exactOptional()
    .describe("The stored version that this one follows; 0 for a new one"),
  updatedMs: z.number().exactOptional(),
}).meta({ id: "DashboardRequest" });

export const dashboardSummary = shape({
  id: z.string(),
  title: z.string(),
  description: optionalText,
  panels: z.number().int(),
  version: z.number().int(),
  updatedMs: instantMs,
  damaged: z.string().exactOptional().describe("Why it cannot be read, and what to do; absent: it can"),
}).meta({ id: "DashboardSummary" });
export type DashboardSummary = z.infer<typeof dashboardSummary>;

/** A dashboard's form alone: one that is stored may have ids of before the rule. TABLE_DEFINITION has the JSON path. */
export const readDashboard = (json: unknown): Dashboard => checked(dashboardType, json);

const panelFault = (index: number, id: string, message: string): StoreError => {
  const at = `$.panels[${index}].id`;
  return new StoreError("TABLE_DEFINITION", `${at}: ${message}.`, idDetail(id, "document", at));
};

/** What is wrong with the ids of the panels that `stored` does not have; null: nothing. */
export function panelIdFault(dashboard: Dashboard, stored: Dashboard | null): StoreError | null {
  const kept = stored?.panels.map(({ id }) => id) ?? [];
  const seen = new Set<string>();
  for (const [index, { id }] of dashboard.panels.entries()) {
    const place = kept.indexOf(id);
    if (place >= 0) kept.splice(place, 1);
    else {
      const fault = idFault(id, "document");
      if (fault !== null) return panelFault(index, id, fault);
      if (seen.has(id))
        return panelFault(index, id, `expected an id of its own, but "${id}" is another panel's`);
    }
    seen.add(id);
  }
  return null;
}

/** A new dashboard as its renderer takes it; throws TABLE_DEFINITION's kind of error with the JSON path. */
export function parseDashboard(json: unknown): Dashboard {
  const dashboard = readDashboard(json);
  const message = idFault(dashboard.id, "document");
  if (message !== null)
    throw new StoreError("TABLE_DEFINITION", `$.id: ${message}.`, idDetail(dashboard.id, "document", "$.id"));
  const fault = panelIdFault(dashboard, null);
  if (fault !== null) throw fault;
  return dashboard;
}
