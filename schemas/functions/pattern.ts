/**
 * Date patterns (Joda's and SimpleDateFormat's letters) compiled once to read and write times; queries and ingestion
 * share them. Letters: G y u Y x M d D E e w H k h K m s S a z Z X, 'quoted text', everything else as it is.
 * Month and day names are English. S is a fraction of a second: digits behind the third are read and dropped.
 */
import { StoreError } from "#schemas/errors";
import {
  dayMs,
  dayOfPacked,
  dayOfYearOf,
  daysInMonth,
  daysOf,
  monthOfPacked,
  packedDateOf,
  weekdayOf,
  weekOf,
  weekYearOf,
  yearOfPacked,
} from "#schemas/functions/calendar";
import { yearText } from "#schemas/functions/timestamp";
import { findZone, type Zone, zoneNamed } from "#schemas/functions/zone";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

interface Part {
  /** A pattern letter, or "'" for literal text. */
  readonly letter: string;
  readonly count: number;
  readonly text: string;
  /** No digits may follow unclaimed: a number right before another number has exactly `count` digits. */
  readonly adjacent: boolean;
}

const letters = "GyuYxMdDEewHkhKmsSazZX";
const numeric = (part: Part): boolean =>
  "yuYxdDewHkhKmsS".includes(part.letter) || (part.letter === "M" && part.count < 3);

function tokens(pattern: string): Part[] {
  const parts: Part[] = [];
  const literal = (text: string) => {
    const last = parts.at(-1);
    if (last?.letter === "'") parts[parts.length - 1] = { ...last, text: last.text + text };
    else parts.push({ letter: "'", count: 0, text, adjacent: false });
  };
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern[at];
    let end = at + 1;
    if (letter === "'") {
      const close = pattern.indexOf("'", end);
      if (close < 0) throw new StoreError("VALUE_SYNTAX", `the pattern "${pattern}" has an unclosed quote`);
      literal(close === end ? "'" : pattern.slice(end, close));
      end = close + 1;
    } else if (/[A-Za-z]/.test(letter)) {
      if (!letters.includes(letter))
        throw new StoreError(
          "VALUE_SYNTAX",
          `the pattern "${pattern}" has no letter "${letter}"; quote it if it is text`,
        );
      while (pattern[end] === letter) end++;
      parts.push({ letter, count: end - at, text: "", adjacent: false });
    } else literal(letter);
    at = end;
  }
  return parts.map((part, at) => ({ ...part, adjacent: at + 1 < parts.length && numeric(parts[at + 1]) }));
}

/** What reading collects; −1 and null stand for "not in the text". */
interface Fields {
  year: number;
  weekYear: number;
  month: number;
  day: number;
  dayOfYear: number;
  weekday: number;
  week: number;
  hour: number;
  halfHour: number;
  afternoon: number;
  minute: number;
  second: number;
  ms: number;
  before: boolean;
  offset: number | null;
  zone: Zone | null;
  at: number;
}

const noFields = (): Fields => ({
  year: Number.NaN,
  weekYear: Number.NaN,
  month: -1,
  day: -1,
  dayOfYear: -1,
  weekday: -1,
  week: -1,
  hour: -1,
  halfHour: -1,
  afternoon: -1,
  minute: 0,
  second: 0,
  ms: 0,
  before: false,
  offset: null,
  zone: null,
  at: 0,
});

/** Reads digits from `fields.at`; −1 when there is none. */
function readDigits(text: string, fields: Fields, most: number): number {
  let value = 0;
  const from = fields.at;
  while (fields.at < text.length && fields.at - from < most) {
    const digit = text.charCodeAt(fields.at) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    fields.at++;
  }
  return fields.at === from ? -1 : value;
}

function readYear(text: string, fields: Fields, part: Part): number {
  const sign = text[fields.at] === "-" && !part.adjacent ? -1 : 1;
  if (sign < 0) fields.at++;
  const from = fields.at;
  const value = readDigits(text, fields, part.adjacent ? part.count : 9);
  if (value < 0) return Number.NaN;
  // Two digits are within 80 years before and 20 after 2000, whatever the clock says.
  if (part.count === 2 && fields.at - from === 2) return value < 50 ? 2000 + value : 1900 + value;
  return sign * value;
}

/** The place of a name (whole or its first three letters) that the text goes on with, or −1. */
function readName(text: string, fields: Fields, names: readonly string[]): number {
  const rest = text.slice(fields.at, fields.at + 9).toLowerCase();
  const at = names.findIndex((name) => rest.startsWith(name.slice(0, 3).toLowerCase()));
  if (at >= 0) fields.at += rest.startsWith(names[at].toLowerCase()) ? names[at].length : 3;
  return at;
}

function readOffset(text: string, fields: Fields): boolean {
  const match = /^(?:([zZ])|([+-])(\d{2}):?(\d{2})?)/.exec(text.slice(fields.at, fields.at + 6));
  if (match === null) return readZone(text, fields);
  const minutes = Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  fields.offset = match[1] === undefined ? (match[2] === "-" ? -1 : 1) * minutes * 60_000 : 0;
  fields.at += match[0].length;
  return true;
}

