/**
 * Raw batches → rows in a sink's stage, as many records a call as the stage holds. The extractor
 * (WebAssembly) does what it can, the row decoder the rest, cell by cell or row by row; both leave the same
 * stage. A refused row is in no stage: its offset, reason and payload are handed on.
 *
 * Text area => defaults extractorArea records unescaped: records are copied once, cells point into them.
 */
import { Cells } from "#ingestion/decode/cells";
import { textFull } from "#ingestion/decode/coerce";
import { Extractor } from "#ingestion/decode/extractor";
import { LineSplitter } from "#ingestion/decode/line-splitter";
import { sliceLines } from "#ingestion/decode/lines";
import { RowDecoder } from "#ingestion/decode/row-decoder";
import { UnknownFields } from "#ingestion/decode/unknown-fields";
import { assert } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import type { Limits } from "#schemas/limits";
import type { Stage } from "#schemas/stage";
import type { Table } from "#schemas/table";

/** Below this a body is split in TypeScript: copying it costs more. */
const splitBytesMin = 4096;

export interface Reject {
  /** Index of the record in its slices. */
  readonly record: number;
  readonly offset: bigint;
  readonly reason: string;
}

export interface Decoded {
  /** Rows now in the stage. */
  readonly rows: number;
  /** The first record that was not done. */
  readonly next: number;
  readonly rejects: readonly Reject[];
}

export class Decoder {
  readonly table: Table;
  readonly limits: Limits;
  readonly #rows: RowDecoder;
  readonly #unknown: UnknownFields;
  readonly #defaults: readonly (Uint8Array | null)[];
  /**
   * Rows that the TypeScript decoder did, in whole or in part: with an extractor these are the exceptions.
   */
  rowsFinished = 0;
  #module: WebAssembly.Module | null;
  #cells: Cells | null = null;
  #extractor: Extractor | null = null;

  constructor(
    table: Table,
    limits: Limits,
    module: WebAssembly.Module | null,
    unknown = new UnknownFields(),
  ) {
    this.table = table;
    this.limits = limits;
    this.#module = module;
    this.#unknown = unknown;
    this.#rows = new RowDecoder(table, limits, unknown);
    this.#defaults = this.#rows.missing.map((missing) => (missing.kind === "text" ? missing.bytes : null));
  }

  get unknown(): UnknownFields {
    return this.#unknown;
  }

