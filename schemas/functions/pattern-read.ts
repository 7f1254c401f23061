/** Reads times by the parts of a date pattern. */
import { dayMs, dayOfYearOf, daysInMonth, daysOf, weekdayOf } from "#schemas/functions/calendar";
import { months, type Part, weekdays } from "#schemas/functions/pattern-parts";
import { findZone, type Zone } from "#schemas/functions/zone";

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

/** Milliseconds since 1970 of a text, or NaN when it does not fit the parts or names no real date. */
export function readByParts(parts: readonly Part[], text: string, zone: Zone): number {
  const fields = noFields();
  for (const part of parts) if (!readPart(part, text, fields)) return Number.NaN;
  return fields.at === text.length ? momentOf(fields, zone) : Number.NaN;
}
