/**
 * A domain numbers the values of one key over all slices of a query: each slice's local codes map to common codes, 0
 * being NULL. Text columns keep their domain and the mapping of each segment between queries (`dictionaries.ts`).
 */

import { orderOf } from "#schemas/aggregates/extreme";
import { isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { layoutOf, type SqlType } from "#schemas/types";
import type { Views } from "#server/arena/arena";
import type { InternedValues } from "#server/execute/intern";
import { PairTable } from "#server/execute/pair-table";
import type { KeyPlan, PlainDictionary } from "#server/execute/task";
import type { TextDomain } from "#server/execute/text-domain";
import { placeOf } from "#server/execute/text-vector";

/** A segment's dictionary and its mapping so far: `remap[id]` is the common code, or `unmapped`. */
export interface DictionaryPart {
  readonly views: Views;
  readonly dictionary: PlainDictionary;
  readonly remap: Uint32Array;
}

export const unmapped = 0xffff_ffff;

/** What a slice's codes stand for. */
export interface LocalKey {
  readonly plan: KeyPlan;
  readonly values: InternedValues | null;
  /** For plans by dictionary ids. */
  readonly part: DictionaryPart | null;
}

export interface Domain {
  readonly card: number;
  bytes(): number;
  /** Common codes of local ones (`shift` is added to integer values: HOP's windows). */
  map(local: LocalKey, codes: Uint32Array, shift: bigint): Uint32Array;
  /** The values of common codes. */
  vector(codes: Uint32Array): Vector;
  /** A set's states for the wire: 64-bit words, or texts. */
  words(codes: Uint32Array): BigInt64Array | Uint8Array[];
}

export class TextKeyDomain implements Domain {
  readonly domain: TextDomain;
  private readonly type: SqlType;
  private readonly order: (left: Uint8Array, right: Uint8Array) => number;
  /** Up to which id a mapping is complete: it need not be looked through again. */
  private readonly completeTo: WeakMap<Uint32Array, number>;

  constructor(domain: TextDomain, type: SqlType) {
    this.domain = domain;
    this.type = type;
    this.order = orderOf(type);
    this.completeTo = domain.completeTo;
  }

  get card(): number {
    return this.domain.card;
  }

  bytes(): number {
    return this.domain.bytes();
  }

  map(local: LocalKey, codes: Uint32Array): Uint32Array {
    const { plan, values, part } = local;
    if (plan.kind === "null") return new Uint32Array(codes.length);
    if (plan.kind === "ids") {
      assert(part !== null, "ids come with their dictionary");
      return this.mapIds(part, codes);
    }
    if (plan.kind === "lut") return this.mapVector(plan.values, codes);
    assert(values?.kind === "texts", `a text key cannot be ${plan.kind}`);
    const mapped = this.domain.internAll(values.entries, values.hashes);
    return codes.map((code) => mapped[code]);
  }

  /** The order of two codes' values, neither being NULL's. */
  compareCodes(left: number, right: number): number {
    return left === right ? 0 : this.order(this.domain.entry(left), this.domain.entry(right));
  }

  /** Maps the ids with rows, in the part's own array, which is complete then as far as it is needed. */
  completeIds(part: DictionaryPart, hasRows: (id: number) => boolean): Uint32Array {
    const { views, dictionary, remap } = part;
    const { u8, u32 } = views;
    const place = { start: 0, length: 0 };
    const hashes = dictionary.hashes >> 2;
    const first = (this.completeTo.get(remap) ?? 0) + 1;
    let left = 0;
    for (let id = first; id <= dictionary.count; id++) {
      if (remap[id] !== unmapped) continue;
      if (!hasRows(id)) {
        left++;
        continue;
      }
      placeOf(views, dictionary, id, place);
      remap[id] = this.domain.intern(u8, place.start, place.length, u32[hashes + id * 2]);
    }
    if (left === 0) this.completeTo.set(remap, dictionary.count);
    return remap;
  }

  private mapIds(part: DictionaryPart, codes: Uint32Array): Uint32Array {
    const { views, dictionary, remap } = part;
    const { u8, u32 } = views;
    const place = { start: 0, length: 0 };
    const hashes = dictionary.hashes >> 2;
    const mapped = new Uint32Array(codes.length);
    for (let at = 0; at < codes.length; at++) {
      const id = codes[at];
      let code = remap[id];
      if (code === unmapped) {
        placeOf(views, dictionary, id, place);
        code = this.domain.intern(u8, place.start, place.length, u32[hashes + id * 2]);
        remap[id] = code;
      }
      mapped[at] = code;
    }
    return mapped;
  }

  private mapVector(vector: Vector, codes: Uint32Array): Uint32Array {
    assert(vector.kind === "text", "a text key has text values");
    const { entries, ids } = vector;
    return codes.map((code) => {
      if (code === 0) return 0;
      const start = entries.offsets[ids[code - 1]];
      return this.domain.intern(entries.bytes, start, entries.offsets[ids[code - 1] + 1] - start, null);
    });
  }

  vector(codes: Uint32Array): Vector {
    const nulls = new NullMarks(codes.length);
    const ids = new Uint32Array(codes.length);
    for (let row = 0; row < codes.length; row++) {
      ids[row] = row;
      if (codes[row] === 0) {
        nulls.mark(row);
        ids[row] = 0;
      }
    }
    const entries = this.domain.entries(codes);
    return { kind: "text", type: this.type, rows: codes.length, ids, entries, nulls: nulls.bits };
  }

  words(codes: Uint32Array): Uint8Array[] {
    return Array.from(codes, (code) => this.domain.entry(code));
  }
}

/** Numbers by their 64 bits; NaN is one value. */
export class WordDomain implements Domain {
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

  map(local: LocalKey, codes: Uint32Array, shift: bigint): Uint32Array {
    const wordOf = this.wordsOf(local);
    return codes.map((code) => {
      if (code === 0) return 0;
      const word = wordOf(code);
      if (word === null) return 0;
      this.pair[0] = word + shift;
      return this.table.intern(this.halves[0], this.halves[1]) + 1;
    });
  }

  private wordsOf({ plan, values }: LocalKey): (code: number) => bigint | null {
    switch (plan.kind) {
      case "null":
        return () => null;
      case "ints":
        return (code) => plan.min + BigInt(code - 1);
      case "buckets":
        return (code) => plan.first + BigInt(code - 1) * plan.step;
      case "boundaries":
        return (code) => plan.values[code - 1];
      case "lut": {
        const vector = plan.values;
        const words = wordsOfVector(vector);
        return (code) => (isNull(vector.nulls, code - 1) ? null : words[code - 1]);
      }
      default: {
        assert(values?.kind === "words", `a number's key cannot be ${plan.kind}`);
        const words = layoutOf(this.type) === "double" ? oneNaN(values.values) : values.values;
        return (code) => words[code - 1];
      }
    }
  }

  private word(code: number): bigint {
    this.halves[0] = this.table.low(code - 1);
    this.halves[1] = this.table.high(code - 1);
    return this.pair[0];
  }

  vector(codes: Uint32Array): Vector {
    const words = new BigInt64Array(codes.length);
    const nulls = new NullMarks(codes.length);
    for (let row = 0; row < codes.length; row++) {
      if (codes[row] === 0) nulls.mark(row);
      else words[row] = this.word(codes[row]);
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

  map({ plan }: LocalKey, codes: Uint32Array, shift: bigint): Uint32Array {
    const common = new Uint32Array(codes.length);
    if (plan.kind === "null") return common;
    const offset = this.offsetOf(plan, shift);
    for (let at = 0; at < codes.length; at++) common[at] = codes[at] === 0 ? 0 : codes[at] + offset;
    return common;
  }

  vector(codes: Uint32Array): Vector {
    const nulls = new NullMarks(codes.length);
    const values = new BigInt64Array(codes.length);
    const first = Number(this.first);
    const step = Number(this.step);
    // Doubles are exact here unless the range lies past 2^53.
    const exact = Number.isSafeInteger(first) && Number.isSafeInteger(first + this.card * step);
    const halves = new Int32Array(values.buffer);
    for (let row = 0; row < codes.length; row++) {
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

/** Ranges wider than this are hashed. */
const rangeCardMax = 1 << 22;

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
