/** Arithmetic of the proleptic Gregorian calendar on day numbers (day 0 is 1970-01-01), without Date. */

export const dayMs = 86_400_000;

/** Times that Date and Intl can name: ±100 million days. */
export const timeMsMax = 8.64e15;

/** The day number of a date; months and days may run over their ends. */
export function daysOf(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  const shifted = m > 2 ? y : y - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** A date in one number, year·512 + month·32 + day, so that loops do not allocate. */
export function packedDateOf(days: number): number {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 512 + month * 32 + day;
}

export const yearOfPacked = (packed: number): number => Math.floor(packed / 512);
export const monthOfPacked = (packed: number): number =>
  Math.floor((packed - yearOfPacked(packed) * 512) / 32);
export const dayOfPacked = (packed: number): number => packed - Math.floor(packed / 32) * 32;

export const yearOfDays = (days: number): number => yearOfPacked(packedDateOf(days));

export const daysInMonth = (year: number, month: number): number =>
  daysOf(year, month + 1, 1) - daysOf(year, month, 1);

/** 1 (Monday) to 7. */
export const weekdayOf = (days: number): number => days + 3 - Math.floor((days + 3) / 7) * 7 + 1;

/** The ISO week's year: the year of its Thursday. */
export const weekYearOf = (days: number): number => yearOfDays(days - weekdayOf(days) + 4);

/** ISO week of the week's year, 1 to 53. */
export function weekOf(days: number): number {
  const thursday = days - weekdayOf(days) + 4;
  return Math.floor((thursday - daysOf(yearOfDays(thursday), 1, 1)) / 7) + 1;
}

/** 1 to 366. */
export const dayOfYearOf = (days: number): number => days - daysOf(yearOfDays(days), 1, 1) + 1;
