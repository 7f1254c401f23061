/** Domains of number keys: plain arithmetic over a known range of equal steps, else a table of 64-bit words. */
import { isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import { type Stepwise, stepItems } from "#schemas/turns";
import { layoutOf, type SqlType } from "#schemas/types";
import type { Domain, LocalKey } from "#server/execute/merge/domain";
import { PairTable } from "#server/execute/merge/pair-table";
import type { KeyPlan } from "#server/execute/task";

/** Numbers by their 64 bits; NaN is one value. */
class WordDomain implements Domain {
  private readonly type: SqlType;
  private readonly table = new PairTable();
  private readonly pair = new BigInt64Array(1);
  private readonly halves = new Uint32Array(this.pair.buffer);

  constructor(type: SqlType) {
    this.type = type;
  }

  get card(): number {
    return this.table.count + 1;
  }

  bytes(): number {
    return this.table.bytes();
  }

  *map(local: LocalKey, codes: Uint32Array, shift: bigint): Stepwise<Uint32Array> {
    const common = new Uint32Array(codes.length);
    const { plan } = local;
    if (plan.kind === "null") return common;
    const load = this.loaderOf(local, shift);
    const nulls = plan.kind === "lut" ? plan.values.nulls : null;
    for (let at = 0; at < codes.length; at++) {
      if (at % stepItems === 0) {
        yield* this.table.reserve(Math.min(stepItems, codes.length - at));
        yield;
      }
      const code = codes[at];
      if (code === 0 || isNull(nulls, code - 1)) continue;
      load(code);
      common[at] = this.table.intern(this.halves[0], this.halves[1]) + 1;
    }
    return common;
  }

  /** Puts a code's word into the halves; without a bigint where the words are at hand. */
  private loaderOf(local: LocalKey, shift: bigint): (code: number) => void {
    const { plan } = local;
    const { pair, halves } = this;
    switch (plan.kind) {
      case "ints":
        return (code) => {
          pair[0] = plan.min + BigInt(code - 1) + shift;
        };
      case "buckets":
        return (code) => {
          pair[0] = plan.first + BigInt(code - 1) * plan.step + shift;
        };
      default: {
        const words = this.wordsOf(local);
        if (shift !== 0n) {
          return (code) => {
            pair[0] = words[code - 1] + shift;
          };
        }
        const words32 = new Uint32Array(words.buffer, words.byteOffset, words.length * 2);
        return (code) => {
          halves[0] = words32[code * 2 - 2];
          halves[1] = words32[code * 2 - 1];
        };
      }
    }
  }

  private wordsOf({ plan, values }: LocalKey): BigInt64Array {
    if (plan.kind === "boundaries") return plan.values;
    if (plan.kind === "lut") return wordsOfVector(plan.values);
    assert(values?.kind === "words", `a number's key cannot be ${plan.kind}`);
    return layoutOf(this.type) === "double" ? oneNaN(values.values) : values.values;
  }

  private word(code: number): bigint {
    this.halves[0] = this.table.low(code - 1);
    this.halves[1] = this.table.high(code - 1);
    return this.pair[0];
  }

  *vector(codes: Uint32Array): Stepwise<Vector> {
    const words = new BigInt64Array(codes.length);
    const nulls = new NullMarks(codes.length);
    const halves = new Uint32Array(words.buffer);
    for (let row = 0; row < codes.length; row++) {
      if (row % stepItems === 0) yield;
      const number = codes[row] - 1;
      if (number < 0) {
        nulls.mark(row);
        continue;
      }
      halves[row * 2] = this.table.low(number);
      halves[row * 2 + 1] = this.table.high(number);
    }
    return vectorOfWords(this.type, words, nulls.bits);
  }

  words(codes: Uint32Array): BigInt64Array {
    return BigInt64Array.from(codes, (code) => this.word(code));
  }
}

/** The bits of doubles with every NaN the same. */
function oneNaN(words: BigInt64Array): BigInt64Array {
  const values = new Float64Array(words.buffer, words.byteOffset, words.length);
  return new BigInt64Array(values.map((value) => (Number.isNaN(value) ? Number.NaN : value + 0)).buffer);
}

function wordsOfVector(vector: Vector): BigInt64Array {
  assert(vector.kind !== "text", "a number's key has numbers");
  if (vector.kind === "int") return vector.values;
  const values = vector.values.map((value) => (Number.isNaN(value) ? Number.NaN : value + 0));
  return new BigInt64Array(values.buffer);
}

function vectorOfWords(type: SqlType, words: BigInt64Array, nulls: Uint8Array | null): Vector {
  const rows = words.length;
  if (layoutOf(type) === "double") {
    return { kind: "double", type, rows, values: new Float64Array(words.buffer), nulls };
  }
  return { kind: "int", type, rows, values: words, nulls };
}

/** Integers in equal steps over a known range: codes are plain arithmetic. */
export class RangeDomain implements Domain {
  readonly card: number;
  private readonly type: SqlType;
  private readonly first: bigint;
  private readonly step: bigint;

  constructor(
    type: SqlType,
    range: { readonly first: bigint; readonly step: bigint; readonly count: number },
  ) {
    this.type = type;
    this.first = range.first;
    this.step = range.step;
    this.card = range.count + 1;
  }

  bytes(): number {
    return 0;
  }

  /** What to add to a slice's codes, NULL's apart. */
  offsetOf(plan: KeyPlan, shift: bigint): number {
    assert(plan.kind === "ints" || plan.kind === "buckets", "a range has equal steps");
    const start = (plan.kind === "ints" ? plan.min : plan.first) + shift;
    return Number((start - this.first) / this.step);
  }

  *map({ plan }: LocalKey, codes: Uint32Array, shift: bigint): Stepwise<Uint32Array> {
    const common = new Uint32Array(codes.length);
    if (plan.kind === "null") return common;
    const offset = this.offsetOf(plan, shift);
    for (let at = 0; at < codes.length; at++) {
      common[at] = codes[at] === 0 ? 0 : codes[at] + offset;
      if (at % stepItems === 0) yield;
    }
    return common;
  }

  *vector(codes: Uint32Array): Stepwise<Vector> {
    const nulls = new NullMarks(codes.length);
    const values = new BigInt64Array(codes.length);
    const first = Number(this.first);
    const step = Number(this.step);
    // Doubles are exact here unless the range lies past 2^53.
    const exact = Number.isSafeInteger(first) && Number.isSafeInteger(first + this.card * step);
    const halves = new Int32Array(values.buffer);
    for (let row = 0; row < codes.length; row++) {
      if (row % stepItems === 0) yield;
      if (codes[row] === 0) nulls.mark(row);
      else if (exact) {
        const value = first + (codes[row] - 1) * step;
        const high = Math.floor(value / 2 ** 32);
        halves[row * 2] = value - high * 2 ** 32;
        halves[row * 2 + 1] = high;
      } else values[row] = this.first + BigInt(codes[row] - 1) * this.step;
    }
    return { kind: "int", type: this.type, rows: codes.length, values, nulls: nulls.bits };
  }

  words(codes: Uint32Array): BigInt64Array {
    return BigInt64Array.from(codes, (code) => this.first + BigInt(code - 1) * this.step);
  }
}

const rangeCardMax = serverBounds.numberDomainCard;

/** The cheapest domain that all plans of one key fit. `shifts`: how far below a slice's values others may lie. */
export function numberDomain(type: SqlType, plans: readonly KeyPlan[], shifts: readonly bigint[]): Domain {
  const ranges = plans.filter((plan) => plan.kind === "ints" || plan.kind === "buckets");
  const simple = plans.every(
    (plan) => plan.kind === "ints" || plan.kind === "buckets" || plan.kind === "null",
  );
  if (!simple || ranges.length === 0 || layoutOf(type) !== "int") return new WordDomain(type);
  const stepOf = (plan: (typeof ranges)[number]) => (plan.kind === "ints" ? 1n : plan.step);
  const firstOf = (plan: (typeof ranges)[number]) => (plan.kind === "ints" ? plan.min : plan.first);
  const step = stepOf(ranges[0]);
  const origin = firstOf(ranges[0]);
  let low = origin;
  let high = origin;
  for (const plan of ranges) {
    const first = firstOf(plan);
    if (stepOf(plan) !== step || (first - origin) % step !== 0n) return new WordDomain(type);
    const last = first + BigInt(Math.max(0, plan.card - 2)) * step;
    for (const shift of shifts) {
      if (shift % step !== 0n) return new WordDomain(type);
      if (first + shift < low) low = first + shift;
      if (last + shift > high) high = last + shift;
    }
  }
  const count = (high - low) / step + 1n;
  if (count > BigInt(rangeCardMax)) return new WordDomain(type);
  return new RangeDomain(type, { first: low, step, count: Number(count) });
}
