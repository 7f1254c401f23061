/** What the extractor does with each column: the kinds it knows, and for which columns it knows none. */
import { bytesOf } from "#ingestion/decode/utf8";
import type { Limits } from "#schemas/limits";
import type { Column, TimeFormat } from "#schemas/table";
import type { SqlType } from "#schemas/types";

/** As in values.as.ts. `raw`: it finds the value's end and leaves the rest. */
export const fieldKinds = {
  raw: 0,
  int: 1,
  long: 2,
  double: 3,
  float: 4,
  boolean: 5,
  string: 6,
  time: 7,
  ignored: 8,
} as const;

export interface ExtractedField {
  readonly text: string;
  readonly name: Uint8Array;
  /** −1: counted only. */
  readonly column: number;
  readonly kind: number;
  /** Longer strings are left to TypeScript. */
  readonly textMax: number;
  /** Milliseconds of one unit of a time given as a number. */
  readonly unit: number;
  /** How a time given as text looks; 0: not a text that it reads. */
  readonly shape: number;
  /** A time may be given as a number. */
  readonly counts: boolean;
}

const anyFraction = 0xff;
const zAllowed = 1 << 16;
const pattern = /^yyyy-MM-dd(?:'([ -~])'|([ _]))HH:mm:ss(?:\.(S{1,9}))?$/;

/**
 * Separator, digits of the fraction and what may follow, as times.as.ts `timeOf` takes them; 0 for none.
 */
function shapeOf(format: TimeFormat | undefined): number {
  if (format?.kind !== "pattern") return (anyFraction << 8) | zAllowed;
  if (format.zone !== "UTC") return 0;
  const match = pattern.exec(format.pattern);
  if (match === null) return 0;
  return (match[1] ?? match[2]).charCodeAt(0) | ((match[3]?.length ?? 0) << 8);
}

const kinds = {
  INT: fieldKinds.int,
  LONG: fieldKinds.long,
  FLOAT: fieldKinds.float,
  DOUBLE: fieldKinds.double,
  BOOLEAN: fieldKinds.boolean,
  STRING: fieldKinds.string,
  TIMESTAMP: fieldKinds.time,
  BIG_DECIMAL: fieldKinds.raw,
  JSON: fieldKinds.raw,
  BYTES: fieldKinds.raw,
  DATE: fieldKinds.raw,
  UNKNOWN: fieldKinds.raw,
} as const satisfies Record<SqlType, number>;

export function fieldOf(column: Column, at: number, limits: Limits): ExtractedField {
  const format = column.timeFormat;
  const unit = format?.kind === "epoch" ? format.unitMs * format.size : 1;
  return {
    text: column.name,
    name: bytesOf(column.name),
    column: at,
    kind: kinds[column.type],
    textMax: Math.min(limits.textBytes, column.textLengthMax ?? limits.textBytes),
    unit,
    shape: shapeOf(format),
    counts: format?.kind !== "pattern" && unit >= 1 && Number.isInteger(unit),
  };
}
