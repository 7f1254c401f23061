/**
 * Exact sums of any numbers as decimals. A double counts as the shortest decimal that reads back as it; NaN and the
 * infinities have no decimal and are refused.
 * State => version:u8 = 1, count:f64, text: the sum as "unscaled/scale"
 */

import { DecimalPartials } from "#schemas/aggregates/decimal-partials";
import { corruptState, VariableAccumulator } from "#schemas/aggregates/variable";
import { entryBytes, isNull, NullMarks, TextBuilder } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import {
  addDecimals,
  type Decimal,
  decimalDigitsMax,
  formatDecimal,
  parseDecimal,
  powerOfTen,
} from "#schemas/decimal";
import { StoreError } from "#schemas/errors";
import { floatText } from "#schemas/functions/number-text";
import type { States } from "#schemas/plan/server-client";
import { layoutOf, type SqlType } from "#schemas/types";

interface DecimalSum {
  readonly sum: Decimal;
  readonly count: number;
}

export interface DecimalAnswer {
  readonly kind: "sum" | "average";
  /** Significant digits of the answer; null: all. */
  readonly precision: number | null;
  /** Digits after the point; null: all. */
  readonly scale: number | null;
}

/** Integers as numbers; NaN past 2^53, without making a bigint. */
function integerReader(values: BigInt64Array): (row: number) => number {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  return (row) => {
    const high = words[2 * row + 1];
    return high >= -0x200000 && high < 0x200000 ? high * 0x1_0000_0000 + (words[2 * row] >>> 0) : Number.NaN;
  };
}

const text = new TextEncoder();
const utf8 = new TextDecoder();

function decimalAt(vector: Vector, row: number): Decimal {
  if (vector.kind === "int") return { unscaled: vector.values[row], scale: 0 };
  const written = writtenAt(vector, row);
  const decimal = parseDecimal(written);
  if (decimal === null) throw new StoreError("VALUE_RANGE", `${written} is not a decimal number`);
  return decimal;
}

function writtenAt(vector: Exclude<Vector, { kind: "int" }>, row: number): string {
  if (vector.kind === "text") return utf8.decode(entryBytes(vector.entries, vector.ids[row]));
  return vector.type === "FLOAT" ? floatText(vector.values[row]) : String(vector.values[row]);
}

/** Rounds half away from zero to `scale` digits after the point. */
function roundTo(decimal: Decimal, scale: number): Decimal {
  if (decimal.scale <= scale) return decimal;
  const divisor = powerOfTen(decimal.scale - scale);
  const half = divisor / 2n;
  const shifted = decimal.unscaled < 0n ? decimal.unscaled - half : decimal.unscaled + half;
  return { unscaled: shifted / divisor, scale };
}

function roundSignificant(decimal: Decimal, digits: number): Decimal {
  const length = (decimal.unscaled < 0n ? -decimal.unscaled : decimal.unscaled).toString().length;
  if (length <= digits) return decimal;
  const scale = decimal.scale - (length - digits);
  if (scale >= 0) return roundTo(decimal, scale);
  const divisor = powerOfTen(-scale);
  const whole = roundTo({ unscaled: decimal.unscaled, scale: decimal.scale - scale }, 0);
  return { unscaled: whole.unscaled * divisor, scale: 0 };
}

export class SumDecimalAccumulator extends VariableAccumulator<DecimalSum> {
  private readonly answer: DecimalAnswer;
  /** Sums of machine numbers that are not in `held` yet; null: the argument is text. */
  private readonly partials: DecimalPartials | null;
  private partialBytes = 0;

  constructor(answer: DecimalAnswer, type: SqlType) {
    super();
    this.answer = answer;
    this.partials =
      layoutOf(type) === "text" ? null : new DecimalPartials(type === "FLOAT" ? "float" : "double");
  }

