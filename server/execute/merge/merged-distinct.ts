/** The merged slot of exact distinct values: sets as bits while they fit, else hashed (group, value) pairs. */
import { distinctFinals, encodeDistinctTexts, encodeDistinctWords } from "#schemas/aggregates/distinct-count";
import { AssertionError, assert } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { States } from "#schemas/plan/server-client";
import { atOnce, type Stepwise, stepItems } from "#schemas/turns";
import {
  bitCount,
  codesOf,
  type GroupBits,
  groupsOfStep,
  hasValue,
  orMapped,
  orShifted,
  unionOf,
} from "#server/execute/merge/bit-sets";
import type { DictionaryPart, Domain, LocalKey } from "#server/execute/merge/domain";
import type { MergedSlot, MergeHome, SlicePart } from "#server/execute/merge/merged-slot";
import { RangeDomain } from "#server/execute/merge/number-domain";
import { PairTable } from "#server/execute/merge/pair-table";
import { TextKeyDomain } from "#server/execute/merge/text-key-domain";
import type { SlotResult } from "#server/execute/scan/slot";

type BitsResult = Extract<SlotResult, { kind: "bits" }>;

/** Distinct (group, code) pairs. */
interface GroupCodes {
  readonly gids: Uint32Array;
  readonly codes: Uint32Array;
}

/** Pairs between two steps while each may need a set of its own. */
const setsStep = 1024;
const setsStepBytes = serverBounds.setsStepBytes;
/** Words of bits between two steps while each bit becomes a pair. */
const hashedWords = 256;
const setBytesMax = serverBounds.setBytes;

export class MergedDistinct implements MergedSlot {
  readonly domain: Domain;
  private readonly home: MergeHome;
  private groups = 0;
  /** Bit sets by group, while they fit. */
  private sets: (Uint32Array | undefined)[] | null = [];
  private pairs: PairTable | null = null;
  private setBytes = 0;
  private counted = 0;
  /** The pairs last mapped: windows ask for the same again and again. */
  private known: { readonly result: SlotResult; readonly pairs: GroupCodes } | null = null;
  private totals: Uint32Array | null = null;

  constructor(home: MergeHome, domain: Domain) {
    this.home = home;
    this.domain = domain;
  }

  ensure(groups: number): void {
    this.groups = groups;
  }

  merge(): Stepwise {
    throw new AssertionError("distinct values merge by mergeDistinct");
  }

  *mergeDistinct(part: SlicePart, result: SlotResult, key: LocalKey): Stepwise {
    if (result.kind === "empty") return;
    this.totals = null;
    if (result.kind !== "bits" || this.sets === null || !(yield* this.mergeBits(part, result, key))) {
      yield* this.mergePairs(part, result, key);
    }
    const bytes = this.setBytes + (this.pairs?.bytes() ?? 0) + this.domain.bytes();
    this.home.memory.count(Math.max(0, bytes - this.counted));
    this.counted = Math.max(bytes, this.counted);
  }

  /** Sets joined without lists of pairs; false when they cannot be, or grew too large: pairs then add what is missing. */
  private *mergeBits(part: SlicePart, result: BitsResult, key: LocalKey): Stepwise<boolean> {
    const { domain } = this;
    if (domain instanceof RangeDomain) yield* this.mergeRange(part, result, domain.offsetOf(key.plan, 0n));
    else if (domain instanceof TextKeyDomain && key.plan.kind === "ids" && key.part !== null) {
      yield* this.mergeIds(part, result, domain, key.part);
    } else return false;
    if (this.setBytes <= setBytesMax) return true;
    yield* this.hashAll();
    return false;
  }

  /** Bit by bit through a dictionary's mapping. */
  private *mergeIds(
    part: SlicePart,
    result: BitsResult,
    domain: TextKeyDomain,
    dictionary: DictionaryPart,
  ): Stepwise {
    const bits = this.bitsOf(part, result);
    const any = yield* unionOf(bits, part.groups);
    const remap = yield* domain.completeIds(dictionary, (id) => (any[id >> 5] & (1 << (id & 31))) !== 0);
    yield* this.mergeGroups(part, bits, (set, words) => orMapped(set, words, remap));
  }