  /** The rows of newline-separated JSON; the first one has `baseOffset`. */
  slice(lines: Uint8Array, baseOffset: bigint): RecordSlices {
    if (this.#module === null || lines.length < splitBytesMin) return sliceLines(lines, baseOffset);
    return splitterOf(this.#module).slice(lines, baseOffset);
  }

  /** Decodes records from `first` on, until the stage is full or they are done. */
  decode(stage: Stage, slices: RecordSlices, first: number): Decoded {
    const cells = this.#bind(stage);
    cells.textAt = stage.text;
    cells.textEnd = stage.text + stage.textBytes;
    if (this.#extractor === null) cells.placeDefaults(this.#defaults);
    else this.#extractor.begin(this.#defaults);
    const batch = this.#copy(cells, slices, first);
    this.#extractor?.extract(batch.count);
    return this.#finish(cells, slices, batch);
  }

  #bind(stage: Stage): Cells {
    if (this.#cells?.stage === stage) return this.#cells;
    assert(stage.columns.length === this.table.columns.length, "the stage has the table's columns");
    this.#cells = new Cells(stage);
    this.#extractor =
      this.#module === null
        ? null
        : Extractor.for(this.#module, this.#cells, this.#rows, this.limits, this.#unknown);
    return this.#cells;
  }

  /** Copies the records that fit into the text area, half of which stays free for unescaped texts. */
  #copy(cells: Cells, slices: RecordSlices, first: number): CopiedRecords {
    const { stage } = cells;
    const from = slices.starts[first];
    const base = alike(cells.textAt, slices.bytes.byteOffset + from);
    const bytesMax = (cells.textEnd - base) >> 1;
    let count = Math.min(stage.rows, slices.count - first);
    let until = slices.starts[first + count - 1] + Math.max(0, slices.lengths[first + count - 1]);
    if (until - from > bytesMax) ({ count, until } = this.#fitting(slices, first, bytesMax));
    cells.u8.set(slices.bytes.subarray(from, until), base);
    cells.textAt = base + until - from;
    const batch = { first, count, shift: base - from };
    this.#extractor?.place(slices, batch);
    return batch;
  }

  /** How many records from `first` on fit, and where the last of them ends. */
  #fitting(slices: RecordSlices, first: number, bytesMax: number): { count: number; until: number } {
    const from = slices.starts[first];
    let until = from;
    let count = 0;
    for (; first + count < slices.count; count++) {
      const length = slices.lengths[first + count];
      const stop = slices.starts[first + count] + Math.max(0, length);
      if (stop - from > bytesMax) break;
      until = stop;
    }
    return { count, until };
  }

  #finish(cells: Cells, slices: RecordSlices, batch: CopiedRecords): Decoded {
    const rejects: Reject[] = [];
    const { first, count } = batch;
    if (count === 0) {
      rejects.push({
        record: first,
        offset: slices.offsets[first],
        reason: this.#oversized(slices.lengths[first]),
      });
      return { rows: 0, next: first + 1, rejects };
    }
    let done = count;
    for (let row = 0; row < count; row++) {
      if (this.#extractor?.isDone(row)) continue;
      this.rowsFinished++;
      const fault = this.#decodeRow(cells, slices, batch, row);
      if (fault === "") continue;
      if (fault === textFull && row > 0) {
        done = row;
        break;
      }
      const reason = fault === textFull ? this.#oversized(slices.lengths[first + row]) : fault;
      rejects.push({ record: first + row, offset: slices.offsets[first + row], reason });
    }
    this.#extractor?.end();
    return { rows: this.#settle(cells, slices, { first, done, rejects }), next: first + done, rejects };
  }

  #decodeRow(cells: Cells, slices: RecordSlices, batch: CopiedRecords, row: number): string {
    const length = slices.lengths[batch.first + row];
    if (length < 0) return "the record has no value";
    if (length > this.limits.recordBytes) return this.#oversized(length);
    const finished = this.#extractor?.finishCells(row);
    if (finished !== undefined && finished !== null) return finished;
    const start = slices.starts[batch.first + row] + batch.shift;
    return this.#rows.decode(cells.u8, start, start + length, cells, row);
  }

  /** Offsets of the rows kept, which are moved together. */
  #settle(
    cells: Cells,
    slices: RecordSlices,
    batch: { readonly first: number; readonly done: number; readonly rejects: readonly Reject[] },
  ): number {
    const { first, done, rejects } = batch;
    const target = cells.stage.offsets >>> 3;
    if (rejects.length === 0) {
      cells.i64.set(slices.offsets.subarray(first, first + done), target);
      return done;
    }
    const kept = new Int32Array(done - rejects.length);
    let rows = 0;
    for (let row = 0, skipped = 0; row < done; row++) {
      if (skipped < rejects.length && rejects[skipped].record === first + row) skipped++;
      else kept[rows++] = row;
    }
    cells.compact(kept);
    for (let row = 0; row < rows; row++) cells.i64[target + row] = slices.offsets[first + kept[row]];
    return rows;
  }

  #oversized(bytes: number): string {
    return `the record has ${bytes} bytes, more than recordBytes = ${this.limits.recordBytes}`;
  }
}

/**
 * The next address that lies in its 8-byte word as `position` does in its own: V8 copies into shared memory
 * five times faster then.
 */
const alike = (address: number, position: number): number =>
  address + (((position & 7) - (address & 7) + 8) & 7);

const splitters = new WeakMap<WebAssembly.Module, LineSplitter>();

/** One for the thread: it keeps nothing between calls. */
function splitterOf(module: WebAssembly.Module): LineSplitter {
  let splitter = splitters.get(module);
  if (splitter === undefined) splitters.set(module, (splitter = new LineSplitter(module)));
  return splitter;
}

export interface CopiedRecords {
  readonly first: number;
  readonly count: number;
  /** Added to a position in the slices' bytes gives its address in the stage's memory. */
  readonly shift: number;
}
