/** Units of time by every name that SQL, Pinot and its clients use for them. */

export const timeUnits = [
  "MILLISECOND",
  "SECOND",
  "MINUTE",
  "HOUR",
  "DAY",
  "WEEK",
  "MONTH",
  "QUARTER",
  "YEAR",
] as const;

export type TimeUnit = (typeof timeUnits)[number];

const shortNames: Readonly<Record<string, TimeUnit>> = {
  MS: "MILLISECOND",
  S: "SECOND",
  SEC: "SECOND",
  M: "MINUTE",
  MIN: "MINUTE",
  H: "HOUR",
  HR: "HOUR",
  D: "DAY",
  W: "WEEK",
  MON: "MONTH",
  Q: "QUARTER",
  Y: "YEAR",
  YR: "YEAR",
};

/** The unit of that name (any case, plural or short, quoted SQL_TSI_ names), or null. */
export function unitNamed(name: string): TimeUnit | null {
  const upper = name
    .trim()
    .toUpperCase()
    .replace(/^SQL_TSI_/, "");
  const single = upper.length > 2 && upper.endsWith("S") ? upper.slice(0, -1) : upper;
  return timeUnits.find((unit) => unit === single) ?? shortNames[single] ?? null;
}

/** Milliseconds of the units that always have the same length; WEEK too, though it also has a first day. */
export const unitMs: Readonly<Partial<Record<TimeUnit, number>>> = {
  MILLISECOND: 1,
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 604_800_000,
};
