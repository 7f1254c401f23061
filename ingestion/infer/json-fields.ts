/** The text of a JSON object → its fields, numbers as they are spelled. */
import { scannedText } from "#ingestion/decode/coerce";
import { JsonScanner, valueKinds } from "#ingestion/decode/json-scanner";
import { bytesOf } from "#ingestion/decode/utf8";
import { type Cell, cellOf, type SampleRow } from "#ingestion/infer/cell";

const colon = 0x3a;
const comma = 0x2c;
const quote = 0x22;
const brace = { open: 0x7b, close: 0x7d } as const;

/** null: the text is not one JSON object. */
export function jsonFields(text: string): SampleRow | null {
  const bytes = bytesOf(text);
  const scanner = new JsonScanner();
  scanner.reset(bytes, 0, bytes.length);
  if (!scanner.whole() || scanner.kind !== valueKinds.object) return null;
  scanner.reset(bytes, 0, bytes.length);
  const fields = new Map<string, Cell>();
  scanner.take(brace.open);
  while (!scanner.take(brace.close)) {
    scanner.take(quote);
    scanner.string();
    const name = scannedText(scanner);
    scanner.take(colon);
    scanner.value();
    fields.set(name, scannedCell(scanner));
    scanner.take(comma);
  }
  return fields;
}

function scannedCell(scanner: JsonScanner): Cell {
  const text = scannedText(scanner);
  switch (scanner.kind) {
    case valueKinds.null:
      return cellOf("null", text);
    case valueKinds.true:
    case valueKinds.false:
      return cellOf("boolean", text);
    case valueKinds.integer:
    case valueKinds.number:
      return cellOf("number", text);
    case valueKinds.string:
      return cellOf("text", text);
    default:
      return cellOf("nested", text);
  }
}
