/**
 * The body of a push (NDJSON, a JSON array, CSV) → rows as record slices, each with the line a user would
 * look for.
 */
import { csvRows } from "#ingestion/csv/rows";
import type { Decoder } from "#ingestion/decode/decoder";
import { JsonScanner } from "#ingestion/decode/json-scanner";
import { offsetsFrom } from "#ingestion/decode/lines";
import { Rejects } from "#ingestion/rejects";
import type { PushOptions } from "#schemas/admin";
import type { CsvOptions } from "#schemas/csv";
import { StoreError } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";

export interface PushBody {
  readonly slices: RecordSlices;
  /** The line (of an array: the element), from 1, of a record. */
  readonly lineOf: (record: number) => number;
  /** Rows that are not even JSON objects to be. */
  readonly rejects: Rejects;
}

export function readBody(
  body: Uint8Array,
  format: PushOptions["format"],
  decoder: Decoder,
  options: CsvOptions = {},
): PushBody {
  switch (format) {
    case "ndjson":
      return readLines(withoutMark(body), decoder);
    case "json": {
      const text = withoutMark(body);
      const found = readValues(text, decoder);
      if (typeof found !== "string") return found;
      // Lines, some of which are no rows: the others are.
      if (text.find((byte) => byte > 0x20) !== 0x5b) return readLines(text, decoder);
      throw new StoreError("BODY_SYNTAX", `expected a JSON array of rows: ${found}`);
    }
    case "csv": {
      const rejects = new Rejects(decoder.limits);
      const { table, limits } = decoder;
      const { bytes, lines } = csvRows(body, { table, options, limits, rejects });
      return { slices: decoder.slice(bytes, 0n), lineOf: (record) => lines[record], rejects };
    }
  }
}

/** Some editors begin a file with U+FEFF. */
const withoutMark = (body: Uint8Array): Uint8Array =>
  body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;

function readLines(lines: Uint8Array, decoder: Decoder): PushBody {
  checkLines(lines, decoder.limits.bodyRows);
  const slices = decoder.slice(lines, 0n);
  const lineAt = lineFinder(lines);
  return { slices, lineOf: (record) => lineAt(slices.starts[record]), rejects: new Rejects(decoder.limits) };
}

/** What a row takes while it is looked at does not depend on its length, so rows are bounded beside bytes. */
const tooManyRows = (bodyRows: number): StoreError =>
  new StoreError("BODY_BYTES", `expected at most bodyRows = ${bodyRows} rows in one body; send it in parts`, {
    expected: `at most ${bodyRows} rows`,
    found: "more rows",
  });

/** Counts before anything is made of them; most bodies are too short to hold so many. */
function checkLines(lines: Uint8Array, bodyRows: number): void {
  if (lines.length <= bodyRows * 2) return;
  let count = 0;
  for (let at = 0; at < lines.length; at++) if (lines[at] === 0x0a) count++;
  if (count > bodyRows) throw tooManyRows(bodyRows);
}

/**
 * An array of rows, or rows one after the other, each over as many lines as it likes; or what is wrong, and where. Line
 * breaks between tokens become blanks, so that a row is one line of the log.
 */
function readValues(body: Uint8Array, decoder: Decoder): PushBody | string {
  const { bodyRows } = decoder.limits;
  const bytes = body.slice();
  const scanner = new JsonScanner();
  scanner.reset(bytes, 0, bytes.length);
  const starts: number[] = [];
  const stops: number[] = [];
  const fault = (what: string): string => `${what}, at byte ${scanner.at}`;
  const element = (): boolean => {
    if (!scanner.value()) return false;
    if (starts.length === bodyRows) throw tooManyRows(bodyRows);
    // A string's span leaves its quotes out.
    const isText = bytes[scanner.at - 1] === 0x22;
    starts.push(isText ? scanner.start - 1 : scanner.start);
    stops.push(scanner.at);
    scanner.skipSpace();
    return true;
  };
  if (scanner.take(0x5b)) {
    if (!scanner.take(0x5d)) {
      do if (!element()) return fault(scanner.fault);
      while (scanner.take(0x2c));
      if (!scanner.take(0x5d)) return fault('expected "," or "]"');
    }
    scanner.skipSpace();
    if (scanner.at < bytes.length) return fault("expected the body's end");
  } else {
    do if (!element()) return fault(scanner.fault);
    while (scanner.at < bytes.length);
  }
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0x0a || bytes[at] === 0x0d) bytes[at] = 0x20;
  const lengths = Int32Array.from(stops, (stop, at) => stop - starts[at]);
  const slices: RecordSlices = {
    bytes,
    count: starts.length,
    starts: Int32Array.from(starts),
    lengths,
    offsets: offsetsFrom(0n, starts.length),
    newestMs: null,
  };
  return { slices, lineOf: (record) => record + 1, rejects: new Rejects(decoder.limits) };
}

/**
 * The line of a position. It goes on from the position asked before: rejects come in order, and a body of
 * nothing else is read once, not once a reject.
 */
function lineFinder(bytes: Uint8Array): (position: number) => number {
  let line = 1;
  let lineStart = 0;
  return (position) => {
    if (position < lineStart) {
      line = 1;
      lineStart = 0;
    }
    for (
      let at = bytes.indexOf(0x0a, lineStart);
      at >= 0 && at < position;
      at = bytes.indexOf(0x0a, at + 1)
    ) {
      line++;
      lineStart = at + 1;
    }
    return line;
  };
}
