/** The domain of a text key: texts are joined by hash and bytes, whole dictionaries by a mapping of their ids. */
import { orderOf } from "#schemas/aggregates/extreme";
import { NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { type Stepwise, stepItems } from "#schemas/turns";
import type { SqlType } from "#schemas/types";
import { type DictionaryPart, type Domain, type LocalKey, unmapped } from "#server/execute/merge/domain";
import type { TextDomain } from "#server/execute/merge/text-domain";
import { placeOf } from "#server/execute/scan/text-vector";

export class TextKeyDomain implements Domain {
  readonly domain: TextDomain;
  private readonly type: SqlType;
  private readonly order: (left: Uint8Array, right: Uint8Array) => number;
  /** Up to which id a mapping is complete: it need not be looked through again. */
  private readonly completeTo: WeakMap<Uint32Array, number>;
  /** The texts last mapped: windows ask for the same again and again. */
  private known: { readonly values: object; readonly codes: Uint32Array } | null = null;

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

  *map(local: LocalKey, codes: Uint32Array): Stepwise<Uint32Array> {
    const { plan, values, part } = local;
    if (plan.kind === "null") return new Uint32Array(codes.length);
    if (plan.kind === "ids") {
      assert(part !== null, "ids come with their dictionary");
      return yield* this.mapIds(part, codes);
    }
    if (plan.kind === "lut") return this.mapVector(plan.values, codes);
    assert(values?.kind === "texts", `a text key cannot be ${plan.kind}`);
    if (this.known?.values !== values) {
      this.known = { values, codes: yield* this.domain.internAll(values.entries, values.hashes) };
    }
    const mapped = this.known.codes;
    return codes.map((code) => mapped[code]);
  }

  /** The order of two codes' values, neither being NULL's. */
  compareCodes(left: number, right: number): number {
    return left === right ? 0 : this.order(this.domain.entry(left), this.domain.entry(right));
  }

  /** Maps the ids with rows, in the part's own array, which is complete then as far as it is needed. */
  *completeIds(part: DictionaryPart, hasRows: (id: number) => boolean): Stepwise<Uint32Array> {
    const { views, dictionary, remap } = part;
    const { u8, u32 } = views;
    const place = { start: 0, length: 0 };
    const hashes = dictionary.hashes >> 2;
    const first = (this.completeTo.get(remap) ?? 0) + 1;
    let left = 0;
    for (let id = first; id <= dictionary.count; id++) {
      if (id % stepItems === 0) yield;
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

  private *mapIds(part: DictionaryPart, codes: Uint32Array): Stepwise<Uint32Array> {
    const { views, dictionary, remap } = part;
    const { u8, u32 } = views;
    const place = { start: 0, length: 0 };
    const hashes = dictionary.hashes >> 2;
    const mapped = new Uint32Array(codes.length);
    for (let at = 0; at < codes.length; at++) {
      if (at % stepItems === 0) yield;
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

  *vector(codes: Uint32Array): Stepwise<Vector> {
    const nulls = new NullMarks(codes.length);
    const ids = new Uint32Array(codes.length);
    for (let row = 0; row < codes.length; row++) {
      ids[row] = row;
      if (codes[row] === 0) {
        nulls.mark(row);
        ids[row] = 0;
      }
    }
    const entries = yield* this.domain.entries(codes);
    return { kind: "text", type: this.type, rows: codes.length, ids, entries, nulls: nulls.bits };
  }

  words(codes: Uint32Array): Uint8Array[] {
    return Array.from(codes, (code) => this.domain.entry(code));
  }
}
