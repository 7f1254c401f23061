/**
 * Partial results as bytes.
 *
 * Vector => kind:u8 type rows:u32 nulls:option(byte[(rows + 7) / 8]) then
 *   0 i64[rows] | 1 f64[rows] | 2 ids:u32[rows] entries:u32 offsets:u32[entries + 1] bytes[offsets[entries]]
 * States => 0:u8 stateBytes:u32 bytes[groups · stateBytes] | 1:u8 offsets:u32[groups + 1] bytes[offsets[groups]]
 * Partial => 0:u8 groups:u32 keys:list(Vector) list(States) | 1:u8 rows:u32 list(Vector)
 * Executed => Partial stats:f64[statNames] indexes:list(text) faults:list(segment:text rows:f64 code:text
 * message:text)
 */
import type { TextEntries, Vector } from "#schemas/batch";
import { type ErrorCode, errorCodes } from "#schemas/errors";
import type { Executed, Fault, Partial, ScanStats, States } from "#schemas/plan/server-client";
import { layoutOf, type SqlType } from "#schemas/types";
import type { FrameReader, FrameWriter } from "#schemas/wire/bytes";
import { readType, writeType } from "#schemas/wire/plan";

const bytesOf = (array: BigInt64Array | Float64Array | Uint32Array, count: number): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, count * array.BYTES_PER_ELEMENT);

const nullBytes = (rows: number): number => (rows + 7) >> 3;

/** Only the entries that rows name: a vector may hang on a whole dictionary. */
function usedEntries(ids: Uint32Array, entries: TextEntries): { ids: Uint32Array; entries: TextEntries } {
  if (entries.count <= ids.length + 1) return { ids, entries };
  const own = new Map<number, number>();
  const used: number[] = [];
  let bytes = 0;
  const short = ids.map((id) => {
    let at = own.get(id);
    if (at === undefined) {
      own.set(id, (at = used.length));
      used.push(id);
      bytes += entries.offsets[id + 1] - entries.offsets[id];
    }
    return at;
  });
  const kept = {
    count: used.length,
    offsets: new Uint32Array(used.length + 1),
    bytes: new Uint8Array(bytes),
  };
  used.forEach((id, at) => {
    kept.bytes.set(entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1]), kept.offsets[at]);
    kept.offsets[at + 1] = kept.offsets[at] + entries.offsets[id + 1] - entries.offsets[id];
  });
  return { ids: short, entries: kept };
}

/** Offsets count from the first entry's, and only the bytes between are sent. */
function writeOffsets(writer: FrameWriter, offsets: Uint32Array, bytes: Uint8Array): void {
  const [first, last] = [offsets[0], offsets[offsets.length - 1]];
  const based = first === 0 ? offsets : offsets.map((offset) => offset - first);
  writer.raw(bytesOf(based, based.length));
  writer.raw(bytes.subarray(first, last));
}

function readOffsets(
  reader: FrameReader,
  count: number,
  what: string,
): { offsets: Uint32Array; bytes: Uint8Array } {
  const offsets = new Uint32Array(reader.raw(4 * (count + 1)).buffer);
  reader.check(offsets[0] === 0, `${what} that begin at 0`, offsets[0]);
  for (let at = 0; at < count; at++)
    if (offsets[at] > offsets[at + 1]) reader.fail(`ascending ${what}`, `${offsets[at]}, ${offsets[at + 1]}`);
  return { offsets, bytes: reader.raw(offsets[count]) };
}

const vectorKinds = { int: 0, double: 1, text: 2 } as const;

export function writeVector(writer: FrameWriter, vector: Vector): void {
  const { rows } = vector;
  writer.u8(vectorKinds[vector.kind]);
  writeType(writer, vector.type);
  writer.u32(rows);
  writer.option(vector.nulls, (nulls) => writer.raw(nulls.subarray(0, nullBytes(rows))));
  if (vector.kind !== "text") {
    writer.raw(bytesOf(vector.values, rows));
    return;
  }
  const { ids, entries } = usedEntries(vector.ids.subarray(0, rows), vector.entries);
  writer.raw(bytesOf(ids, rows));
  writer.u32(entries.count);
  writeOffsets(writer, entries.offsets.subarray(0, entries.count + 1), entries.bytes);
}

