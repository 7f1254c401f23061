/** Which columns a task's parts look at: only those are read from disk. */

/** Parts of plain data that name columns otherwise, or not at all. */
const skipped: ReadonlySet<string> = new Set(["nodes", "values", "lut", "boundaries", "ids", "pointers"]);

/** Places of Task.columns in tests, keys, slots and sources: `column` numbers and `columns` lists of bound expressions. */
export function placesIn(part: unknown, found: Set<number> = new Set()): Set<number> {
  if (part === null || typeof part !== "object" || ArrayBuffer.isView(part)) return found;
  if (Array.isArray(part)) {
    for (const one of part) placesIn(one, found);
    return found;
  }
  for (const [key, value] of Object.entries(part)) {
    if (skipped.has(key)) continue;
    if (key === "column" && typeof value === "number") found.add(value);
    else if (key === "columns" && Array.isArray(value)) for (const place of value) found.add(place as number);
    else placesIn(value, found);
  }
  return found;
}
