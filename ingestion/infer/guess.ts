/** What was seen of one field → the column that takes all of it, and what there is to ask about. */

import { JsonScanner } from "#ingestion/decode/json-scanner";
import { bytesOf } from "#ingestion/decode/utf8";
import type { Cell } from "#ingestion/infer/cell";
import { isKeyName } from "#ingestion/infer/names";
import { timeOfNumbers, timeOfTexts } from "#ingestion/infer/times";
import { parseDecimal } from "#schemas/decimal";
import type { SqlType } from "#schemas/types";

export interface Field {
  readonly name: string;
  /** Without nulls. */
  readonly cells: readonly Cell[];
  readonly nulls: number;
}

export interface Guess {
  readonly dataType: SqlType;
  readonly role: "dimension" | "metric" | "dateTime";
  readonly format?: string;
  readonly notes: readonly string[];
}

const dimension = (dataType: SqlType, ...notes: readonly string[]): Guess => ({
  dataType,
  role: "dimension",
  notes,
});

export function guessOf({ name, cells }: Field): Guess {
  const present = cells.filter(({ kind }) => kind !== "marker");
  const markers = cells.filter(({ kind }) => kind === "marker").map(({ text }) => text);
  if (present.length === 0)
    return dimension("STRING", "has only missing values in the sample: STRING is a guess.");
  const isAll = (kind: Cell["kind"]) => present.every((cell) => cell.kind === kind);
  const texts = present.map(({ text }) => text);
  if (isAll("text")) return textGuess(name, texts, markers);
  const missing = missingNotes(markers, "read as missing values.");
  if (isAll("boolean")) return dimension("BOOLEAN", ...missing);
  if (isAll("number")) {
    const guess = numberGuess(name, texts);
    return { ...guess, notes: [...guess.notes, ...missing] };
  }
  if (present.some(({ kind }) => kind === "nested")) {
    const isJson = present.every(({ kind, text }) => kind !== "text" || isJsonText(text));
    return isJson
      ? dimension("JSON", "has objects or arrays: kept as JSON.")
      : dimension("STRING", "has objects beside texts: kept as text.");
  }
  return dimension("STRING", `has values of several kinds (${mixOf(present)}): kept as text.`);
}

/** The first odd ones out say most. */
function mixOf(cells: readonly Cell[]): string {
  const examples = new Map(cells.map(({ kind, text }) => [kind, text]));
  return [...examples].map(([kind, text]) => `${kind} ${JSON.stringify(text.slice(0, 20))}`).join(", ");
}

function missingNotes(markers: readonly string[], meaning: string): readonly string[] {
  const words = [...new Set(markers)].filter((word) => word.trim() !== "").slice(0, 5);
  if (words.length === 0) return [];
  const rows = markers.filter((word) => word.trim() !== "").length;
  const shown = words.map((word) => `"${word}"`).join(", ");
  return [`has ${shown} in ${rows} ${rows === 1 ? "row" : "rows"}: ${meaning}`];
}

const isWhole = (text: string): boolean => /^[+-]?\d+$/.test(text);
const digitsOf = (text: string): number =>
  text.replace(/[eE].*$/, "").replaceAll(/^[+-]?[0.]*|[+.-]/g, "").length;

/** A double keeps 17 digits, and whole numbers up to 2^53. */
function isDouble(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && (isWhole(text) ? Number.isSafeInteger(value) : digitsOf(text) <= 17);
}

function numberGuess(name: string, texts: readonly string[]): Guess {
  if (texts.every(isWhole)) {
    const time = timeOfNumbers(name, texts);
    if (time !== null)
      return {
        dataType: "TIMESTAMP",
        role: "dateTime",
        format: time.format,
        notes: time.note === null ? [] : [time.note],
      };
    const isLong = texts.every(
      (text) => BigInt.asIntN(64, BigInt(text.replace("+", ""))) === BigInt(text.replace("+", "")),
    );
    if (isLong) return { dataType: "LONG", role: isKeyName(name) ? "dimension" : "metric", notes: [] };
  }
  if (texts.every(isDouble)) return { dataType: "DOUBLE", role: "metric", notes: [] };
  if (texts.some((text) => parseDecimal(text) === null))
    return dimension("STRING", "has numbers past all number types: kept as text.");
  return {
    dataType: "BIG_DECIMAL",
    role: "metric",
    notes: ["has numbers with more digits than DOUBLE or LONG keeps."],
  };
}

function textGuess(name: string, texts: readonly string[], markers: readonly string[]): Guess {
  const time = timeOfTexts(name, texts);
  if (time !== null) {
    const missing = missingNotes(markers, "read as missing values.");
    const notes = time.note === null ? missing : [time.note, ...missing];
    return { dataType: "TIMESTAMP", role: "dateTime", format: time.format, notes };
  }
  const kept = missingNotes(markers, "kept as text; list it under missing values if it means none.");
  if (markers.length === 0 && texts.every((text) => /^\s*[[{]/.test(text) && isJsonText(text)))
    return dimension("JSON", "is JSON within text.");
  if (texts.every(isHumanNumber))
    return dimension(
      "STRING",
      `reads like numbers (${texts[0]}), but not as JSON writes them: kept as text.`,
      ...kept,
    );
  return dimension("STRING", ...kept);
}

/** "$1,200.50", "45 %", "1 234": what people write for people. */
const isHumanNumber = (text: string): boolean =>
  /^[^\p{L}\d]{0,3}-?\d[\d.,'\u00A0\u202F ]*\s?(?:%|\p{Sc})?$/u.test(text.trim()) &&
  !/^0\d/.test(text.trim()) &&
  !/[./]\d+[./]/.test(text);

function isJsonText(text: string): boolean {
  const bytes = bytesOf(text);
  const scanner = new JsonScanner();
  scanner.reset(bytes, 0, bytes.length);
  return scanner.whole();
}
