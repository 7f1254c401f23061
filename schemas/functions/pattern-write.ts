/** Writes times by the parts of a date pattern. */
import {
  dayMs,
  dayOfPacked,
  dayOfYearOf,
  monthOfPacked,
  packedDateOf,
  weekdayOf,
  weekOf,
  weekYearOf,
  yearOfPacked,
} from "#schemas/functions/calendar";
import { months, type Part, weekdays } from "#schemas/functions/pattern-parts";
import { yearText } from "#schemas/functions/timestamp";
import type { Zone } from "#schemas/functions/zone";

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

/** The time as text; `local` is what the zone's wall clock shows at it. */
export function writeByParts(
  parts: readonly Part[],
  { ms, local }: { readonly ms: number; readonly local: number },
  zone: Zone,
): string {
  const days = Math.floor(local / dayMs);
  let text = "";
  for (const part of parts) {
    if (part.letter === "'") text += part.text;
    else if ("zZX".includes(part.letter)) text += writeZone(part, zone, ms);
    else if ("HkKhmsSa".includes(part.letter)) text += writeClock(part, local - days * dayMs);
    else text += writeDate(part, days);
  }
  return text;
}