const zoneNames: Readonly<Record<string, string>> = {
  EST: "America/New_York",
  EDT: "America/New_York",
  CST: "America/Chicago",
  CDT: "America/Chicago",
  MST: "America/Denver",
  MDT: "America/Denver",
  PST: "America/Los_Angeles",
  PDT: "America/Los_Angeles",
  CET: "Europe/Berlin",
  CEST: "Europe/Berlin",
  BST: "Europe/London",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
};

function readZone(text: string, fields: Fields): boolean {
  const match = /^[A-Za-z][A-Za-z0-9_+\-/]*/.exec(text.slice(fields.at, fields.at + 64));
  if (match === null) return false;
  fields.zone = findZone(zoneNames[match[0].toUpperCase()] ?? match[0]);
  fields.at += match[0].length;
  return fields.zone !== null;
}

function readNumber(part: Part, text: string, fields: Fields): boolean {
  const value = readDigits(
    text,
    fields,
    part.adjacent ? part.count : Math.max(part.count, part.letter === "D" ? 3 : 2),
  );
  if (value < 0) return false;
  switch (part.letter) {
    case "M":
      fields.month = value;
      return value >= 1 && value <= 12;
    case "d":
      fields.day = value;
      return value >= 1 && value <= 31;
    case "D":
      fields.dayOfYear = value;
      return value >= 1 && value <= 366;
    case "e":
      fields.weekday = value;
      return value >= 1 && value <= 7;
    case "w":
      fields.week = value;
      return value >= 1 && value <= 53;
    case "H":
      fields.hour = value;
      return value <= 23;
    case "k":
      fields.hour = value % 24;
      return value >= 1 && value <= 24;
    case "K":
      fields.halfHour = value;
      return value <= 11;
    case "h":
      fields.halfHour = value % 12;
      return value >= 1 && value <= 12;
    case "m":
      fields.minute = value;
      return value <= 59;
    default:
      fields.second = value;
      return value <= 59;
  }
}

function readFraction(text: string, fields: Fields, part: Part): boolean {
  const from = fields.at;
  const most = part.adjacent ? part.count : Math.max(part.count, 9);
  const value = readDigits(text, fields, most);
  if (value < 0) return false;
  const digits = fields.at - from;
  fields.ms = digits <= 3 ? value * 10 ** (3 - digits) : Math.floor(value / 10 ** (digits - 3));
  return true;
}

function readHalf(text: string, fields: Fields, names: readonly [string, string]): boolean {
  const word = text.slice(fields.at, fields.at + 2).toUpperCase();
  if (word !== names[0] && word !== names[1]) return false;
  fields.at += 2;
  if (names[0] === "AM") fields.afternoon = word === "PM" ? 1 : 0;
  else fields.before = word === "BC";
  return true;
}

/** Reads one part of the text into the fields; false when it does not fit. */
function readPart(part: Part, text: string, fields: Fields): boolean {
  switch (part.letter) {
    case "'":
      if (!text.startsWith(part.text, fields.at)) return false;
      fields.at += part.text.length;
      return true;
    case "G":
      return readHalf(text, fields, ["AD", "BC"]);
    case "a":
      return readHalf(text, fields, ["AM", "PM"]);
    case "y":
    case "u":
    case "Y":
      return !Number.isNaN((fields.year = readYear(text, fields, part)));
    case "x":
      return !Number.isNaN((fields.weekYear = readYear(text, fields, part)));
    case "E":
      return (fields.weekday = readName(text, fields, weekdays) + 1) > 0;
    case "S":
      return readFraction(text, fields, part);
    case "z":
      return readZone(text, fields);
    case "Z":
    case "X":
      return readOffset(text, fields);
    default:
      if (part.letter === "M" && part.count > 2)
        return (fields.month = readName(text, fields, months) + 1) > 0;
      return readNumber(part, text, fields);
  }
}

/** The day number that the fields name, or NaN when there is no such day. */
function daysOfFields(fields: Fields): number {
  if (fields.week > 0 || !Number.isNaN(fields.weekYear)) {
    const fourth = daysOf(Number.isNaN(fields.weekYear) ? 1970 : fields.weekYear, 1, 4);
    const monday = fourth - weekdayOf(fourth) + 1 + 7 * (Math.max(fields.week, 1) - 1);
    return monday + Math.max(fields.weekday, 1) - 1;
  }
  const year = Number.isNaN(fields.year) ? 1970 : fields.before ? 1 - fields.year : fields.year;
  if (fields.dayOfYear > 0) {
    const days = daysOf(year, 1, fields.dayOfYear);
    return fields.dayOfYear <= dayOfYearOf(daysOf(year, 12, 31)) ? days : Number.NaN;
  }
  const [month, day] = [Math.max(fields.month, 1), Math.max(fields.day, 1)];
  return day <= daysInMonth(year, month) ? daysOf(year, month, day) : Number.NaN;
}

