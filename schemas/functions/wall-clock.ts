/**
 * Where moments meet the calendar: the one home of SQL.md's rule of time zones. A TIMESTAMP is a moment; a DATE is a
 * day of the calendar and has no zone; between the two stands a zone's wall clock. Days, weeks, months, quarters and
 * years are counted on the wall clock, hours and less are lengths of time.
 */
import { addLocal } from "#schemas/functions/bucket";
import { dayMs, daysOf, monthOfPacked, packedDateOf, yearOfPacked } from "#schemas/functions/calendar";
import type { Period } from "#schemas/functions/period";
import { type TimeUnit, unitMs } from "#schemas/functions/units";
import type { Zone } from "#schemas/functions/zone";

/** Whether a unit is counted on the wall clock. */
export const isCalendarUnit = (unit: TimeUnit): boolean => (unitMs[unit] ?? dayMs) >= dayMs;

/** The day that the wall clock shows at a moment, counted from 1970-01-01. */
export const dayAt = (zone: Zone, utcMs: number): number =>
  Math.floor((utcMs + zone.offsetMs(utcMs)) / dayMs);

/** The first moment of a day; of one that the zone skipped, the moment of the skip. */
export const startOfDay = (zone: Zone, day: number): number => zone.firstOf(day * dayMs);

/** Whether the wall clock is set back from one day to the day before, somewhere between two moments. */
export function isDayShownAgain(zone: Zone, fromMs: number, toMs: number): boolean {
  if (zone.fixedMs !== null) return false;
  for (let change = zone.steadyUntil(fromMs); change <= toMs; change = zone.steadyUntil(change))
    if (dayAt(zone, change) < dayAt(zone, change - 1)) return true;
  return false;
}

/** A moment moved by a number of units. Where the clock shows the new time twice, the moment keeps its offset. */
export function addUnits(unit: TimeUnit, zone: Zone, utcMs: number, count: number): number {
  if (!isCalendarUnit(unit)) return utcMs + count * unitMs[unit]!;
  const offset = zone.offsetMs(utcMs);
  const local = addLocal(unit, utcMs + offset, count);
  return zone.offsetMs(local - offset) === offset ? local - offset : zone.utcOf(local);
}

/** Whole units between two local times; for units below a day, between two moments. */
export function unitsBetween(unit: TimeUnit, from: number, to: number): number {
  const size = unitMs[unit];
  if (size !== undefined) return Math.trunc((to - from) / size) + 0;
  const months = unit === "YEAR" ? 12 : unit === "QUARTER" ? 3 : 1;
  let whole = Math.trunc((to - from) / (28 * months * dayMs)) + Math.sign(to - from);
  while (whole !== 0 && (from <= to ? addLocal(unit, from, whole) > to : addLocal(unit, from, whole) < to))
    whole -= Math.sign(whole);
  return whole + 0;
}

/** The moment that `count` units of a length after 1970 are: whole days are days of the wall clock. */
export const momentOfCount = (zone: Zone, count: number, lengthMs: number): number =>
  lengthMs % dayMs === 0 ? startOfDay(zone, count * (lengthMs / dayMs)) : count * lengthMs;

/** How many whole units of a length lie between 1970 and a moment: whole days are days of the wall clock. */
export const countOfMoment = (zone: Zone, utcMs: number, lengthMs: number): number =>
  lengthMs % dayMs === 0 ? Math.floor(dayAt(zone, utcMs) / (lengthMs / dayMs)) : Math.floor(utcMs / lengthMs);

const monthOfDay = (day: number): number => {
  const packed = packedDateOf(day);
  return yearOfPacked(packed) * 12 + monthOfPacked(packed) - 1;
};

/** Monday, 29 December 1969: where strides of weeks are counted from. */
const firstMonday = -3;

/** Where strides begin that have no origin: 1970, or the Monday of its first week. */
const originOf = (zone: Zone, stride: Period): number => {
  if (stride.ms !== 0) return 0;
  return startOfDay(zone, stride.weeks ? firstMonday : 0);
};

/**
 * The start of the stride that holds a moment, counted from an origin. Strides of whole months or whole days step on
 * the wall clock, all others (a day and a half) are lengths of time; null for months with days or hours beside them.
 */
export function binner(
  stride: Period,
  zone: Zone,
  origin: number = originOf(zone, stride),
): ((utcMs: number) => number) | null {
  const { months, days, ms } = stride;
  const down = (value: number, size: number): number => Math.floor(value / size) * size;
  if (months !== 0) {
    if (days !== 0 || ms !== 0) return null;
    const first = monthOfDay(dayAt(zone, origin));
    return (utcMs) => {
      const month = first + down(monthOfDay(dayAt(zone, utcMs)) - first, months);
      return startOfDay(zone, daysOf(Math.floor(month / 12), month - Math.floor(month / 12) * 12 + 1, 1));
    };
  }
  if (ms !== 0) return (utcMs) => origin + down(utcMs - origin, days * dayMs + ms);
  const local = origin + zone.offsetMs(origin);
  return (utcMs) => zone.firstOf(local + down(utcMs + zone.offsetMs(utcMs) - local, days * dayMs));
}
