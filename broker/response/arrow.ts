/**
 * Results as an Arrow IPC stream: a schema, record batches, the end mark.
 *
 * Stream => message(schema) message(recordBatch)[≥ 1] 0xffffffff 0:u32
 * message => 0xffffffff metadataBytes:u32 metadata[metadataBytes] body       (FlatBuffers; everything padded to 8)
 * INT → int32, LONG → int64, FLOAT → float, DOUBLE → double, BOOLEAN → bool, TIMESTAMP → timestamp[ms, UTC],
 * DATE → date32[days], STRING JSON BIG_DECIMAL → utf8, BYTES → binary, a bare NULL → null
 */

import { FlatBuffer, type Slot } from "#broker/response/flatbuffer";
import type { Result } from "#broker/result";
import { entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { Batch, Vector } from "#schemas/batch";
import { brokerBounds } from "#schemas/limits";
import type { OutputColumn } from "#schemas/plan/plan";
import type { Stepwise } from "#schemas/turns";
import type { SqlType } from "#schemas/types";
import { rowsOf } from "#schemas/vector-rows";

const metadataVersion = 4; // V5
const headers = { schema: 1, recordBatch: 3 } as const;
const typeTags = { null: 1, int: 2, float: 3, binary: 4, utf8: 5, bool: 6, date: 8, timestamp: 10 } as const;

function typeOf(builder: FlatBuffer, type: SqlType): { readonly tag: number; readonly table: number } {
  const plain = (tag: number, slots: readonly Slot[] = []) => ({ tag, table: builder.table(slots) });
  switch (type) {
    case "INT":
    case "LONG":
      return plain(typeTags.int, [
        { bytes: 4, value: type === "INT" ? 32 : 64 },
        { bytes: 1, value: 1 },
      ]);
    case "FLOAT":
    case "DOUBLE":
      return plain(typeTags.float, [{ bytes: 2, value: type === "FLOAT" ? 1 : 2 }]);
    case "BOOLEAN":
      return plain(typeTags.bool);
    case "TIMESTAMP":
      return plain(typeTags.timestamp, [{ bytes: 2, value: 1 }, { target: builder.string("UTC") }]);
    case "DATE":
      return plain(typeTags.date, [{ bytes: 2, value: 0 }]);
    case "BYTES":
      return plain(typeTags.binary);
    case "UNKNOWN":
      return plain(typeTags.null);
    default:
      return plain(typeTags.utf8);
  }
}

function schemaMetadata(columns: readonly OutputColumn[]): Uint8Array {
  const builder = new FlatBuffer();
  const fields = columns.map((column) => {
    const name = builder.string(column.name);
    const type = typeOf(builder, column.type);
    const children = builder.references([]);
    return builder.table([
      { target: name },
      { bytes: 1, value: 1 },
      { bytes: 1, value: type.tag },
      { target: type.table },
      null,
      { target: children },
    ]);
  });
  const list = builder.references(fields);
  const schema = builder.table([{ bytes: 2, value: 0 }, { target: list }]);
  return message(builder, headers.schema, { table: schema, bodyBytes: 0 });
}

function message(
  builder: FlatBuffer,
  header: number,
  content: { readonly table: number; readonly bodyBytes: number },
): Uint8Array {
  return builder.finish(
    builder.table([
      { bytes: 2, value: metadataVersion },
      { bytes: 1, value: header },
      { target: content.table },
      { bytes: 8, value: BigInt(content.bodyBytes) },
    ]),
  );
}

/** One bit a row, 1 = present; nothing when no row is NULL. */
function validity(vector: Vector): { readonly bits: Uint8Array; readonly nulls: number } {
  if (vector.nulls === null) return { bits: new Uint8Array(0), nulls: 0 };
  const bits = new Uint8Array((vector.rows + 7) >> 3);
  let nulls = 0;
  for (let row = 0; row < vector.rows; row++) {
    if (isNull(vector.nulls, row)) nulls++;
    else bits[row >> 3] |= 1 << (row & 7);
  }
  return { bits, nulls };
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);

function textBuffers(vector: Vector & { readonly kind: "text" }): Uint8Array[] {
  const offsets = new Int32Array(vector.rows + 1);
  const size = (row: number): number =>
    isNull(vector.nulls, row) ? 0 : entryBytes(vector.entries, vector.ids[row]).length;
  for (let row = 0; row < vector.rows; row++) offsets[row + 1] = offsets[row] + size(row);
  const bytes = new Uint8Array(offsets[vector.rows]);
  for (let row = 0; row < vector.rows; row++) {
    if (size(row) > 0) bytes.set(entryBytes(vector.entries, vector.ids[row]), offsets[row]);
  }
  return [bytesOf(offsets), bytes];
}

function intBuffer(vector: Vector & { readonly kind: "int" }): Uint8Array {
  const { values, rows, type } = vector;
  if (type === "BOOLEAN") {
    const bits = new Uint8Array((rows + 7) >> 3);
    for (let row = 0; row < rows; row++) if (values[row] !== 0n) bits[row >> 3] |= 1 << (row & 7);
    return bits;
  }
  if (type === "INT" || type === "DATE")
    return bytesOf(Int32Array.from({ length: rows }, (_, row) => Number(values[row])));
  return bytesOf(values.subarray(0, rows));
}

/** The buffers of a column, after its validity. */
function dataBuffers(vector: Vector): Uint8Array[] {
  switch (vector.kind) {
    case "int":
      return [intBuffer(vector)];
    case "double": {
      const values = vector.values.subarray(0, vector.rows);
      return [bytesOf(vector.type === "FLOAT" ? Float32Array.from(values) : values)];
    }
    case "text":
      return textBuffers(vector);
  }
}

function columnParts(vector: Vector): { readonly nulls: number; readonly buffers: readonly Uint8Array[] } {
  if (vector.type === "UNKNOWN") return { nulls: vector.rows, buffers: [] };
  const { bits, nulls } = validity(vector);
  return { nulls, buffers: [bits, ...dataBuffers(vector)] };
}

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** A record batch: its message's metadata, and its buffers. */
function* batchMessage(batch: Batch): Stepwise<{ metadata: Uint8Array; body: readonly Uint8Array[] }> {
  const columns: ReturnType<typeof columnParts>[] = [];
  for (const column of batch.columns) {
    columns.push(columnParts(column));
    yield;
  }
  const body = columns.flatMap(({ buffers }) => buffers);
  let position = 0;
  const places = body.map((buffer): readonly [bigint, bigint] => {
    const place = [BigInt(position), BigInt(buffer.length)] as const;
    position += padded(buffer.length);
    return place;
  });
  const builder = new FlatBuffer();
  const buffers = builder.pairs(places);
  const nodes = builder.pairs(columns.map(({ nulls }) => [BigInt(batch.rows), BigInt(nulls)] as const));
  const table = builder.table([
    { bytes: 8, value: BigInt(batch.rows) },
    { target: nodes },
    { target: buffers },
  ]);
  return { metadata: message(builder, headers.recordBatch, { table, bodyBytes: position }), body };
}

const batchRows = brokerBounds.arrowBatchRows;

/** Length-prefixed metadata, as every message of a stream begins. */
function framed(metadata: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + padded(metadata.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xffff_ffff, true);
  view.setUint32(4, padded(metadata.length), true);
  bytes.set(metadata, 8);
  return bytes;
}

/** Buffers one after another, each on a multiple of eight. */
function joined(buffers: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(buffers.reduce((total, buffer) => total + padded(buffer.length), 0));
  let at = 0;
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += padded(buffer.length);
  }
  return bytes;
}

/** The result as one stream of record batches; one without rows when there are none. */
export function* resultArrow({ columns, batch }: Result): Stepwise<readonly Uint8Array[]> {
  const parts = [framed(schemaMetadata(columns))];
  for (let from = 0; from === 0 || from < batch.rows; from += batchRows) {
    const end = Math.min(batch.rows, from + batchRows);
    const rows = batch.columns.map((column) => rowsOf(column, from, end));
    const { metadata, body } = yield* batchMessage({ rows: end - from, columns: rows });
    parts.push(framed(metadata), joined(body));
    yield;
  }
  parts.push(framed(new Uint8Array(0)));
  return parts;
}