  /** Codes that are apart by a constant: sets are joined word by word. */
  private *mergeRange(part: SlicePart, result: BitsResult, offset: number): Stepwise {
    yield* this.mergeGroups(part, this.bitsOf(part, result), (set, words) => orShifted(set, words, offset));
  }

  private bitsOf(part: SlicePart, { pointer, card }: BitsResult): GroupBits {
    const words = card >> 5;
    const from = part.local(pointer, part.groups * words * 4) >> 2;
    return { u32: this.home.runtime.arena.views.u32, from, words };
  }

  /** Adds every group's bits to its set, while the sets are not too large. */
  private *mergeGroups(
    part: SlicePart,
    { u32, from, words }: GroupBits,
    add: (set: Uint32Array, words: Uint32Array) => void,
  ): Stepwise {
    const groupsStep = groupsOfStep(words);
    for (let group = 0; group < part.groups && this.setBytes <= setBytesMax; group++) {
      if (group % groupsStep === 0) yield;
      const start = from + group * words;
      const own = u32.subarray(start, start + words);
      if (!hasValue(own)) continue;
      const target = part.targets === null ? group + part.offset : part.targets[group];
      add(this.setFor(target), own);
    }
  }

  private *mergePairs(part: SlicePart, result: SlotResult, key: LocalKey): Stepwise {
    if (this.known?.result !== result) {
      const { gids, codes } = this.pairsOf(part, result);
      const values = result.kind === "pairs" ? result.values : null;
      const common = yield* this.domain.map({ ...key, values }, codes, 0n);
      this.known = { result, pairs: { gids, codes: common } };
    }
    const { codes } = this.known.pairs;
    // Sets for so many groups would only be made to be hashed.
    const wanted = Math.min(part.groups, codes.length) * (this.domain.card >> 3);
    if (this.sets !== null && wanted > setBytesMax) yield* this.hashAll();
    const from = this.sets === null ? 0 : yield* this.addToSets(part, this.known.pairs);
    yield* this.addToPairs(part, this.known.pairs, from);
  }

  /** Answers up to which pair there was room. */
  private *addToSets(part: SlicePart, { gids, codes }: GroupCodes): Stepwise<number> {
    let group = -1;
    let set: Uint32Array | null = null;
    let steppedBytes = this.setBytes;
    for (let at = 0; at < codes.length; at++) {
      if (at % setsStep === 0 || this.setBytes - steppedBytes > setsStepBytes) {
        steppedBytes = this.setBytes;
        yield;
      }
      const code = codes[at];
      if (code === 0) continue;
      const target = part.targets === null ? gids[at] + part.offset : part.targets[gids[at]];
      if (target !== group || set === null) {
        group = target;
        set = this.setFor(target);
        if (this.setBytes > setBytesMax) {
          yield* this.hashAll();
          return at;
        }
      }
      set[code >> 5] |= 1 << (code & 31);
    }
    return codes.length;
  }

  private *addToPairs(part: SlicePart, { gids, codes }: GroupCodes, from: number): Stepwise {
    const { pairs } = this;
    for (let at = from; pairs !== null && at < codes.length; at++) {
      if ((at - from) % stepItems === 0) {
        yield* pairs.reserve(Math.min(stepItems, codes.length - at));
        yield;
      }
      const target = part.targets === null ? gids[at] + part.offset : part.targets[gids[at]];
      if (codes[at] !== 0) pairs.intern(target, codes[at]);
    }
  }

  /** A group's bits, with room for all codes of the domain as it is now. */
  private setFor(group: number): Uint32Array {
    const set = this.sets?.[group];
    const words = (this.domain.card >> 5) + 2;
    if (set !== undefined && set.length >= words) return set;
    const grown = new Uint32Array(words);
    if (set !== undefined) grown.set(set);
    this.setBytes += grown.byteLength - (set?.byteLength ?? 0);
    if (this.sets !== null) this.sets[group] = grown;
    return grown;
  }

