/**
 * One JSON value → one stage cell of a column's type. A coercion keeps the value or refuses it: nothing is
 * rounded to fit. Integers may be written as strings or as 12.0, times by the column's format, doubles as
 * "NaN" and "Infinity".
 */
import type { Cells } from "#ingestion/decode/cells";
import { type JsonScanner, JsonScanner as Scanner, valueKinds } from "#ingestion/decode/json-scanner";
import { bytesOf, textOf, trimText } from "#ingestion/decode/utf8";
import { formatDecimal, parseDecimal } from "#schemas/decimal";
import { timeMsMax } from "#schemas/functions/calendar";
import { parsePattern } from "#schemas/functions/pattern";
import { parseTimestamp } from "#schemas/functions/timestamp";
import { utc } from "#schemas/functions/zone";
import type { Limits } from "#schemas/limits";
import type { Column, TimeFormat } from "#schemas/table";
import { sqlTypes } from "#schemas/types";

/** Writes the scanner's current value; answers "" or why not. `textFull` asks for an emptier stage. */
export type Coercion = (scanner: JsonScanner, cells: Cells, row: number) => string;

export const textFull = "the stage's text area is full";

const kindNames = ["null", "true", "false", "a number", "a number", "text", "an object", "an array"];

/** The characters of the scanned string, escapes resolved; of anything else its JSON. */
export function scannedText(scanner: JsonScanner): string {
  if (!scanner.escaped || scanner.kind !== valueKinds.string) {
    return textOf(scanner.bytes, scanner.start, scanner.stop);
  }
  return JSON.parse(`"${textOf(scanner.bytes, scanner.start, scanner.stop)}"`) as string;
}

const isBoolean = (kind: number): boolean => kind === valueKinds.true || kind === valueKinds.false;
const isNumber = (kind: number): boolean => kind === valueKinds.integer || kind === valueKinds.number;

/** The whole number that a text says ("12", "+12", "12.0", "1.2e3"), or null. */
function wholeNumber(text: string): bigint | null {
  const trimmed = text.trim();
  if (/^[+-]?\d{1,4096}$/.test(trimmed)) return BigInt(trimmed.startsWith("+") ? trimmed.slice(1) : trimmed);
  const decimal = parseDecimal(trimmed);
  if (decimal === null) return null;
  const plain = formatDecimal(decimal);
  return plain.includes(".") ? null : BigInt(plain);
}

/** The integer of up to 15 digits in the span, or NaN when it is not one: the way most numbers go. */
function smallInteger(bytes: Uint8Array, start: number, stop: number): number {
  const negative = bytes[start] === 0x2d;
  const first = negative ? start + 1 : start;
  if (stop - first > 15) return Number.NaN;
  let value = 0;
  for (let at = first; at < stop; at++) value = value * 10 + bytes[at] - 0x30;
  return negative ? 0 - value : value;
}

export function coercionOf(column: Column, at: number, limits: Limits): Coercion {
  switch (column.type) {
    case "INT":
    case "LONG":
    case "DATE": // no column has it: see columnTypes
    case "UNKNOWN":
      return integerCoercion(column, at);
    case "FLOAT":
    case "DOUBLE":
      return doubleCoercion(column, at);
    case "BOOLEAN":
      return booleanCoercion(column, at);
    case "TIMESTAMP":
      return timestampCoercion(column, at);
    case "BIG_DECIMAL":
      return decimalCoercion(column, at);
    case "STRING":
      return stringCoercion(column, at, limits);
    case "JSON":
      return jsonCoercion(column, at, limits);
    case "BYTES":
      return bytesCoercion(column, at, limits);
  }
}

const wrong = (column: Column, kind: number): string =>
  `column ${column.name}: expected ${column.type} but found ${kindNames[kind]}`;
const outOfRange = (column: Column): string =>
  `column ${column.name}: the number is out of ${column.type}'s range`;

