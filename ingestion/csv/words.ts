/** What the words of a CSV field say: CSV has no types, so spelling is all there is. */
import type { SqlType } from "#schemas/types";

/** Words that stand for a missing value where a number, a time or a boolean is expected. */
const nullMarkers: ReadonlySet<string> = new Set(
  [
    "na",
    "n/a",
    "#n/a",
    "null",
    "#null!",
    "\\n",
    "none",
    "nil",
    "nan",
    "nat",
    "<na>",
    "-",
    "--",
    "?",
    ".",
  ].concat("(null)"),
);

export const isNullMarker = (text: string): boolean => nullMarkers.has(text.trim().toLowerCase());

/** PostgreSQL's and MySQL's dumps write a missing text so; nobody means these two characters. */
export const textNullMarker = "\\N";

const whole = /^[+-]?(?:0|[1-9]\d*)$/;
const fraction = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const comma = /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/;
const word = /^(?:true|false)$/i;
const time = /^\d{4}-\d\d?-\d\d?(?:[ T]\d|$)|^\d\d?[/.]\d\d?[/.]\d{4}\b|^\d\d?:\d\d/;

export type FieldKind = "empty" | "whole" | "number" | "boolean" | "time" | "text";

/** `007` is no number: its zeros mean something. */
export function kindOf(text: string): FieldKind {
  const trimmed = text.trim();
  if (trimmed === "" || isNullMarker(trimmed)) return "empty";
  if (whole.test(trimmed)) return "whole";
  if (fraction.test(trimmed)) return "number";
  if (word.test(trimmed)) return "boolean";
  return time.test(trimmed) ? "time" : "text";
}

/** "1.234,5" as "1234.5", where semicolons between fields show that the comma is the decimal sign. */
export const withDecimalPoint = (text: string): string =>
  comma.test(text.trim()) ? text.trim().replaceAll(".", "").replace(",", ".") : text;

/** What is not text reads words of its own: numbers bare, so that the extractor takes them, and null markers. */
export const isTextType = (type: SqlType | undefined): boolean =>
  type === undefined || type === "STRING" || type === "JSON" || type === "BYTES";