  private pairsOf(part: SlicePart, result: SlotResult): GroupCodes {
    if (result.kind === "pairs") return result;
    assert(result.kind === "bits", `a set cannot be ${result.kind}`);
    const { card } = result;
    const words = Math.ceil((part.groups * card) / 32);
    const from = part.local(result.pointer, words * 4) >> 2;
    const { u32 } = this.home.runtime.arena.views;
    let population = 0;
    for (let word = 0; word < words; word++) population += bitCount(u32[from + word]);
    const gids = new Uint32Array(population);
    const codes = new Uint32Array(population);
    let found = 0;
    let group = 0;
    let start = 0;
    for (let word = 0; word < words; word++) {
      let bits = u32[from + word];
      while (bits !== 0) {
        const bit = word * 32 + (31 - Math.clz32(bits & -bits));
        bits &= bits - 1;
        while (bit >= start + card) {
          start += card;
          group++;
        }
        if (bit === start) continue;
        gids[found] = group;
        codes[found++] = bit - start;
      }
    }
    return { gids: gids.subarray(0, found), codes: codes.subarray(0, found) };
  }

  /** From bits to pairs. */
  private *hashAll(): Stepwise {
    const { sets } = this;
    const pairs = new PairTable();
    this.sets = null;
    this.setBytes = 0;
    this.pairs = pairs;
    let looked = 0;
    for (let group = 0; sets !== null && group < sets.length; group++) {
      const set = sets[group];
      for (let word = 0; set !== undefined && word < set.length; word++) {
        if (looked++ % hashedWords === 0) {
          yield* pairs.reserve(hashedWords * 32);
          yield;
        }
        for (let bits = set[word]; bits !== 0; bits &= bits - 1) {
          pairs.intern(group, word * 32 + 31 - Math.clz32(bits & -bits));
        }
      }
    }
  }

  *settle(): Stepwise {
    this.totals = yield* this.countAll();
  }

  /** How many values each group has. */
  counts(): Uint32Array {
    this.totals ??= atOnce(this.countAll());
    return this.totals;
  }

  private *countAll(): Stepwise<Uint32Array> {
    const counts = new Uint32Array(this.groups);
    const { sets, pairs } = this;
    let looked = 0;
    for (let group = 0; sets !== null && group < sets.length; group++) {
      const set = sets[group];
      if (set === undefined) continue;
      let count = 0;
      for (const word of set) count += bitCount(word);
      counts[group] = count;
      looked += set.length;
      if (looked < stepItems * 8) continue;
      looked = 0;
      yield;
    }
    for (let at = 0; pairs !== null && at < pairs.count; at++) {
      counts[pairs.low(at)]++;
      if (at % (stepItems * 8) === 0) yield;
    }
    return counts;
  }

  states(groups: Uint32Array, options: { readonly final: boolean }): States {
    if (options.final) {
      const counts = this.counts();
      return distinctFinals(groups.map((group) => counts[group]));
    }
    const codes = this.codesByGroup();
    return packStates(
      Array.from(groups, (group) => {
        const values = this.domain.words(Uint32Array.from(codes[group] ?? []));
        return values instanceof BigInt64Array ? encodeDistinctWords(values) : encodeDistinctTexts(values);
      }),
    );
  }

  private codesByGroup(): number[][] {
    const codes: number[][] = [];
    this.sets?.forEach((set, group) => {
      if (set !== undefined) codes[group] = codesOf(set);
    });
    const { pairs } = this;
    if (pairs !== null) {
      for (let at = 0; at < pairs.count; at++) (codes[pairs.low(at)] ??= []).push(pairs.high(at));
    }
    return codes;
  }
}

/** States of variable size behind offsets. */
function packStates(parts: readonly Uint8Array[]): States {
  const offsets = new Uint32Array(parts.length + 1);
  parts.forEach((part, index) => {
    offsets[index + 1] = offsets[index] + part.length;
  });
  const bytes = new Uint8Array(offsets[parts.length]);
  parts.forEach((part, index) => {
    bytes.set(part, offsets[index]);
  });
  return { kind: "variable", bytes, offsets };
}