export function readVector(reader: FrameReader): Vector {
  const kind = reader.u8Below(3, "a vector's kind");
  const type: SqlType = readType(reader);
  reader.check(vectorKinds[layoutOf(type)] === kind, `the layout of ${type}`, kind);
  const rows = reader.count(kind === 2 ? 4 : 8, "rows");
  const nulls = reader.option(() => reader.raw(nullBytes(rows)));
  if (kind === 0)
    return { kind: "int", type, rows, values: new BigInt64Array(reader.raw(8 * rows).buffer), nulls };
  if (kind === 1)
    return { kind: "double", type, rows, values: new Float64Array(reader.raw(8 * rows).buffer), nulls };
  const ids = new Uint32Array(reader.raw(4 * rows).buffer);
  const count = reader.count(4, "entries");
  for (let row = 0; row < rows; row++) {
    // A NULL row has id 0 even where there are no entries.
    if (ids[row] >= count && ids[row] !== 0) reader.fail(`an id below ${count}`, ids[row]);
  }
  return {
    kind: "text",
    type,
    rows,
    ids,
    entries: { count, ...readOffsets(reader, count, "entry offsets") },
    nulls,
  };
}

function writeStates(writer: FrameWriter, states: States, groups: number): void {
  if (states.kind === "fixed") {
    writer.u8(0);
    writer.u32(states.stateBytes);
    writer.raw(states.bytes.subarray(0, groups * states.stateBytes));
  } else {
    writer.u8(1);
    writeOffsets(writer, states.offsets.subarray(0, groups + 1), states.bytes);
  }
}

function readStates(reader: FrameReader, groups: number): States {
  if (reader.u8Below(2, "a state's kind") === 1)
    return { kind: "variable", ...readOffsets(reader, groups, "state offsets") };
  const stateBytes = reader.u32();
  reader.check(
    stateBytes * groups <= reader.left,
    `${groups} states within ${reader.left} bytes`,
    stateBytes,
  );
  return { kind: "fixed", stateBytes, bytes: reader.raw(stateBytes * groups) };
}

function writePartial(writer: FrameWriter, partial: Partial): void {
  if (partial.kind === "rows") {
    writer.u8(1);
    writer.u32(partial.batch.rows);
    writer.list(partial.batch.columns, (column) => writeVector(writer, column));
    return;
  }
  writer.u8(0);
  writer.u32(partial.groups);
  writer.list(partial.keys, (key) => writeVector(writer, key));
  writer.list(partial.states, (states) => writeStates(writer, states, partial.groups));
}

function readPartial(reader: FrameReader): Partial {
  const kind = reader.u8Below(2, "a partial result's kind");
  const rows = reader.u32();
  const columns = reader.list("columns", () => readVector(reader));
  for (const column of columns)
    reader.check(column.rows === rows, `${rows} rows in each column`, column.rows);
  if (kind === 1) return { kind: "rows", batch: { rows, columns } };
  // Without keys there is one group; with keys their vectors bound the number.
  reader.check(columns.length > 0 || rows <= 1, "one group without keys", rows);
  const states = reader.list("states", () => readStates(reader, rows));
  return { kind: "aggregate", groups: rows, keys: columns, states };
}

/** In this order on the wire; a new one goes to the end. */
const statNames = [
  "segmentsQueried",
  "segmentsProcessed",
  "segmentsMatched",
  "segmentsPruned",
  "segmentsCached",
  "consumingQueried",
  "consumingProcessed",
  "consumingMatched",
  "rowsScanned",
  "rowsMatched",
  "rowsTotal",
  "entriesInFilter",
  "entriesPostFilter",
  "threadCpuNs",
  "bytesAllocated",
  "freshnessMs",
] as const satisfies readonly (keyof ScanStats)[];

function readStats(reader: FrameReader): ScanStats {
  const counts = Object.fromEntries(statNames.map((name) => [name, reader.f64()]));
  return {
    ...(counts as Omit<ScanStats, "indexes">),
    indexes: reader.list("indexes", () => reader.text("an index")),
  };
}

export function readCode(reader: FrameReader): ErrorCode {
  const code = reader.text("an error's code");
  return Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : reader.fail("a known error code", code);
}

const readFault = (reader: FrameReader): Fault => ({
  segment: reader.text("a segment"),
  rows: reader.whole("rows"),
  code: readCode(reader),
  message: reader.text("a message"),
});

export function writeExecuted(writer: FrameWriter, { partial, stats, faults }: Executed): void {
  writePartial(writer, partial);
  for (const name of statNames) writer.f64(stats[name]);
  writer.list(stats.indexes, (name) => writer.text(name));
  writer.list(faults ?? [], (fault) => {
    writer.text(fault.segment);
    writer.f64(fault.rows);
    writer.text(fault.code);
    writer.text(fault.message);
  });
}

export function readExecuted(reader: FrameReader): Executed {
  const partial = readPartial(reader);
  const stats = readStats(reader);
  return { partial, stats, faults: reader.list("faults", () => readFault(reader)) };
}
