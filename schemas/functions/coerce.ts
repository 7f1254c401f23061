/**
 * Implicit casts: which type arguments meet in. Text literals adapt to their partners ('2026-01-01' beside a
 * TIMESTAMP is one); text columns never do, so that a typo is an error and not a slow scan.
 */

import { besidePartners, isTextLiteral, numberTypeOf, partnersOf } from "#schemas/functions/literals";
import type { Accepts, Argument } from "#schemas/functions/signature";
import { isDateText } from "#schemas/functions/timestamp";
import type { SqlType } from "#schemas/types";

export const isInteger = (type: SqlType): boolean => type === "INT" || type === "LONG";
export const isFloating = (type: SqlType): boolean => type === "FLOAT" || type === "DOUBLE";
const isNumber = (type: SqlType): boolean => isInteger(type) || isFloating(type) || type === "BIG_DECIMAL";
export const isText = (type: SqlType): boolean => type === "STRING" || type === "JSON";

function commonNumber(types: readonly SqlType[]): SqlType {
  if (types.includes("BIG_DECIMAL")) return "BIG_DECIMAL";
  if (types.every((type) => type === "FLOAT")) return "FLOAT";
  if (types.some(isFloating)) return "DOUBLE";
  return types.includes("LONG") ? "LONG" : "INT";
}

function commonOf(given: readonly SqlType[]): SqlType | null {
  if (given.every((type) => type === given[0])) return given[0];
  // Beside anything else a DATE is the first moment of its day.
  const types = given.map((type) => (type === "DATE" ? "TIMESTAMP" : type));
  if (types.every((type) => type === "TIMESTAMP")) return "TIMESTAMP";
  if (types.every(isNumber)) return commonNumber(types);
  if (types.every(isText)) return "STRING";
  if (types.every((type) => isNumber(type) || type === "BOOLEAN"))
    return commonNumber(types.map((type) => (type === "BOOLEAN" ? "INT" : type)));
  if (types.every((type) => isInteger(type) || type === "TIMESTAMP")) return "TIMESTAMP";
  if (types.every((type) => isNumber(type) || type === "TIMESTAMP"))
    return commonNumber(types.map((type) => (type === "TIMESTAMP" ? "LONG" : type)));
  return null;
}

/** Types without those of NULL literals, which fit any. */
const knownOf = (args: readonly Argument[]): readonly Argument[] =>
  args.filter((argument) => argument.type !== "UNKNOWN");

function commonBeside(args: readonly Argument[], isComparison: boolean): SqlType | null {
  const given = knownOf(args);
  if (given.length === 0) return "UNKNOWN";
  const partners = partnersOf(given, { isComparison });
  // 2 = 2.0 compares as integers too.
  const alone = given.some(({ type }) => isInteger(type)) ? "LONG" : null;
  const meeting = partners.length === 0 ? alone : commonOf(partners);
  const known = besidePartners(given, meeting, { isComparison });
  const columns = known.filter((argument) => !isTextLiteral(argument)).map((argument) => argument.type);
  if (columns.length === 0 || columns.length === known.length)
    return commonOf(known.map((argument) => argument.type));
  const partner = commonOf(columns);
  if (partner === null || isText(partner)) return partner && "STRING";
  // '2026-03-29' beside a DATE is one; with a time behind it both are moments.
  if (partner === "DATE")
    return known.every((argument) => !isTextLiteral(argument) || isDateText(String(argument.literal)))
      ? "DATE"
      : "TIMESTAMP";
  if (!isNumber(partner)) return partner;
  const literals = known.filter(isTextLiteral).map((argument) => numberTypeOf(String(argument.literal)));
  return commonNumber([partner, ...literals]);
}

/** The one type that all arguments can be cast to, or null. NULL literals fit any. */
export const commonType = (args: readonly Argument[]): SqlType | null => commonBeside(args, false);

/** As `commonType`, but a whole number beside integers is an integer: the comparison stays exact. */
export const comparisonType = (args: readonly Argument[]): SqlType | null => commonBeside(args, true);

const castNumberLiteral = (argument: Argument): SqlType | null =>
  isTextLiteral(argument) ? numberTypeOf(String(argument.literal)) : null;