function integerCoercion(column: Column, at: number): Coercion {
  const entry = sqlTypes[column.type];
  const [low, high] = "range" in entry ? entry.range : [0n, 0n];
  const lowest = Number(low);
  const highest = Number(high);
  return (scanner, cells, row) => {
    const { kind } = scanner;
    if (kind === valueKinds.integer) {
      const small = smallInteger(scanner.bytes, scanner.start, scanner.stop);
      if (!Number.isNaN(small)) {
        if (small < lowest || small > highest) return outOfRange(column);
        cells.setSmallInt(at, row, small);
        return "";
      }
    }
    if (isBoolean(kind)) {
      cells.setSmallInt(at, row, kind === valueKinds.true ? 1 : 0);
      return "";
    }
    if (kind > valueKinds.string) return wrong(column, kind);
    const whole = wholeNumber(scannedText(scanner));
    if (whole === null) return isNumber(kind) ? notWhole(column) : wrong(column, kind);
    if (whole < low || whole > high) return outOfRange(column);
    cells.setInt(at, row, whole);
    return "";
  };
}

const notWhole = (column: Column): string =>
  `column ${column.name}: expected a whole number for ${column.type} but found a fraction`;

const doubleWords: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["+Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);
const doublePattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function doubleCoercion(column: Column, at: number): Coercion {
  const isFloat = column.type === "FLOAT";
  return (scanner, cells, row) => {
    const { kind } = scanner;
    if (isBoolean(kind)) {
      cells.setDouble(at, row, kind === valueKinds.true ? 1 : 0);
      return "";
    }
    if (kind > valueKinds.string) return wrong(column, kind);
    const text = scannedText(scanner);
    let value: number;
    if (isNumber(kind)) value = Number(text);
    else {
      const trimmed = text.trim();
      const word = doubleWords.get(trimmed);
      if (word !== undefined) {
        cells.setDouble(at, row, word);
        return "";
      }
      if (!doublePattern.test(trimmed)) return wrong(column, kind);
      value = Number(trimmed);
    }
    if (isFloat) value = Math.fround(value);
    if (!Number.isFinite(value)) return outOfRange(column);
    cells.setDouble(at, row, value);
    return "";
  };
}

function booleanCoercion(column: Column, at: number): Coercion {
  return (scanner, cells, row) => {
    const { kind } = scanner;
    let value = -1;
    if (isBoolean(kind)) value = kind === valueKinds.true ? 1 : 0;
    else if (isNumber(kind) || kind === valueKinds.string) {
      const text = scannedText(scanner).trim().toLowerCase();
      if (text === "true" || text === "1") value = 1;
      else if (text === "false" || text === "0") value = 0;
    }
    if (value < 0) return wrong(column, kind);
    cells.setSmallInt(at, row, value);
    return "";
  };
}

/** A count of the format's units since 1970 → ms, exactly; finer units are cut off towards the past. */
function epochMs(count: bigint, format: TimeFormat | undefined): bigint {
  if (format?.kind !== "epoch") return count;
  const scaled = count * BigInt(format.size);
  if (format.unitMs >= 1) return scaled * BigInt(format.unitMs);
  const perMs = BigInt(Math.round(1 / format.unitMs));
  const floor = scaled / perMs;
  return scaled < 0n && scaled % perMs !== 0n ? floor - 1n : floor;
}

const calendarEnd = BigInt(timeMsMax);

function timestampCoercion(column: Column, at: number): Coercion {
  const format = column.timeFormat;
  const isPattern = format?.kind === "pattern";
  const pattern = isPattern ? parsePattern(format.pattern, format.zone) : null;
  const unit = format?.kind === "epoch" ? format.unitMs * format.size : 1;
  const isWhole = !isPattern && unit >= 1;
  return (scanner, cells, row) => {
    const { kind } = scanner;
    if (kind === valueKinds.integer && isWhole) {
      const small = smallInteger(scanner.bytes, scanner.start, scanner.stop) * unit;
      if (Math.abs(small) <= timeMsMax) {
        cells.setSmallInt(at, row, small);
        return "";
      }
    }
    if (!isNumber(kind) && kind !== valueKinds.string) return wrong(column, kind);
    const text = scannedText(scanner);
    const count = isPattern ? null : wholeNumber(text);
    if (count !== null) {
      const moment = epochMs(count, format);
      // One such time would fail every query that truncates times to hours or days.
      if (moment < -calendarEnd || moment > calendarEnd)
        return `column ${column.name}: the time lies outside the calendar; is it in another unit?`;
      cells.setInt(at, row, moment);
      return "";
    }
    const moment = pattern === null ? parseTimestamp(text, utc) : pattern.parseMs(text);
    if (moment === null || Number.isNaN(moment))
      return `column ${column.name}: expected ${timeExpected(format)} but found ${kindNames[kind]}`;
    cells.setSmallInt(at, row, moment);
    return "";
  };
}

function timeExpected(format: TimeFormat | undefined): string {
  if (format?.kind === "pattern") return `a time as ${format.pattern}`;
  const count = format?.kind === "epoch" ? "a count of time units" : "ms";
  return `a TIMESTAMP (${count} or yyyy-mm-dd hh:mm:ss)`;
}

function decimalCoercion(column: Column, at: number): Coercion {
  return (scanner, cells, row) => {
    const { kind } = scanner;
    if (isBoolean(kind))
      return cells.putText(at, row, bytesOf(kind === valueKinds.true ? "1" : "0")) ? "" : textFull;
    if (kind > valueKinds.string) return wrong(column, kind);
    const decimal = parseDecimal(scannedText(scanner));
    if (decimal === null) return isNumber(kind) ? outOfRange(column) : wrong(column, kind);
    return cells.putText(at, row, bytesOf(formatDecimal(decimal))) ? "" : textFull;
  };
}

function stringCoercion(column: Column, at: number, limits: Limits): Coercion {
  const lengthMax = column.textLengthMax ?? Number.POSITIVE_INFINITY;
  const tooLong = `column ${column.name}: the text is longer than textBytes = ${limits.textBytes}`;
  return (scanner, cells, row) => {
    const bytes = scanner.stop - scanner.start;
    const plain = scanner.kind !== valueKinds.string || !scanner.escaped;
    // A text never has more UTF-16 units than bytes.
    if (plain && bytes <= lengthMax) {
      if (bytes > limits.textBytes) return tooLong;
      cells.setText(at, row, scanner.start, bytes);
      return "";
    }
    const text = bytesOf(trimText(scannedText(scanner), lengthMax));
    if (text.length > limits.textBytes) return tooLong;
    return cells.putText(at, row, text) ? "" : textFull;
  };
}

/** A JSON column keeps the value's text as written; a string is itself JSON text, as Pinot has it. */
function jsonCoercion(column: Column, at: number, limits: Limits): Coercion {
  const inner = new Scanner();
  const tooLong = `column ${column.name}: the JSON is longer than textBytes = ${limits.textBytes}`;
  return (scanner, cells, row) => {
    if (scanner.kind !== valueKinds.string) {
      if (scanner.stop - scanner.start > limits.textBytes) return tooLong;
      cells.setText(at, row, scanner.start, scanner.stop - scanner.start);
      return "";
    }
    const text = bytesOf(scannedText(scanner));
    if (text.length > limits.textBytes) return tooLong;
    inner.reset(text, 0, text.length);
    if (!inner.whole()) return `column ${column.name}: the text is not JSON`;
    return cells.putText(at, row, text) ? "" : textFull;
  };
}

const hexPattern = /^(?:[0-9a-fA-F]{2})*$/;

function bytesCoercion(column: Column, at: number, limits: Limits): Coercion {
  return (scanner, cells, row) => {
    if (scanner.kind !== valueKinds.string) return wrong(column, scanner.kind);
    const text = scannedText(scanner).trim();
    if (!hexPattern.test(text))
      return `column ${column.name}: expected BYTES in hexadecimal but found other text`;
    const bytes = new Uint8Array(text.length >> 1);
    if (bytes.length > limits.textBytes)
      return `column ${column.name}: more bytes than textBytes = ${limits.textBytes}`;
    for (let index = 0; index < bytes.length; index++) {
      bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
    }
    return cells.putText(at, row, bytes) ? "" : textFull;
  };
}
