/** Words in a field's name: what it is called hints at what it is. */

const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== "");

const times = new Set(
  [
    "time date datetime timestamp timestamps stamp ts dt at when day epoch instant moment",
    "created updated modified deleted changed inserted occurred happened received sent published logged recorded",
    "started ended finished completed expires expiry begin start end since until dob birthday clock",
  ].flatMap((line) => line.split(" ")),
);
/** Stands behind the word that counts: ts_ms, created_utc, eventTimeMillis. */
const behind = new Set(
  "ms us ns s sec secs second seconds milli millis milliseconds micro micros nanos nano utc gmt local unix epoch".split(
    " ",
  ),
);
const leading = new Set("time date datetime timestamp ts dt epoch unix".split(" "));

/** "ts_ms", "createdAt", "date_of_birth", "eventtime"; not "runtime" or "created_by". */
export function isTimeName(name: string): boolean {
  const words = [...wordsOf(name)];
  while (words.length > 1 && behind.has(words.at(-1) as string) && !times.has(words.at(-1) as string))
    words.pop();
  const last = words.at(-1) ?? "";
  return (
    times.has(last) ||
    leading.has(words[0] ?? "") ||
    /^(?:event|date|order|log|create|update).*(?:time|date|stamp)$/.test(last)
  );
}

/** Named like the time at which a row's event happened. */
export const isEventName = (name: string): boolean =>
  /event|transaction|occurred|happened|created/i.test(name);

const keys = new Set("id key code zip postcode year uuid guid phone number no".split(" "));

/** A number that tells things apart rather than counts them. */
export const isKeyName = (name: string): boolean => keys.has(wordsOf(name).at(-1) ?? "");