  override resize(groups: number): void {
    super.resize(groups);
    this.partials?.resize(groups);
    const bytes = this.partials?.bytes() ?? 0;
    this.grew(bytes - this.partialBytes);
    this.partialBytes = bytes;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    const { partials } = this;
    const groupOf = (row: number) => (gids === null ? 0 : gids[row]);
    if (partials !== null && vector.kind === "double") {
      const { values, nulls } = vector;
      for (let row = 0; row < rows; row++) {
        if (nulls === null) row = partials.addRun(values, gids, { from: row, until: rows });
        if (row < rows && !isNull(nulls, row)) this.addNumber(groupOf(row), values[row], vector, row);
      }
    } else if (partials !== null && vector.kind === "int") {
      const numberAt = integerReader(vector.values);
      for (let row = 0; row < rows; row++)
        if (!isNull(vector.nulls, row)) this.addNumber(groupOf(row), numberAt(row), vector, row);
    } else {
      for (let row = 0; row < rows; row++)
        if (!isNull(vector.nulls, row))
          this.addDecimal(groupOf(row), { sum: decimalAt(vector, row), count: 1 });
    }
  }

  private addNumber(group: number, value: number, vector: Vector, row: number): void {
    const { partials } = this;
    if (partials?.add(group, value)) return;
    if (partials?.isFull) {
      this.fold(group);
      if (partials.add(group, value)) return;
    }
    this.addDecimal(group, { sum: decimalAt(vector, row), count: 1 });
  }

  private addDecimal(group: number, more: DecimalSum): void {
    const state = this.held[group];
    if (state === undefined) this.grew(64);
    this.held[group] = state === undefined ? more : this.mergeStates(state, more);
  }

  private fold(group: number): void {
    const partial = this.partials?.take(group) ?? null;
    if (partial !== null) this.addDecimal(group, partial);
  }

  private foldAll(): void {
    if (this.partials === null) return;
    for (let group = 0; group < this.groups; group++) this.fold(group);
  }

  override states(groups: Uint32Array | null, options: { readonly final: boolean }): States {
    this.foldAll();
    return super.states(groups, options);
  }

  override finish(groups: Uint32Array | null): Vector {
    this.foldAll();
    return super.finish(groups);
  }

  protected encode(state: DecimalSum): Uint8Array {
    const written = text.encode(`${state.sum.unscaled}/${state.sum.scale}`);
    const bytes = new Uint8Array(9 + written.length);
    bytes[0] = 1;
    new DataView(bytes.buffer).setFloat64(1, state.count, true);
    bytes.set(written, 9);
    return bytes;
  }

  protected decode(bytes: Uint8Array): DecimalSum {
    if (bytes.length < 12 || bytes[0] !== 1) corruptState("not a decimal sum");
    const count = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1, true);
    const match = /^(-?\d{1,8192})\/(\d{1,5})$/.exec(utf8.decode(bytes.subarray(9)));
    if (match === null || Number(match[2]) > decimalDigitsMax) return corruptState("not a decimal");
    return { sum: { unscaled: BigInt(match[1]), scale: Number(match[2]) }, count };
  }

  protected mergeStates(into: DecimalSum, from: DecimalSum): DecimalSum {
    return { sum: addDecimals(into.sum, from.sum), count: into.count + from.count };
  }

  protected finishRows(rows: number, stateOf: (row: number) => DecimalSum | undefined): Vector {
    return this.answer.kind === "sum" ? this.finishSums(rows, stateOf) : finishAverages(rows, stateOf);
  }

  private finishSums(rows: number, stateOf: (row: number) => DecimalSum | undefined): Vector {
    const { precision, scale } = this.answer;
    const builder = new TextBuilder("BIG_DECIMAL", rows);
    for (let row = 0; row < rows; row++) {
      const state = stateOf(row);
      if (state === undefined) {
        builder.set(row, null);
        continue;
      }
      const significant = precision === null ? state.sum : roundSignificant(state.sum, precision);
      builder.set(
        row,
        text.encode(formatDecimal(scale === null ? significant : roundTo(significant, scale))),
      );
    }
    return builder.build();
  }
}

function finishAverages(rows: number, stateOf: (row: number) => DecimalSum | undefined): Vector {
  const values = new Float64Array(rows);
  const nulls = new NullMarks(rows);
  for (let row = 0; row < rows; row++) {
    const state = stateOf(row);
    if (state === undefined) nulls.mark(row);
    else values[row] = Number(formatDecimal(state.sum)) / state.count;
  }
  return { kind: "double", type: "DOUBLE", rows, values, nulls: nulls.bits };
}
