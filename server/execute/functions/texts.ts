/** Functions on text, value by value. Positions and lengths count code points. */

import { StoreError } from "#schemas/errors";
import { changeCase } from "#server/execute/functions/ascii";
import { compareEntries } from "#server/execute/functions/compare";
import { base64OfBytes, hexOfBytes, parseBase64, parseHex } from "#server/execute/functions/hex";
import { editDistance } from "#server/execute/functions/levenshtein";
import { likeBytesMatcher, likeMatcher } from "#server/execute/functions/like";
import {
  constantOf,
  isConstant,
  isNull,
  type Kernel,
  optionalText,
  stringsOf,
  textOf,
} from "#server/execute/functions/operand";
import { regexOf } from "#server/execute/functions/regex";
import { regexpExtract, regexpReplace } from "#server/execute/functions/regex-replace";
import { runScalar, scalar } from "#server/execute/functions/scalar";
import { bounded, joinTexts, replaceAll } from "#server/execute/functions/text-bound";
import { length } from "#server/execute/functions/text-length";
import { utf8Of } from "#server/execute/functions/vectors";

/** Whether every code unit is a character of its own. */
const isSimple = (text: string): boolean => !/[\ud800-\udfff]/.test(text);

const countOf = (text: string): number => (isSimple(text) ? text.length : Array.from(text).length);

/** Characters [begin, end). */
function sliceOf(text: string, begin: number, end: number): string {
  const [from, until] = [Math.max(0, begin), Math.max(0, end)];
  return isSimple(text) ? text.slice(from, until) : Array.from(text).slice(from, until).join("");
}

/** A place in code units as one in characters. */
const characterAt = (text: string, at: number): number => (at <= 0 ? at : countOf(text.slice(0, at)));

function substr(text: string, begin: number, end = -1): string {
  return sliceOf(text, begin, end === -1 ? Number.POSITIVE_INFINITY : end);
}

/** SQL's SUBSTRING: places before the first count against the length. */
function substring(text: string, begin: number, count = Number.POSITIVE_INFINITY): string {
  if (count < 0) throw new StoreError("VALUE_RANGE", `substring takes a count of 0 or more, found ${count}`);
  return sliceOf(text, begin - 1, begin - 1 + count);
}

function repeat(text: string, second: string | number | bigint, third?: number): string {
  const separator = third === undefined ? "" : String(second);
  const times = Math.max(0, Number(third === undefined ? second : third));
  if (!Number.isFinite(times))
    throw new StoreError("FUNCTION_ARGUMENTS", `repeat takes a number of times, found ${second}`);
  const each = text.length + separator.length;
  bounded(each * times);
  if (each === 0) return "";
  return Array.from({ length: times }, () => text).join(separator);
}

function padding(text: string, length: number, pad: string): string {
  bounded(length);
  const missing = length - countOf(text);
  if (missing <= 0 || pad === "") return "";
  return sliceOf(pad.repeat(Math.ceil(missing / countOf(pad))), 0, missing);
}

function trimmer(side: "both" | "start" | "end"): (text: string, characters?: string) => string {
  return (text, characters) => {
    // Without characters Java's trim: everything up to the space.
    const isDropped =
      characters === undefined
        ? (point: string) => point <= " "
        : (point: string) => characters.includes(point);
    const points = isSimple(text) ? text : Array.from(text);
    let [from, until] = [0, points.length];
    if (side !== "end") while (from < until && isDropped(points[from])) from++;
    if (side !== "start") while (until > from && isDropped(points[until - 1])) until--;
    return typeof points === "string" ? points.slice(from, until) : points.slice(from, until).join("");
  };
}

function strpos(text: string, find: string, nth = 1): number {
  // An empty text is found at every place for ever.
  if (nth > text.length + 1) return -1;
  let at = -1;
  for (let found = 0; found < nth; found++) {
    at = text.indexOf(find, at + 1);
    if (at < 0) return -1;
  }
  return characterAt(text, at);
}

function initcap(text: string): string {
  return text.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => {
    const first = String.fromCodePoint(word.codePointAt(0)!);
    return first.toUpperCase() + word.slice(first.length);
  });
}

function splitPart(text: string, separator: string, index: number): string | null {
  const parts = separator === "" ? [text] : text.split(separator);
  return parts[index] ?? null;
}

function translate(text: string, from: string, to: string): string {
  const [sources, targets] = [Array.from(from), Array.from(to)];
  return Array.from(text, (point) => {
    const at = sources.indexOf(point);
    return at < 0 ? point : (targets[at] ?? "");
  }).join("");
}

function chr(point: number): string {
  if (!(point >= 0 && point <= 0x10ffff) || (point >= 0xd800 && point <= 0xdfff))
    throw new StoreError("VALUE_RANGE", `${point} is not the number of a character`);
  return String.fromCodePoint(point);
}

function strcmp(left: string, right: string): number {
  const entriesOf = (text: string) => {
    const bytes = utf8Of(text);
    return { count: 1, offsets: Uint32Array.of(0, bytes.length), bytes };
  };
  return compareEntries(entriesOf(left), 0, entriesOf(right), 0);
}

function urlDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new StoreError("VALUE_SYNTAX", `expected text with URL escapes, found "${text.slice(0, 64)}"`);
  }
}

