/** Pasted CSV as JSON lines, so that a schema can be inferred from it; the rows themselves are pushed as they are. */

const rowsMax = 1000;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** RFC 4180: quoted fields may hold commas, line breaks and doubled quotes. */
function csvRecords(text: string, recordsMax: number): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /("(?:[^"]|"")*"?|[^,\r\n]*)(,|\r\n|\n|\r|$)/y;
  while (field.lastIndex < text.length && records.length < recordsMax) {
    const found = field.exec(text);
    if (found === null) break;
    const [, raw = "", end] = found;
    record.push(
      raw.startsWith('"') ? raw.slice(1, raw.endsWith('"') ? -1 : undefined).replaceAll('""', '"') : raw,
    );
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records.filter((cells) => cells.length > 1 || cells[0] !== "");
}

function jsonOf(text: string): string {
  if (text === "") return "null";
  if (text === "true" || text === "false" || number.test(text)) return text;
  return JSON.stringify(text);
}

/** One JSON object a line; the first record names the fields. */
export function csvAsJsonLines(text: string): string {
  const [names = [], ...records] = csvRecords(text, rowsMax + 1);
  return records
    .map(
      (cells) =>
        `{${names.map((name, at) => `${JSON.stringify(name)}:${jsonOf(cells[at] ?? "")}`).join(",")}}`,
    )
    .join("\n");
}
