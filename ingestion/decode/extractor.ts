/**
 * The WebAssembly extractor's other half: lays out what it reads (the plan, fields, columns, records) at
 * the head of the stage's text area, runs it, and does the values that it left. The layout's grammar is in
 * plan.as.ts.
 */
import type { Cells } from "#ingestion/decode/cells";
import type { CopiedRecords } from "#ingestion/decode/decoder";
import { type ExtractedField, fieldKinds, fieldOf } from "#ingestion/decode/extracted-fields";
import { valueKinds } from "#ingestion/decode/json-scanner";
import type { Missing, RowDecoder } from "#ingestion/decode/row-decoder";
import { otherFields, type UnknownFields } from "#ingestion/decode/unknown-fields";
import { bytesOf } from "#ingestion/decode/utf8";
import { assert } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import { ingestionBounds, type Limits } from "#schemas/limits";

interface Exports {
  readonly extract: (plan: number, records: number, count: number) => void;
}

const planBytes = 80;
const markAt = 72;
const orderBytes = 2048;
const powersCount = 23;
const seenBytes = 256;
const fieldBytes = 80;
const columnBytes = 24;
const missingTags = { null: 0, int: 1, double: 2, text: 3, reject: 4 } as const satisfies Record<
  Missing["kind"],
  number
>;

/** Values that the extractor may leave, a row of the stage on average; past it whole rows are left. */
const rawCellsMin = 3;
const rawCellsMax = ingestionBounds.rawCells;

const instances = new WeakMap<WebAssembly.Memory, Exports>();
let nextMark = 1;

const aligned = (address: number): number => Math.ceil(address / 16) * 16;

export class Extractor {
  readonly #cells: Cells;
  readonly #rows: RowDecoder;
  readonly #limits: Limits;
  readonly #unknown: UnknownFields;
  readonly #exports: Exports;
  /** Written into the plan: the area is still as this extractor left it. */
  readonly #mark = nextMark++;
  #fields: ExtractedField[] = [];
  #fieldsVersion = -1;
  #isStale = true;
  #plan = 0;
  #fieldsAt = 0;
  #records = 0;
  #status = 0;
  #raw = 0;
  #rawNext = 0;
  #rawCount = 0;

  constructor(exports: Exports, cells: Cells, rows: RowDecoder, limits: Limits, unknown: UnknownFields) {
    this.#exports = exports;
    this.#cells = cells;
    this.#rows = rows;
    this.#limits = limits;
    this.#unknown = unknown;
  }

  /** One instance per memory; as many extractors over it as there are tables. */
  static for(
    module: WebAssembly.Module,
    cells: Cells,
    rows: RowDecoder,
    limits: Limits,
    unknown: UnknownFields,
  ): Extractor {
    const { memory } = cells.stage;
    let exports = instances.get(memory);
    if (exports === undefined) {
      exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
      instances.set(memory, exports);
    }
    return new Extractor(exports, cells, rows, limits, unknown);
  }