const concat: Kernel = (call) => {
  const parts = call.args.map((arg) => ({
    arg,
    text: arg.vector.type === "UNKNOWN" ? () => "" : stringsOf(arg),
  }));
  const at = (row: number, part: (typeof parts)[number]): string =>
    part.arg.vector.type === "UNKNOWN" || isNull(part.arg, row) ? "" : part.text(row);
  if (parts.length === 3)
    return runScalar(withoutSharing(call), (row) =>
      joinTexts([at(row, parts[0]), at(row, parts[1])], at(row, parts[2])),
    );
  return runScalar(withoutSharing(call), (row) => joinTexts(parts.map((part) => at(row, part))));
};

/** Entries do not tell a NULL from an empty text, so calls that take NULLs run row by row. */
const withoutSharing = (call: Parameters<Kernel>[0]) =>
  call.args.some((arg) => arg.vector.nulls !== null || arg.vector.type === "UNKNOWN")
    ? { ...call, args: [] }
    : call;

const concatWS: Kernel = (call) => {
  const [separator, ...texts] = call.args;
  const known = texts.filter((arg) => arg.vector.type !== "UNKNOWN");
  const readers = known.map(stringsOf);
  const isMissing = separator.vector.type === "UNKNOWN";
  const between = isMissing ? () => "" : stringsOf(separator);
  return runScalar(withoutSharing(call), (row) => {
    if (isMissing || isNull(separator, row)) return null;
    const parts = readers.filter((_, at) => !isNull(known[at], row)).map((reader) => reader(row));
    return joinTexts(parts, between(row));
  });
};

const concatenate: Kernel = (call) => {
  const readers = call.args.map(stringsOf);
  return runScalar(call, (row) => joinTexts(readers.map((reader) => reader(row))));
};

const like: Kernel = (call) => {
  const ignoreCase = call.args.length > 2 && constantOf(call, 2) === true;
  const options = { ignoreCase, escape: optionalText(call, 3) ?? "\\" };
  if (isConstant(call.args[1])) {
    const matches = likeBytesMatcher(String(constantOf(call, 1)), options);
    const { ids, entries } = textOf(call.args[0]);
    const { mask } = call.args[0];
    return runScalar(call, (row) => {
      const id = ids[row & mask];
      return matches(entries.bytes, entries.offsets[id], entries.offsets[id + 1]);
    });
  }
  return scalar((text: string, pattern: string) => likeMatcher(pattern, options)(text))(call);
};

export const textKernels: Readonly<Record<string, Kernel>> = {
  like,
  concat,
  concatWS,
  concatenate,
  regexpLike: scalar((text: string, pattern: string, flags = "") => regexOf(pattern, flags).test(text)),
  regexpExtract: scalar(regexpExtract),
  regexpReplace: scalar(regexpReplace),
  regexpCount: scalar((text: string, pattern: string) => [...regexOf(pattern, "").findAll(text)].length),
  upper: changeCase(
    "upper",
    scalar((text: string) => text.toUpperCase()),
  ),
  lower: changeCase(
    "lower",
    scalar((text: string) => text.toLowerCase()),
  ),
  initcap: scalar(initcap),
  reverse: scalar((text: string) => Array.from(text).reverse().join("")),
  trim: scalar(trimmer("both")),
  ltrim: scalar(trimmer("start")),
  rtrim: scalar(trimmer("end")),
  length,
  octetLength: scalar((value: unknown) =>
    value instanceof Uint8Array ? value.length : utf8Of(String(value)).length,
  ),
  substr: scalar(substr),
  substring: scalar(substring),
  left: scalar((text: string, count: number) => sliceOf(text, 0, count)),
  right: scalar((text: string, count: number) => {
    const length = countOf(text);
    return sliceOf(text, length - Math.max(0, count), length);
  }),
  replace: scalar(replaceAll),
  remove: scalar((text: string, find: string) => (find === "" ? text : text.replaceAll(find, ""))),
  translate: scalar(translate),
  lpad: scalar((text: string, length: number, pad = " ") => padding(text, length, pad) + text),
  rpad: scalar((text: string, length: number, pad = " ") => text + padding(text, length, pad)),
  repeat: scalar(repeat),
  startsWith: scalar((text: string, prefix: string) => text.startsWith(prefix)),
  endsWith: scalar((text: string, suffix: string) => text.endsWith(suffix)),
  contains: scalar((text: string, find: string) => text.includes(find)),
  strpos: scalar(strpos),
  strrpos: scalar((text: string, find: string) => characterAt(text, text.lastIndexOf(find))),
  splitPart: scalar(splitPart),
  chr: scalar(chr),
  codepoint: scalar((text: string) => text.codePointAt(0) ?? 0),
  strcmp: scalar(strcmp),
  levenshteinDistance: scalar((left: string, right: string) => {
    bounded(left.length * right.length);
    return editDistance(Array.from(left), Array.from(right));
  }),
  urlEncode: scalar((text: string) => {
    bounded(text.length);
    return encodeURIComponent(text.toWellFormed());
  }),
  urlDecode: scalar(urlDecode),
  toUtf8: scalar((text: string) => utf8Of(text)),
  fromUtf8: scalar((bytes: Uint8Array) => new TextDecoder().decode(bytes.slice())),
  bytesToHex: scalar((bytes: Uint8Array) => hexOfBytes(bytes)),
  hexToBytes: scalar(parseHex),
  toBase64: scalar((bytes: Uint8Array) => base64OfBytes(bytes)),
  fromBase64: scalar(parseBase64),
};
