/**
 * The one value kept of a group: its least, its greatest, or the first met.
 * Numbers: State => value:8 bytes present:f64. Text: State => version:u8 = 1, bytes.
 */
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { corruptState, VariableAccumulator } from "#schemas/aggregates/variable";
import {
  compareBytes,
  doubleLess,
  doublesOf,
  entryBytes,
  intsOf,
  isNull,
  NullMarks,
  TextBuilder,
  textsOf,
} from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { compareDecimalTexts } from "#schemas/decimal";
import { layoutOf, type SqlType } from "#schemas/types";

export type Preference = "least" | "greatest" | "first";

class ExtremeIntegerAccumulator extends FixedAccumulator {
  private readonly preference: Preference;
  private readonly type: SqlType;

  constructor(preference: Preference, type: SqlType) {
    super(2);
    this.preference = preference;
    this.type = type;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const { values, nulls } = intsOf(args[0]);
    for (let row = 0; row < rows; row++) {
      if (!isNull(nulls, row)) this.offer((gids === null ? 0 : gids[row]) * 2, values[row]);
    }
  }

  private offer(slot: number, value: bigint): void {
    const { i64, f64 } = this.slots;
    if (f64[slot + 1] !== 0) {
      if (this.preference === "first") return;
      if (this.preference === "least" ? value >= i64[slot] : value <= i64[slot]) return;
    }
    i64[slot] = value;
    f64[slot + 1] = 1;
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    if (from.f64[source + 1] !== 0) this.offer(target, from.i64[source]);
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const values = new BigInt64Array(rows);
    const nulls = new NullMarks(rows);
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      if (this.slots.f64[slot + 1] === 0) nulls.mark(row);
      else values[row] = this.slots.i64[slot];
    }
    return { kind: "int", type: this.type, rows, values, nulls: nulls.bits };
  }
}

class ExtremeDoubleAccumulator extends FixedAccumulator {
  private readonly preference: Preference;
  private readonly type: SqlType;

  constructor(preference: Preference, type: SqlType) {
    super(2);
    this.preference = preference;
    this.type = type;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const { values, nulls } = doublesOf(args[0]);
    for (let row = 0; row < rows; row++) {
      if (!isNull(nulls, row)) this.offer((gids === null ? 0 : gids[row]) * 2, values[row]);
    }
  }

  private offer(slot: number, value: number): void {
    const { f64 } = this.slots;
    if (f64[slot + 1] !== 0) {
      if (this.preference === "first") return;
      const held = f64[slot];
      if (!(this.preference === "least" ? doubleLess(value, held) : doubleLess(held, value))) return;
    }
    f64[slot] = value;
    f64[slot + 1] = 1;
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    if (from.f64[source + 1] !== 0) this.offer(target, from.f64[source]);
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const values = new Float64Array(rows);
    const nulls = new NullMarks(rows);
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      if (this.slots.f64[slot + 1] === 0) nulls.mark(row);
      else values[row] = this.slots.f64[slot];
    }
    return { kind: "double", type: this.type, rows, values, nulls: nulls.bits };
  }
}

const utf8 = new TextDecoder();

/** Text by UTF-8 bytes, decimals by value. */
export const orderOf = (type: SqlType): ((left: Uint8Array, right: Uint8Array) => number) =>
  type === "BIG_DECIMAL"
    ? (left, right) => compareDecimalTexts(utf8.decode(left), utf8.decode(right))
    : compareBytes;

class ExtremeTextAccumulator extends VariableAccumulator<Uint8Array> {
  private readonly preference: Preference;
  private readonly type: SqlType;
  private readonly order: (left: Uint8Array, right: Uint8Array) => number;

  constructor(preference: Preference, type: SqlType) {
    super();
    this.preference = preference;
    this.type = type;
    this.order = orderOf(type);
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const { ids, entries, nulls } = textsOf(args[0]);
    for (let row = 0; row < rows; row++) {
      if (isNull(nulls, row)) continue;
      const group = gids === null ? 0 : gids[row];
      const held = this.held[group];
      const offered = entryBytes(entries, ids[row]);
      if (held !== undefined && this.mergeStates(held, offered) === held) continue;
      this.held[group] = offered.slice();
      this.grew(held === undefined ? offered.length + 64 : 0);
    }
  }

  protected encode(state: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(1 + state.length);
    bytes[0] = 1;
    bytes.set(state, 1);
    return bytes;
  }

  protected decode(bytes: Uint8Array): Uint8Array {
    return bytes[0] === 1 ? bytes.subarray(1) : corruptState("unknown version of a text");
  }

  protected mergeStates(into: Uint8Array, from: Uint8Array): Uint8Array {
    if (this.preference === "first") return into;
    const order = this.order(from, into);
    return (this.preference === "least" ? order < 0 : order > 0) ? from : into;
  }

  protected finishRows(rows: number, stateOf: (row: number) => Uint8Array | undefined): Vector {
    const builder = new TextBuilder(this.type, rows);
    for (let row = 0; row < rows; row++) builder.set(row, stateOf(row) ?? null);
    return builder.build();
  }
}

export function extremeAccumulator(preference: Preference, type: SqlType) {
  switch (layoutOf(type)) {
    case "int":
      return new ExtremeIntegerAccumulator(preference, type);
    case "double":
      return new ExtremeDoubleAccumulator(preference, type);
    case "text":
      return new ExtremeTextAccumulator(preference, type);
  }
}

export const extremeLayout = (type: SqlType) =>
  layoutOf(type) === "text" ? ({ kind: "variable" } as const) : ({ kind: "fixed", stateBytes: 16 } as const);