/** The type an argument has after its cast for a parameter; null when it does not fit. */
export function typeFor(accepts: Accepts, argument: Argument): SqlType | null {
  const { type, literal } = argument;
  switch (accepts) {
    case "any":
    case "common":
      return type;
    case "number":
      if (type === "UNKNOWN") return "DOUBLE";
      if (type === "BOOLEAN") return "INT";
      if (type === "TIMESTAMP") return "LONG";
      return isNumber(type) ? type : castNumberLiteral(argument);
    case "integer":
      if (isInteger(type)) return type;
      if (type === "UNKNOWN" || type === "TIMESTAMP") return "LONG";
      if (type === "BOOLEAN") return "INT";
      if (typeof literal === "number" && Number.isSafeInteger(literal)) return "LONG";
      return castNumberLiteral(argument) === "LONG" ? "LONG" : null;
    case "double":
      if (isFloating(type)) return type;
      if (type === "BYTES" || type === "DATE") return null;
      return type === "STRING" && !isTextLiteral(argument) ? null : "DOUBLE";
    case "text":
      return type === "JSON" ? type : "STRING";
    case "boolean":
      if (isInteger(type) || type === "BOOLEAN" || type === "UNKNOWN") return "BOOLEAN";
      return isTextLiteral(argument) ? "BOOLEAN" : null;
    case "time":
      if (type === "INT" || type === "LONG") return "LONG";
      if (typeof literal === "number" && Number.isSafeInteger(literal)) return "LONG";
      if (type === "DATE") return "DATE";
      if (type === "TIMESTAMP" || type === "UNKNOWN") return "TIMESTAMP";
      return isTextLiteral(argument) ? "TIMESTAMP" : null;
    case "bytes":
      return type === "BYTES" || type === "UNKNOWN" || isTextLiteral(argument) ? "BYTES" : null;
  }
}

const castNames: Readonly<Record<string, SqlType>> = {
  INT: "INT",
  INTEGER: "INT",
  INT4: "INT",
  SMALLINT: "INT",
  TINYINT: "INT",
  LONG: "LONG",
  BIGINT: "LONG",
  INT8: "LONG",
  FLOAT: "FLOAT",
  REAL: "FLOAT",
  FLOAT4: "FLOAT",
  DOUBLE: "DOUBLE",
  "DOUBLE PRECISION": "DOUBLE",
  FLOAT8: "DOUBLE",
  DECIMAL: "BIG_DECIMAL",
  NUMERIC: "BIG_DECIMAL",
  BIG_DECIMAL: "BIG_DECIMAL",
  BIGDECIMAL: "BIG_DECIMAL",
  BOOLEAN: "BOOLEAN",
  BOOL: "BOOLEAN",
  TIMESTAMP: "TIMESTAMP",
  DATETIME: "TIMESTAMP",
  DATE: "DATE",
  STRING: "STRING",
  VARCHAR: "STRING",
  CHAR: "STRING",
  TEXT: "STRING",
  JSON: "JSON",
  BYTES: "BYTES",
  VARBINARY: "BYTES",
  BINARY: "BYTES",
  BYTEA: "BYTES",
};

/** The type that CAST(… AS name) names, or null. */
export const castTypeOf = (name: string): SqlType | null =>
  castNames[name.trim().toUpperCase().replace(/\s+/g, " ")] ?? null;

/** All names CAST takes, for error messages. */
export const castTypeNames: readonly string[] = Object.keys(castNames);

/** Whether a cast can be asked for at all; a value may still not fit. */
export function canCast(from: SqlType, to: SqlType): boolean {
  if (from === to || from === "UNKNOWN" || to === "STRING" || from === "STRING") return to !== "UNKNOWN";
  if (from === "BYTES" || to === "BYTES" || to === "UNKNOWN") return false;
  if (from === "JSON") return true;
  const isTime = (type: SqlType): boolean => type === "TIMESTAMP" || type === "DATE";
  if (to === "JSON") return !isTime(from);
  return !(isTime(from) && to === "BOOLEAN") && !(from === "BOOLEAN" && isTime(to));
}
