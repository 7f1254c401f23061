/** Numbers and texts that are times: in which unit, or by which pattern. */
import { isTimeName } from "#ingestion/infer/names";
import { parsePattern } from "#schemas/functions/pattern";
import { parseTimestamp } from "#schemas/functions/timestamp";
import { utc } from "#schemas/functions/zone";

export interface TimeGuess {
  readonly format: string;
  readonly note: string | null;
}

/** Counts of a unit since 1970 that lie between 1990 and 2100. */
const yearMs = 31_556_952_000;
const epochUnits = [
  ["SECONDS", 1000],
  ["MILLISECONDS", 1],
  ["MICROSECONDS", 1e-3],
  ["NANOSECONDS", 1e-6],
] as const;

function epochGuess(texts: readonly string[]): TimeGuess | null {
  const counts = texts.map(Number);
  const unit = epochUnits.find(([, unitMs]) =>
    counts.every((count) => count * unitMs > 20 * yearMs && count * unitMs < 130 * yearMs),
  )?.[0];
  if (unit === undefined) return null;
  const format = unit === "MILLISECONDS" ? "TIMESTAMP" : `EPOCH|${unit}|1`;
  return { format, note: `counts ${unit.toLowerCase()} since 1970.` };
}

/** Digits alone are a time only where the name says so. */
const digitPatterns = ["yyyyMMdd", "yyyyMMddHHmmss", "yyyyMMddHHmm"] as const;
const textPatterns = [
  "yyyy-MM-dd HH:mm:ss.SSSSSS",
  "yyyy/MM/dd HH:mm:ss",
  "yyyy/MM/dd HH:mm",
  "yyyy/MM/dd",
  "yyyy.MM.dd HH:mm:ss",
  "yyyy.MM.dd",
  "dd/MM/yyyy HH:mm:ss",
  "MM/dd/yyyy HH:mm:ss",
  "MM/dd/yyyy hh:mm:ss a",
  "dd/MM/yyyy HH:mm",
  "MM/dd/yyyy HH:mm",
  "MM/dd/yyyy hh:mm a",
  "MM/dd/yyyy",
  "dd/MM/yyyy",
  "dd.MM.yyyy HH:mm:ss",
  "dd.MM.yyyy HH:mm",
  "dd.MM.yyyy",
  "dd-MM-yyyy HH:mm:ss",
  "MM-dd-yyyy HH:mm:ss",
  "dd-MM-yyyy",
  "MM-dd-yyyy",
  "dd-MMM-yyyy HH:mm:ss",
  "dd-MMM-yyyy",
  "dd MMM yyyy HH:mm:ss",
  "dd MMM yyyy",
  "MMM dd, yyyy",
  "dd/MMM/yyyy:HH:mm:ss Z",
  "yyyyMMdd'T'HHmmss'Z'",
  "yyyyMMdd'T'HHmmss",
  "EEE MMM dd HH:mm:ss Z yyyy",
  "EEE MMM dd HH:mm:ss yyyy",
  "EEE, dd MMM yyyy HH:mm:ss Z",
] as const;

const fits = (pattern: string, texts: readonly string[]): boolean => {
  const { parseMs } = parsePattern(pattern, "UTC");
  return texts.every((text) => !Number.isNaN(parseMs(text)));
};

/** Whole numbers, as they are spelled. */
export function timeOfNumbers(name: string, texts: readonly string[]): TimeGuess | null {
  if (!isTimeName(name)) return null;
  const epoch = epochGuess(texts);
  if (epoch !== null) return epoch;
  const pattern = digitPatterns.find(
    (one) => texts.every((text) => text.length === one.length) && fits(one, texts),
  );
  return pattern === undefined
    ? null
    : { format: `SIMPLE_DATE_FORMAT|${pattern}`, note: `reads as ${pattern}.` };
}

export function timeOfTexts(name: string, texts: readonly string[]): TimeGuess | null {
  if (texts.every((text) => /\d{4}-\d\d?-\d\d?/.test(text) && parseTimestamp(text, utc) !== null))
    return { format: "TIMESTAMP", note: null };
  if (texts.every((text) => /^\d+$/.test(text))) {
    const guess = timeOfNumbers(name, texts);
    return guess === null ? null : { ...guess, note: `holds times as text that ${guess.note}` };
  }
  const [first, second] = textPatterns.filter((pattern) => fits(pattern, texts));
  if (first === undefined) return null;
  const doubt = second === undefined ? "" : ` It fits ${second} too: check which is meant.`;
  return { format: `SIMPLE_DATE_FORMAT|${first}`, note: `reads as ${first}.${doubt}` };
}
