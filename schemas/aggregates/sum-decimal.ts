/**
 * Exact sums of any numbers as decimals. A double counts as the shortest decimal that reads back as it; NaN and the
 * infinities have no decimal and are refused.
 * State => version:u8 = 1, count:f64, text: the sum as "unscaled/scale"
 */

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

const text = new TextEncoder();
const utf8 = new TextDecoder();

function decimalAt(vector: Vector, row: number): Decimal {
  if (vector.kind === "int") return { unscaled: vector.values[row], scale: 0 };
  const written =
    vector.kind === "double"
      ? String(vector.values[row])
      : utf8.decode(entryBytes(vector.entries, vector.ids[row]));
  const decimal = parseDecimal(written);
  if (decimal === null) throw new StoreError("VALUE_RANGE", `${written} is not a decimal number`);
  return decimal;
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

  constructor(answer: DecimalAnswer) {
    super();
    this.answer = answer;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    for (let row = 0; row < rows; row++) {
      if (isNull(vector.nulls, row)) continue;
      const group = gids === null ? 0 : gids[row];
      const state = this.held[group];
      const decimal = decimalAt(vector, row);
      if (state === undefined) this.grew(64);
      this.held[group] =
        state === undefined
          ? { sum: decimal, count: 1 }
          : { sum: addDecimals(state.sum, decimal), count: state.count + 1 };
    }
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
