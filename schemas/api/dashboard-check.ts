/** Checks a dashboard definition from a file or a PUT; the fault names its JSON path. */
import { z } from "zod";
import type { Dashboard } from "#schemas/api/dashboards";
import { checked } from "#schemas/definition/check";

const format = z.strictObject({
  kind: z.enum(["number", "currency", "percent", "bytes", "duration", "time"]),
  currency: z.string().optional(),
  decimals: z.number().int().min(0).max(12).optional(),
  unit: z.string().optional(),
  compact: z.boolean().optional(),
});

const threshold = z.strictObject({
  at: z.number(),
  tone: z.enum(["good", "warn", "bad"]),
  column: z.string().optional(),
});

const chart = z.strictObject({
  kind: z.enum(["bigNumber", "line", "area", "bar", "stackedBar", "pie", "table", "text"]),
  x: z.string().optional(),
  y: z.array(z.string()).optional(),
  series: z.string().optional(),
  format: format.optional(),
  formats: z.record(z.string(), format).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  bars: z.array(z.string()).optional(),
  cumulative: z.boolean().optional(),
  bucketMs: z.number().positive().optional(),
  comparisonLabel: z.string().optional(),
  goodWhen: z.enum(["up", "down", "neither"]).optional(),
  thresholds: z.array(threshold).optional(),
  text: z.string().optional(),
});

const panel = z.strictObject({
  id: z.string().min(1),
  title: z.string(),
  subtitle: z.string().optional(),
  table: z.string(),
  sql: z.string(),
  trendSql: z.string().optional(),
  lookup: z.strictObject({ column: z.string(), sql: z.string() }).optional(),
  chart,
  at: z.strictObject({
    x: z.number().int().min(0).max(11),
    y: z.number().int().min(0),
    w: z.number().int().min(1).max(12),
    h: z.number().int().min(1).max(100),
  }),
});

/** The dashboard's own shape; JSON Schema for editors comes from it. */
export const dashboardType = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/, "expected lower-case letters, digits and -"),
  title: z.string().min(1),
  description: z.string().optional(),
  from: z.string(),
  to: z.string(),
  zone: z.string().optional(),
  panels: z.array(panel).max(100),
  version: z.number().int().min(0).default(0),
  updatedMs: z.number().default(0),
});

/** A dashboard as its renderer takes it; throws TABLE_DEFINITION's kind of error with the JSON path. */
export const parseDashboard = (json: unknown): Dashboard => checked(dashboardType, json) as Dashboard;
