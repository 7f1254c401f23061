/** CAST between all types. What has no answer is VALUE_SYNTAX (unreadable) or VALUE_RANGE (does not fit). */
import type { Vector } from "#schemas/batch";
import {
  canonicalDecimal,
  decimalOf,
  decimalOfNumber,
  formatDecimal,
  numberOfDecimal,
} from "#schemas/decimal";
import { StoreError, unreachable } from "#schemas/errors";
import { canCast } from "#schemas/functions/coerce";
import { doubleText, floatText } from "#schemas/functions/number-text";
import { formatDate, formatTimestamp, parseDate, parseTimestamp } from "#schemas/functions/timestamp";
import { dayAt } from "#schemas/functions/wall-clock";
import { type Zone, zoneNamed } from "#schemas/functions/zone";
import type { EvaluateContext } from "#schemas/plan/evaluator";
import { layoutOf, type SqlType, sqlTypes } from "#schemas/types";
import { hexOfBytes, parseHex } from "#server/execute/functions/hex";
import { type Call, column } from "#server/execute/functions/operand";
import { runScalar, scalar } from "#server/execute/functions/scalar";
import { checkTime, mapTimes, momentsOf } from "#server/execute/functions/time-vectors";
import {
  type DoubleVector,
  type IntVector,
  nearestDoubles,
  nullVector,
  retyped,
  type TextVector,
} from "#server/execute/functions/vectors";

const callOf = (vector: Vector, type: SqlType, context: EvaluateContext): Call => ({
  name: "cast",
  type,
  rows: vector.rows,
  args: [column(vector)],
  nulls: vector.nulls,
  context,
});

const tooLarge = (value: unknown, type: SqlType): StoreError =>
  new StoreError("VALUE_RANGE", `${value} does not fit ${type}`, { expected: type, found: String(value) });

const unreadable = (text: string, type: SqlType): StoreError => {
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  return new StoreError("VALUE_SYNTAX", `"${shown}" is not a ${type}`, { expected: type, found: shown });
};

function fits(value: bigint, type: "INT" | "LONG" | "TIMESTAMP"): bigint {
  const [least, most] = sqlTypes[type].range;
  if (value < least || value > most) throw tooLarge(value, type);
  return value;
}

/** A double's whole part as an integer of the type. */
function wholeOf(value: number, type: "INT" | "LONG" | "TIMESTAMP"): bigint {
  if (!Number.isFinite(value)) throw tooLarge(value, type);
  return fits(BigInt(Math.trunc(value)), type);
}

/** An integer written as text; of a decimal its whole part. */
function integerOfText(text: string, type: "INT" | "LONG", zone: Zone): bigint {
  const trimmed = text.trim();
  if (/^[+-]?\d{1,40}$/.test(trimmed)) return fits(BigInt(trimmed.replace("+", "")), type);
  const canonical = canonicalDecimal(trimmed);
  if (canonical !== null) return fits(BigInt(canonical.split(".")[0]), type);
  const time = type === "LONG" ? parseTimestamp(trimmed, zone) : null;
  if (time === null) throw unreadable(text, type);
  return BigInt(time);
}

/** The nearest FLOAT; of what is too near to zero the one zero there is. */
const floatOf = (value: number): number => Math.fround(value) + 0;

function doubleOfText(text: string, type: SqlType): number {
  const trimmed = text.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed) + 0;
  const named = /^([+-]?)(nan|infinity|inf)$/i.exec(trimmed);
  if (named === null) throw unreadable(text, type);
  if (named[2].toLowerCase() === "nan") return Number.NaN;
  return named[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function booleanOfText(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (word === "true" || word === "t" || word === "1" || word === "yes") return true;
  if (word === "false" || word === "f" || word === "0" || word === "no") return false;
  const number = Number(word);
  if (word === "" || Number.isNaN(number)) throw unreadable(text, "BOOLEAN");
  return number !== 0;
}

function timeOfText(text: string, zone: Zone): bigint {
  const time = parseTimestamp(text, zone);
  if (time === null) throw unreadable(text, "TIMESTAMP");
  return BigInt(time);
}

function dateOfText(text: string, zone: Zone): bigint {
  const day = parseDate(text, zone);
  if (day === null) throw unreadable(text, "DATE");
  return BigInt(day);
}

function decimalOfText(text: string): string {
  const canonical = canonicalDecimal(text);
  if (canonical === null) throw unreadable(text, "BIG_DECIMAL");
  return canonical;
}

function jsonOfText(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw unreadable(text, "JSON");
  }
}

