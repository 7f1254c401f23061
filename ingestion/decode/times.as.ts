/** Times as they are mostly written, yyyy-MM-dd HH:mm:ss with a fraction, by digits alone. */

/** Two digits at `at`, or −1. */
// @ts-ignore: decorator
@inline function twoDigits(at: usize): i32 {
  const tens: u32 = <u32>load<u8>(at) - 0x30;
  const ones: u32 = <u32>load<u8>(at + 1) - 0x30;
  return tens > 9 || ones > 9 ? -1 : tens * 10 + ones;
}

/** Days from 1970 of a civil date (Howard Hinnant's algorithm). */
function daysOf(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/**
 * yyyy-MM-dd?HH:mm:ss[.fraction] → ms, or NaN. `shape`: the separator's byte, 0 for blank or T; fraction
 * digits wanted << 8 (0xff: any number from 0 to 9); 1 << 16 allows a "Z" behind it.
 */
export function timeOf(at: usize, stop: usize, shape: u32): f64 {
  const bytes = stop - at;
  if (bytes < 19 || bytes > 30) return NaN;
  const century = twoDigits(at), years = twoDigits(at + 2);
  const month = twoDigits(at + 5), day = twoDigits(at + 8);
  const hour = twoDigits(at + 11), minute = twoDigits(at + 14), second = twoDigits(at + 17);
  if ((century | years | month | day | hour | minute | second) < 0) return NaN;
  if (load<u8>(at + 4) != 0x2d || load<u8>(at + 7) != 0x2d) return NaN;
  if (load<u8>(at + 13) != 0x3a || load<u8>(at + 16) != 0x3a) return NaN;
  const separator: u32 = load<u8>(at + 10);
  const wanted = shape & 0xff;
  if (wanted == 0 ? separator != 0x20 && separator != 0x54 : separator != wanted) return NaN;
  const year = century * 100 + years;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return NaN;
  if (day > daysIn(year, month)) return NaN;
  let ms: i32 = 0, digits: u32 = 0;
  let next = at + 19;
  if (next < stop && load<u8>(next) == 0x2e) {
    next++;
    while (next < stop) {
      const digit: u32 = <u32>load<u8>(next) - 0x30;
      if (digit > 9) break;
      if (digits < 3) ms = ms * 10 + digit;
      digits++;
      next++;
    }
    if (digits == 0) return NaN;
    if (digits == 1) ms *= 100;
    else if (digits == 2) ms *= 10;
  }
  const fraction = (shape >> 8) & 0xff;
  if (fraction == 0xff ? digits > 9 : digits != fraction) return NaN;
  if (next < stop && (shape & 0x10000) != 0 && load<u8>(next) == 0x5a) next++;
  if (next != stop) return NaN;
  const seconds = (hour * 60 + minute) * 60 + second;
  return <f64>daysOf(year, month, day) * 86400000.0 + <f64>seconds * 1000.0 + <f64>ms;
}
