/**
 * Date patterns (Joda's and SimpleDateFormat's letters) compiled once to read and write times; queries and ingestion
 * share them. Letters: G y u Y x M d D E e w H k h K m s S a z Z X, 'quoted text', everything else as it is.
 * Month and day names are English. S is a fraction of a second: digits behind the third are read and dropped.
 */
import { dayMs } from "#schemas/functions/calendar";
import { partsOf } from "#schemas/functions/pattern-parts";
import { readByParts } from "#schemas/functions/pattern-read";
import { writeByParts } from "#schemas/functions/pattern-write";
import { startOfDay } from "#schemas/functions/wall-clock";
import { type Zone, zoneNamed } from "#schemas/functions/zone";
import { schemaBounds } from "#schemas/limits";

/** A compiled pattern. */
export interface DatePattern {
  /** Milliseconds since 1970, or NaN when the text does not fit the pattern or names no real date. */
  parseMs(text: string): number;
  /** As `parseMs`; null instead of NaN. */
  parse(text: string): bigint | null;
  format(ms: bigint | number): string;
  /** A day of the calendar, counted from 1970-01-01, at its first moment. */
  formatDay(day: number): string;
}

function compile(pattern: string, zone: Zone): DatePattern {
  const parts = partsOf(pattern);
  const parseMs = (text: string): number => readByParts(parts, text, zone);
  return {
    parseMs,
    parse: (text) => {
      const ms = parseMs(text);
      return Number.isNaN(ms) ? null : BigInt(ms);
    },
    format: (time) => {
      const ms = Number(time);
      return writeByParts(parts, { ms, local: ms + zone.offsetMs(ms) }, zone);
    },
    formatDay: (day) => writeByParts(parts, { ms: startOfDay(zone, day), local: day * dayMs }, zone),
  };
}

const compiled = new Map<string, DatePattern>();
const compiledMax = schemaBounds.patternsKept;

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