/** JSON casts to other types as the text inside a JSON string. */
function plainText(text: string): string {
  if (!text.trimStart().startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function fromText(vector: TextVector, type: SqlType, context: EvaluateContext): Vector {
  const call = callOf(vector, type, context);
  const zone = zoneNamed(context.timeZone);
  if (vector.type === "BYTES") return scalar((bytes: Uint8Array) => hexOfBytes(bytes))(call);
  const run = (read: (text: string) => bigint | number | boolean | string | Uint8Array): Vector =>
    scalar(vector.type === "JSON" ? (text: string) => read(plainText(text)) : read)(call);
  switch (type) {
    case "INT":
    case "LONG":
      return run((text) => integerOfText(text, type, zone));
    case "FLOAT":
      return run((text) => floatOf(doubleOfText(text, type)));
    case "DOUBLE":
      return run((text) => doubleOfText(text, type));
    case "BOOLEAN":
      return run(booleanOfText);
    case "TIMESTAMP":
      return run((text) => timeOfText(text, zone));
    case "DATE":
      return run((text) => dateOfText(text, zone));
    case "BIG_DECIMAL":
      return run(decimalOfText);
    case "BYTES":
      return run(parseHex);
    case "JSON":
      return vector.type === "BIG_DECIMAL" ? retyped(vector, type) : run(jsonOfText);
    case "STRING":
      return retyped(vector, type);
    case "UNKNOWN":
      return nullVector(type, vector.rows);
    default:
      return unreachable(type);
  }
}

function fromDecimal(vector: TextVector, type: SqlType, context: EvaluateContext): Vector {
  const call = callOf(vector, type, context);
  if (type === "INT" || type === "LONG" || type === "TIMESTAMP")
    return scalar((text: string) => fits(BigInt(text.split(".")[0]), type))(call);
  if (type === "DOUBLE") return scalar((text: string) => numberOfDecimal(decimalOf(text)))(call);
  if (type === "FLOAT") return scalar((text: string) => floatOf(numberOfDecimal(decimalOf(text))))(call);
  if (type === "BOOLEAN") return scalar((text: string) => text !== "0")(call);
  return fromText(vector, type, context);
}

function fromDouble(vector: DoubleVector, type: SqlType, context: EvaluateContext): Vector {
  const call = callOf(vector, type, context);
  const { values } = vector;
  switch (type) {
    case "DOUBLE":
      return retyped(vector, type);
    case "FLOAT":
      return { ...vector, type, values: values.map(floatOf) };
    case "INT":
    case "LONG":
    case "TIMESTAMP":
      return runScalar(call, (row) => wholeOf(values[row], type));
    case "BOOLEAN":
      return runScalar(call, (row) => values[row] !== 0);
    case "BIG_DECIMAL":
      return runScalar(call, (row) => formatDecimal(decimalOfNumber(values[row])));
    default:
      return runScalar(call, (row) => (vector.type === "FLOAT" ? floatText : doubleText)(values[row]));
  }
}

function toInt(vector: IntVector, type: SqlType): Vector {
  const { values } = vector;
  if (type === "BOOLEAN") return { ...vector, type, values: values.map((value) => (value === 0n ? 0n : 1n)) };
  if (type === "INT")
    for (const value of values) if (BigInt.asIntN(32, value) !== value) throw tooLarge(value, type);
  return retyped(vector, type);
}

/** A time as a zone's wall clock shows it. */
function timeText(value: bigint, zone: Zone): string {
  const ms = Number(value);
  return formatTimestamp(zone.fixedMs === 0 ? ms : ms + zone.offsetMs(checkTime(ms)));
}

/** Days as moments, or moments as days: of the query's zone. */
function throughDays(vector: IntVector, type: "DATE" | "TIMESTAMP", context: EvaluateContext): IntVector {
  const call = callOf(vector, type, context);
  const zone = zoneNamed(context.timeZone);
  const moments = momentsOf(call, 0);
  const compute = type === "DATE" ? (ms: number) => dayAt(zone, checkTime(ms)) : (ms: number) => ms;
  return mapTimes(call, moments, -1, compute);
}

function fromInt(vector: IntVector, type: SqlType, context: EvaluateContext): Vector {
  const { values } = vector;
  if (type === "DATE") return throughDays(vector, type, context);
  if (vector.type === "DATE") {
    if (type !== "STRING") return fromInt(throughDays(vector, "TIMESTAMP", context), type, context);
    return runScalar(callOf(vector, type, context), (row) => formatDate(Number(values[row])));
  }
  if (layoutOf(type) === "int") return toInt(vector, type);
  if (layoutOf(type) === "double") {
    const doubles = nearestDoubles(values);
    const { rows, nulls } = vector;
    return {
      kind: "double",
      type,
      rows,
      values: type === "FLOAT" ? doubles.map(floatOf) : doubles,
      nulls,
    };
  }
  const call = callOf(vector, type, context);
  const zone = zoneNamed(context.timeZone);
  if (vector.type === "BOOLEAN" && type !== "BIG_DECIMAL")
    return runScalar(call, (row) => (values[row] === 0n ? "false" : "true"));
  if (vector.type === "TIMESTAMP" && type !== "BIG_DECIMAL")
    return runScalar(call, (row) => timeText(values[row], zone));
  return runScalar(call, (row) => values[row].toString());
}

/** The vector as another type; times and text meet on the wall clock of the query's zone. */
export function castVector(vector: Vector, type: SqlType, context: EvaluateContext): Vector {
  if (vector.type === type) return vector;
  if (vector.type === "UNKNOWN") return nullVector(type, vector.rows);
  if (!canCast(vector.type, type))
    throw new StoreError("FUNCTION_ARGUMENTS", `${vector.type} cannot be cast to ${type}`);
  if (type === "DATE" && (vector.kind === "double" || vector.type === "BIG_DECIMAL"))
    return castVector(castVector(vector, "TIMESTAMP", context), type, context);
  if (vector.kind === "int") return fromInt(vector, type, context);
  if (vector.kind === "double") return fromDouble(vector, type, context);
  return vector.type === "BIG_DECIMAL" ? fromDecimal(vector, type, context) : fromText(vector, type, context);
}