  /** Takes the head of the text area; the defaults and the records come behind it. */
  begin(defaults: readonly (Uint8Array | null)[]): void {
    const cells = this.#cells;
    if (this.#fieldsVersion !== this.#unknown.version) this.#listFields();
    const names = this.#fields.reduce((sum, field) => sum + field.name.length + 17, 0);
    const rows = cells.stage.rows;
    this.#plan = aligned(cells.textAt);
    this.#fieldsAt = this.#plan + planBytes + orderBytes + powersCount * 8 + seenBytes + 8;
    this.#fieldsAt = aligned(this.#fieldsAt);
    const columnsAt = this.#fieldsAt + this.#fields.length * fieldBytes;
    const namesAt = aligned(columnsAt + this.#rows.missing.length * columnBytes);
    this.#records = aligned(namesAt + names);
    this.#status = this.#records + rows * 8;
    this.#raw = aligned(this.#status + rows);
    cells.textAt = this.#raw + this.#rawMax() * 16;
    assert(cells.textAt < cells.textEnd, "the stage's text area holds the extractor's plan");
    cells.placeDefaults(defaults);
    const isMine = !this.#isStale && cells.u32[(this.#plan + markAt) >>> 2] === this.#mark;
    if (!isMine) this.#writePlan(columnsAt, namesAt);
    this.#isStale = false;
  }

  /** Lists where the copied records lie. */
  place(slices: RecordSlices, batch: CopiedRecords): void {
    const { i32 } = this.#cells;
    const { starts, lengths } = slices;
    const { first, count, shift } = batch;
    for (let row = 0, at = this.#records >>> 2; row < count; row++) {
      i32[at++] = starts[first + row] + shift;
      const length = lengths[first + row];
      i32[at++] = length > this.#limits.recordBytes ? -1 : length;
    }
  }

  extract(count: number): void {
    this.#exports.extract(this.#plan, this.#records, count);
    this.#rawNext = 0;
    this.#rawCount = this.#cells.u32[(this.#plan + 28) >>> 2];
  }

  /** True when the row needs nothing more. */
  isDone(row: number): boolean {
    return this.#cells.u8[this.#status + row] === 0;
  }

  /** Does the values that the extractor left of this row; null: the whole row is left. */
  finishCells(row: number): string | null {
    const { u8, u32, i32 } = this.#cells;
    if (u8[this.#status + row] !== 2) return null;
    const { scanner, coercions } = this.#rows;
    for (; this.#rawNext < this.#rawCount; this.#rawNext++) {
      const at = (this.#raw >>> 2) + this.#rawNext * 4;
      if (u32[at] > row) break;
      if (u32[at] < row) continue;
      const column = i32[at + 1];
      scanner.reset(u8, u32[at + 2], u32[at + 2] + u32[at + 3]);
      if (!scanner.whole()) return `not JSON: ${scanner.fault}`;
      if (column < 0) continue;
      if (scanner.kind === valueKinds.null) return null;
      const fault = coercions[column](scanner, this.#cells, row);
      if (fault !== "") return fault;
    }
    return "";
  }

  /** Hands the counts of fields without a column on. */
  end(): void {
    const { u32 } = this.#cells;
    for (const [index, field] of this.#fields.entries()) {
      if (field.column >= 0) continue;
      const at = (this.#fieldsAt + index * fieldBytes + 48) >>> 2;
      if (u32[at] > 0) this.#unknown.count(field.text, u32[at]);
      u32[at] = 0;
    }
  }

  /** Room for the values that are always left, and for some that are not so plain. */
  #rawMax(): number {
    const always = this.#fields.filter((field) => field.kind === fieldKinds.raw).length;
    return this.#cells.stage.rows * Math.min(rawCellsMax, rawCellsMin + always);
  }

  /** The table's columns, then the unknown names met so far, then the one for all others. */
  #listFields(): void {
    const columns = this.#rows.table.columns.map((column, at) => fieldOf(column, at, this.#limits));
    const ignored = this.#unknown.names().map((name) => ignoredField(name));
    // A name that JSON must escape never matches as bytes: TypeScript does those rows.
    this.#fields = [...columns, ...ignored].filter(
      (field) => JSON.stringify(field.text) === `"${field.text}"`,
    );
    this.#fields.push(ignoredField(otherFields));
    this.#fieldsVersion = this.#unknown.version;
    this.#isStale = true;
  }

  #writePlan(columnsAt: number, namesAt: number): void {
    const { u8, u32, f64 } = this.#cells;
    const plan = this.#plan;
    const order = plan + planBytes;
    const powers = order + orderBytes;
    const seen = powers + powersCount * 8;
    u8.fill(0, plan, order + orderBytes);
    const last = this.#fields.length - 1;
    const words = [
      last,
      this.#rows.missing.length,
      this.#fieldsAt,
      columnsAt,
      order,
      this.#raw,
      this.#rawMax(),
      0,
    ];
    words.push(this.#status, powers, this.#fieldsAt + last * fieldBytes, this.#unknown.full ? 1 : 0, seen);
    u32.set(words, plan >>> 2);
    for (let power = 0; power < powersCount; power++) f64[(powers >>> 3) + power] = 10 ** power;
    let name = namesAt;
    for (const [index, field] of this.#fields.entries()) {
      this.#writeField(this.#fieldsAt + index * fieldBytes, field, name);
      name += field.name.length + 17;
    }
    for (const [column, missing] of this.#rows.missing.entries()) {
      this.#writeColumn(columnsAt + column * columnBytes, column, missing);
    }
    u32[(plan + markAt) >>> 2] = this.#mark;
  }

  #writeField(at: number, field: ExtractedField, name: number): void {
    const { u8, u32, i32, f64 } = this.#cells;
    u8.set(field.name, name);
    u8[name + field.name.length] = 0x22;
    for (let index = 0; index < 16; index++) {
      const used = index <= field.name.length;
      u8[at + index] = used ? u8[name + index] : 0;
      u8[at + 16 + index] = used ? 0xff : 0;
    }
    u32[(at + 32) >>> 2] = name;
    u32[(at + 36) >>> 2] = field.name.length;
    i32[(at + 40) >>> 2] = field.column;
    u32[(at + 44) >>> 2] = field.kind;
    u32[(at + 48) >>> 2] = 0;
    u32[(at + 52) >>> 2] = field.textMax;
    f64[(at + 56) >>> 3] = field.unit;
    u32[(at + 64) >>> 2] = field.shape;
    u32[(at + 68) >>> 2] = field.counts ? 1 : 0;
  }

  #writeColumn(at: number, column: number, missing: Missing): void {
    const { u32, i64, f64, stage } = this.#cells;
    u32[at >>> 2] = stage.columns[column].tags;
    u32[(at + 4) >>> 2] = stage.columns[column].values;
    u32[(at + 8) >>> 2] = missingTags[missing.kind];
    if (missing.kind === "int") i64[(at + 16) >>> 3] = missing.value;
    if (missing.kind === "double") f64[(at + 16) >>> 3] = missing.value;
    if (missing.kind === "text") {
      const text = this.#cells.defaultAt(column);
      assert(text !== null, "the default text was placed");
      u32[(at + 16) >>> 2] = text.pointer;
      u32[(at + 20) >>> 2] = text.length;
    }
  }
}

const ignoredField = (text: string): ExtractedField => ({
  text,
  name: bytesOf(text),
  column: -1,
  kind: fieldKinds.ignored,
  textMax: 0,
  unit: 1,
  shape: 0,
  counts: false,
});