function momentOf(fields: Fields, zone: Zone): number {
  const hour =
    fields.hour >= 0 ? fields.hour : Math.max(fields.halfHour, 0) + 12 * Math.max(fields.afternoon, 0);
  const clock = ((hour * 60 + fields.minute) * 60 + fields.second) * 1000 + fields.ms;
  const local = daysOfFields(fields) * dayMs + clock;
  if (Number.isNaN(local)) return local;
  return fields.offset !== null ? local - fields.offset : (fields.zone ?? zone).utcOf(local);
}

function offsetText(offsetMs: number, colon: boolean): string {
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((value) =>
    String(value).padStart(2, "0"),
  );
  return `${offsetMs < 0 ? "-" : "+"}${hour}${colon ? ":" : ""}${minute}`;
}

const padded = (value: number, part: Part): string => String(value).padStart(part.count, "0");

function writeDate(part: Part, days: number): string {
  const packed = packedDateOf(days);
  const year = yearOfPacked(packed);
  switch (part.letter) {
    case "G":
      return year > 0 ? "AD" : "BC";
    case "M": {
      const month = monthOfPacked(packed);
      if (part.count < 3) return padded(month, part);
      return part.count === 3 ? months[month - 1].slice(0, 3) : months[month - 1];
    }
    case "d":
      return padded(dayOfPacked(packed), part);
    case "D":
      return padded(dayOfYearOf(days), part);
    case "E": {
      const name = weekdays[weekdayOf(days) - 1];
      return part.count > 3 ? name : name.slice(0, 3);
    }
    case "e":
      return padded(weekdayOf(days), part);
    case "w":
      return padded(weekOf(days), part);
    default: {
      const shown = part.letter === "x" ? weekYearOf(days) : year;
      if (part.count === 2) return String(((shown % 100) + 100) % 100).padStart(2, "0");
      return part.count >= 4 ? yearText(shown) : padded(shown, part);
    }
  }
}

function writeClock(part: Part, msOfDay: number): string {
  const hour = Math.floor(msOfDay / 3_600_000);
  switch (part.letter) {
    case "H":
      return padded(hour, part);
    case "k":
      return padded(hour === 0 ? 24 : hour, part);
    case "K":
      return padded(hour % 12, part);
    case "h":
      return padded(hour % 12 === 0 ? 12 : hour % 12, part);
    case "m":
      return padded(Math.floor(msOfDay / 60_000) % 60, part);
    case "s":
      return padded(Math.floor(msOfDay / 1000) % 60, part);
    case "a":
      return hour < 12 ? "AM" : "PM";
    default:
      return String(msOfDay % 1000)
        .padStart(3, "0")
        .padEnd(part.count, "0")
        .slice(0, part.count);
  }
}

function writeZone(part: Part, zone: Zone, utcMs: number): string {
  if (part.letter === "Z" && part.count < 3) return offsetText(zone.offsetMs(utcMs), part.count === 2);
  if (part.letter === "X") {
    const offset = zone.offsetMs(utcMs);
    if (offset === 0) return "Z";
    const text = offsetText(offset, part.count > 2);
    return part.count === 1 ? text.replace(/00$/, "") : text;
  }
  return zone.name;
}

/** A compiled pattern. */
export interface DatePattern {
  /** Milliseconds since 1970, or NaN when the text does not fit the pattern or names no real date. */
  parseMs(text: string): number;
  /** As `parseMs`; null instead of NaN. */
  parse(text: string): bigint | null;
  format(ms: bigint | number): string;
}

function compile(pattern: string, zone: Zone): DatePattern {
  const parts = tokens(pattern);
  const parseMs = (text: string): number => {
    const fields = noFields();
    for (const part of parts) if (!readPart(part, text, fields)) return Number.NaN;
    return fields.at === text.length ? momentOf(fields, zone) : Number.NaN;
  };
  return {
    parseMs,
    parse: (text) => {
      const ms = parseMs(text);
      return Number.isNaN(ms) ? null : BigInt(ms);
    },
    format: (value) => {
      const ms = Number(value);
      const local = ms + zone.offsetMs(ms);
      const days = Math.floor(local / dayMs);
      let text = "";
      for (const part of parts) {
        if (part.letter === "'") text += part.text;
        else if ("zZX".includes(part.letter)) text += writeZone(part, zone, ms);
        else if ("HkKhmsSa".includes(part.letter)) text += writeClock(part, local - days * dayMs);
        else text += writeDate(part, days);
      }
      return text;
    },
  };
}

const compiled = new Map<string, DatePattern>();
const compiledMax = 256;

/** The pattern compiled for a zone; VALUE_SYNTAX when it is none. Compiled patterns are kept. */
export function parsePattern(pattern: string, zoneName: string): DatePattern {
  const key = `${zoneName}\0${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = compile(pattern, zoneNamed(zoneName));
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(key, made);
  return made;
}
