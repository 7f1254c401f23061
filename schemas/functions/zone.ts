/**
 * Time zones as tables of transitions, taken from Intl once per zone and year and kept. Offsets are milliseconds that
 * local time is ahead of UTC. A local time that a change skips is read as if the clock had not been set forward yet
 * (02:30 where 02:00 became 03:00 is 03:30, as in Java and PostgreSQL); one that occurs twice means the first.
 */
import { StoreError } from "#schemas/errors";
import { dayMs, daysOf, timeMsMax, yearOfDays } from "#schemas/functions/calendar";
import { schemaBounds } from "#schemas/limits";
import { didYouMean } from "#schemas/suggest";

export interface Zone {
  readonly name: string;
  /** The one offset of a zone without changes, or null. */
  readonly fixedMs: number | null;
  /** How far local time is ahead at that moment. */
  offsetMs(utcMs: number): number;
  /** The moment of a local time. */
  utcOf(localMs: number): number;
  /** The first moment at which the wall clock shows a local time, or a later one when a change skips it. */
  firstOf(localMs: number): number;
  /** The moment until which the offset of `utcMs` is known to stay. */
  steadyUntil(utcMs: number): number;
  /** The moment since which the offset of `utcMs` is known to hold. */
  steadyFrom(utcMs: number): number;
}

function fixedZone(name: string, offset: number): Zone {
  const utcOf = (localMs: number): number => localMs - offset;
  return {
    name,
    fixedMs: offset,
    offsetMs: () => offset,
    utcOf,
    firstOf: utcOf,
    steadyUntil: () => Number.POSITIVE_INFINITY,
    steadyFrom: () => Number.NEGATIVE_INFINITY,
  };
}

export const utc: Zone = fixedZone("UTC", 0);

/** "GMT+05:30:15" as milliseconds. */
function offsetOfText(text: string): number {
  const match = /([+\-−])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (match === null) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === "+" ? 1 : -1) * seconds * 1000;
}

const yearFirst = 1850;
/** Four hundred years of today's rules stand for all that follow. */
const yearLast = 2499;
const startOfYear = (year: number): number => daysOf(year, 1, 1) * dayMs;
const firstMs = startOfYear(yearFirst);
const lastMs = startOfYear(yearLast + 1);
/** Weekdays and leap years repeat after 400 years, so rules that hold for ever do too. */
const cycleMs = 146_097 * dayMs;
/** Two changes of a zone were never nearer than four days (Freetown, 1939). */
const probesPerYear = 104;

/** Moments at which a zone's offset changes within one year, and the offset from each on. */
interface YearTable {
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
}

class IntlZone implements Zone {
  readonly name: string;
  readonly fixedMs = null;
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, YearTable>();
  /** The stretch of the last answer: times come in runs. */
  #from = 0;
  #until = 0;
  #offset = 0;

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
    this.name = this.#format.resolvedOptions().timeZone;
  }

  offsetMs(utcMs: number): number {
    if (utcMs >= this.#from && utcMs < this.#until) return this.#offset;
    if (!(utcMs >= -timeMsMax && utcMs <= timeMsMax))
      throw new StoreError("VALUE_RANGE", `${utcMs} ms is outside the years that have a calendar`);
    if (utcMs >= lastMs) return this.offsetMs(utcMs - Math.ceil((utcMs - lastMs + 1) / cycleMs) * cycleMs);
    const { starts, offsets } = this.#year(yearOfDays(Math.floor(Math.max(utcMs, firstMs) / dayMs)));
    let at = starts.length - 1;
    while (at > 0 && starts[at] > utcMs) at--;
    this.#from = utcMs < firstMs ? -timeMsMax : starts[at];
    this.#until = utcMs < firstMs ? firstMs : (starts[at + 1] ?? this.#nextYear(starts[0]));
    this.#offset = offsets[at];
    return this.#offset;
  }

  utcOf(localMs: number): number {
    const early = localMs - this.offsetMs(localMs - dayMs);
    const offset = this.offsetMs(early);
    const late = localMs - offset;
    if (early === late) return early;
    // The offset changed on the way: `late` is right unless the change lies between both.
    return this.offsetMs(late) === offset ? late : early;
  }

  firstOf(localMs: number): number {
    const moment = this.utcOf(localMs);
    const offset = this.offsetMs(moment);
    if (moment + offset <= localMs) return moment;
    // A change skips the local time: the change itself, which lies less than the skipped time before.
    let [low, high] = [localMs - offset, moment];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetMs(middle) === offset) high = middle;
      else low = middle;
    }
    return high;
  }

  steadyUntil(utcMs: number): number {
    this.offsetMs(utcMs);
    return utcMs < this.#until ? this.#until : utcMs + 1;
  }

  steadyFrom(utcMs: number): number {
    this.offsetMs(utcMs);
    return utcMs >= this.#from && utcMs < this.#until ? this.#from : utcMs;
  }

  #nextYear(startMs: number): number {
    return startOfYear(yearOfDays(Math.floor(startMs / dayMs)) + 1);
  }

  #probe(utcMs: number): number {
    for (const part of this.#format.formatToParts(utcMs))
      if (part.type === "timeZoneName") return offsetOfText(part.value);
    return 0;
  }

  #year(year: number): YearTable {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    const [from, until] = [startOfYear(year), startOfYear(year + 1)];
    const starts = [from];
    const offsets = [this.#probe(from)];
    for (let step = 1; step <= probesPerYear; step++) {
      let low = Math.floor((from + ((until - from) * (step - 1)) / probesPerYear) / 1000) * 1000;
      const end = Math.floor((from + ((until - from) * step) / probesPerYear) / 1000) * 1000;
      const offset = this.#probe(end);
      if (offset === offsets.at(-1)) continue;
      let high = end;
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2000) * 1000;
        if (this.#probe(middle) === offsets.at(-1)) low = middle;
        else high = middle;
      }
      if (high >= until) continue;
      starts.push(high);
      offsets.push(offset);
    }
    const table = { starts, offsets };
    this.#years.set(year, table);
    return table;
  }
}

const zones = new Map<string, Zone>();
const zonesMax = schemaBounds.zonesKept;

/** No clock is further from UTC; the bound is Java's. */
const offsetMax = 18 * 3_600_000;

function makeZone(name: string): Zone | null {
  if (/^(utc|z|gmt|etc\/utc|zulu)$/i.test(name)) return utc;
  if (/^(utc|gmt)?[+-]\d{1,2}(:?[0-5]\d)?$/i.test(name)) {
    const offset = offsetOfText(name);
    return Math.abs(offset) <= offsetMax ? fixedZone(name, offset) : null;
  }
  try {
    return new IntlZone(name);
  } catch {
    return null;
  }
}

/** The zone of an IANA name, "UTC", or an offset such as "+05:30"; null when there is none. */
export function findZone(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = makeZone(name.trim());
  if (zone !== null && zones.size < zonesMax) zones.set(name, zone);
  return zone;
}

/** As `findZone`; VALUE_SYNTAX when there is no such zone. */
export function zoneNamed(name: string): Zone {
  const zone = findZone(name);
  if (zone === null) {
    const hint = didYouMean(name, Intl.supportedValuesOf("timeZone"));
    throw new StoreError(
      "VALUE_SYNTAX",
      `there is no time zone "${name}"; expected a name such as Europe/Berlin${hint && `.${hint}`}`,
      {
        expected: "an IANA time zone",
        found: name,
      },
    );
  }
  return zone;
}
