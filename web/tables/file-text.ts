/** A file's bytes → its rows as text. What is no text is named, with what to do instead. */
import { formatBytes } from "../format.ts";

export interface FileText {
  readonly text: string;
  /** How it was read, where that was a guess. */
  readonly note: string | null;
}

/** One push takes no more. */
const fileBytesMax = 64 * 1024 * 1024;

const startsWith = (bytes: Uint8Array, mark: readonly number[]): boolean =>
  mark.every((byte, at) => bytes[at] === byte);
const ascii = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));

const foreign: readonly (readonly [mark: readonly number[], advice: string])[] = [
  [
    ascii("PK\u0003\u0004"),
    "a ZIP archive or an Excel workbook. Unpack it, or save the sheet as CSV, and choose that file.",
  ],
  [[0xd0, 0xcf, 0x11, 0xe0], "an Excel workbook. Save the sheet as CSV and choose that file."],
  [ascii("PAR1"), "a Parquet file. Write it as JSON lines or CSV and choose that file."],
  [ascii("Obj\u0001"), "an Avro file. Write it as JSON lines and choose that file."],
  [ascii("SQLite format 3"), "an SQLite database. Export a table as CSV and choose that file."],
  [[0x28, 0xb5, 0x2f, 0xfd], "packed by zstd. Unpack it and choose that file."],
  [ascii("BZh"), "packed by bzip2. Unpack it and choose that file."],
];

/** Throws an Error in words when the file cannot be rows as text. */
export async function fileText(file: Blob): Promise<FileText> {
  refuseLarge(file.size);
  const packed = new Uint8Array(await file.arrayBuffer());
  const bytes = startsWith(packed, [0x1f, 0x8b]) ? await unpacked(packed) : packed;
  const found = foreign.find(([mark]) => startsWith(bytes, mark));
  if (found !== undefined) throw new Error(`This is ${found[1]}`);
  return decoded(bytes);
}

function refuseLarge(bytes: number): void {
  if (bytes <= fileBytesMax) return;
  throw new Error(
    `The file has ${formatBytes(bytes)}, and one push takes ${formatBytes(fileBytesMax)}. Cut it into parts by lines, add the first one here and the others to its table.`,
  );
}

/** Stops at the bound, whatever the file unpacks to. */
async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > fileBytesMax) await reader.cancel();
    refuseLarge(total);
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function decoded(bytes: Uint8Array): FileText {
  if (startsWith(bytes, [0xff, 0xfe])) return { text: new TextDecoder("utf-16le").decode(bytes), note: null };
  if (startsWith(bytes, [0xfe, 0xff])) return { text: new TextDecoder("utf-16be").decode(bytes), note: null };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), note: null };
  } catch {
    return {
      text: new TextDecoder("windows-1252").decode(bytes),
      note: "The file is not UTF-8: it was read as Windows-1252. Check letters such as é and ü.",
    };
  }
}

/** As much of the rows as inference looks at; whole lines. */
export function sampleOf(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const end = text.lastIndexOf("\n", charactersMax);
  return text.slice(0, end > 0 ? end + 1 : charactersMax);
}
