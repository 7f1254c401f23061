/**
 * DISTINCTCOUNT and COUNT(DISTINCT x): how many different values that are not NULL, exactly. NaN equals itself.
 * State => version:u8 = 1, kind:u8, then
 *   kind 0 (final: no merge follows) count:f64
 *   kind 1 (64-bit values: integers, or doubles by their bits) count:u32 value:u64[count]
 *   kind 3 (texts) count:u32 (bytes:u32 byte[bytes])[count]
 */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount } from "#schemas/aggregates/arguments";
import { corruptState, VariableAccumulator } from "#schemas/aggregates/variable";
import { entryBytes, isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import type { States } from "#schemas/plan/server-client";

const finalKind = 0;
const wordsKind = 1;
const textsKind = 3;

const header = (kind: number, bodyBytes: number): Uint8Array => {
  const bytes = new Uint8Array(2 + bodyBytes);
  bytes[0] = 1;
  bytes[1] = kind;
  return bytes;
};

function encodeDistinctFinal(count: number): Uint8Array {
  const bytes = header(finalKind, 8);
  new DataView(bytes.buffer).setFloat64(2, count, true);
  return bytes;
}

/** Final states of many groups: no array for each. */
export function distinctFinals(counts: Uint32Array): States {
  const stateBytes = 10;
  const bytes = new Uint8Array(counts.length * stateBytes);
  const offsets = new Uint32Array(counts.length + 1);
  const view = new DataView(bytes.buffer);
  for (let group = 0; group < counts.length; group++) {
    const at = group * stateBytes;
    bytes[at] = 1;
    bytes[at + 1] = finalKind;
    view.setFloat64(at + 2, counts[group], true);
    offsets[group + 1] = at + stateBytes;
  }
  return { kind: "variable", bytes, offsets };
}

/** Distinct 64-bit values, in any order. */
export function encodeDistinctWords(values: BigUint64Array | BigInt64Array): Uint8Array {
  const bytes = header(wordsKind, 4 + values.length * 8);
  new DataView(bytes.buffer).setUint32(2, values.length, true);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 6);
  return bytes;
}

/** Distinct texts, in any order. */
export function encodeDistinctTexts(texts: readonly Uint8Array[]): Uint8Array {
  const bytes = header(textsKind, 4 + texts.reduce((total, text) => total + 4 + text.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(2, texts.length, true);
  let at = 6;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}

/** A text's bytes as a string of the same length, so that a Set compares bytes. */
const binary = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
};
const unbinary = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Stays encoded until something is merged into it; a single partial is never decoded. */
interface DistinctState {
  encoded: Uint8Array | null;
  words: Set<bigint> | null;
  texts: Set<string> | null;
}

const countOf = (state: DistinctState): number => {
  if (state.encoded !== null) {
    const view = new DataView(state.encoded.buffer, state.encoded.byteOffset, state.encoded.length);
    return state.encoded[1] === finalKind ? view.getFloat64(2, true) : view.getUint32(2, true);
  }
  return (state.words?.size ?? 0) + (state.texts?.size ?? 0);
};

function opened(state: DistinctState): DistinctState {
  const { encoded } = state;
  if (encoded === null) return state;
  if (encoded[1] === finalKind) return corruptState("a final count of distinct values cannot be merged");
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.length);
  const count = view.getUint32(2, true);
  state.encoded = null;
  if (encoded[1] === wordsKind) {
    state.words = new Set();
    for (let at = 0; at < count; at++) state.words.add(view.getBigUint64(6 + at * 8, true));
    return state;
  }
  state.texts = new Set();
  let at = 6;
  for (let index = 0; index < count; index++) {
    if (at + 4 > encoded.length) return corruptState("its texts end early");
    const end = at + 4 + view.getUint32(at, true);
    if (end > encoded.length) return corruptState("a text leaves the bytes");
    state.texts.add(binary(encoded.subarray(at + 4, end)));
    at = end;
  }
  return state;
}

const doubleBits = new Float64Array(1);
const doubleWord = new BigUint64Array(doubleBits.buffer);
const nanWord = 0x7ff8000000000000n;

/** The word that stands for a double: −0 as 0, every NaN as one. */
export function wordOfDouble(value: number): bigint {
  if (Number.isNaN(value)) return nanWord;
  doubleBits[0] = value + 0;
  return doubleWord[0];
}

class DistinctCountAccumulator extends VariableAccumulator<DistinctState> {
  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    for (let row = 0; row < rows; row++) {
      if (isNull(vector.nulls, row)) continue;
      const state = this.stateFor(gids === null ? 0 : gids[row]);
      const before = countOf(state);
      if (vector.kind === "text") {
        (state.texts ??= new Set()).add(binary(entryBytes(vector.entries, vector.ids[row])));
      } else {
        const word =
          vector.kind === "int" ? BigInt.asUintN(64, vector.values[row]) : wordOfDouble(vector.values[row]);
        (state.words ??= new Set()).add(word);
      }
      if (countOf(state) !== before) this.grew(64);
    }
  }

  private stateFor(group: number): DistinctState {
    const held = this.held[group];
    if (held !== undefined) return opened(held);
    const created: DistinctState = { encoded: null, words: null, texts: null };
    this.held[group] = created;
    return created;
  }

  protected encode(state: DistinctState, options: { readonly final: boolean }): Uint8Array {
    if (options.final) return encodeDistinctFinal(countOf(state));
    if (state.encoded !== null) return state.encoded;
    if (state.texts !== null) return encodeDistinctTexts([...state.texts].map(unbinary));
    return encodeDistinctWords(BigUint64Array.from(state.words ?? []));
  }

  protected decode(bytes: Uint8Array): DistinctState {
    const kinds = [finalKind, wordsKind, textsKind];
    if (bytes.length < 6 || bytes[0] !== 1 || !kinds.includes(bytes[1])) corruptState("not a set of values");
    if (bytes[1] === finalKind && bytes.length !== 10) corruptState("not a count of distinct values");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (
      bytes[1] === finalKind &&
      !(Number.isSafeInteger(view.getFloat64(2, true)) && view.getFloat64(2, true) >= 0)
    ) {
      corruptState("not a count of distinct values");
    }
    const count = view.getUint32(2, true);
    if (bytes[1] === wordsKind && bytes.length !== 6 + count * 8)
      corruptState("its values do not fit its length");
    if (bytes[1] === textsKind && bytes.length < 6 + count * 4)
      corruptState("its texts do not fit its length");
    return { encoded: bytes, words: null, texts: null };
  }

  protected mergeStates(into: DistinctState, from: DistinctState): DistinctState {
    const target = opened(into);
    const source = opened(from);
    if (source.words !== null) {
      target.words ??= new Set();
      for (const word of source.words) target.words.add(word);
    }
    if (source.texts !== null) {
      target.texts ??= new Set();
      for (const text of source.texts) target.texts.add(text);
    }
    return target;
  }

  protected finishRows(rows: number, stateOf: (row: number) => DistinctState | undefined): Vector {
    const values = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++) {
      const state = stateOf(row);
      if (state !== undefined) values[row] = BigInt(countOf(state));
    }
    return { kind: "int", type: "LONG", rows, values, nulls: new NullMarks(rows).bits };
  }
}

export const distinctCount: Aggregate = {
  name: "distinctCount",
  aliases: ["distinctcountbitmap", "distinctcountoffheap", "segmentpartitioneddistinctcount"],
  documentation: "Number of different values that are not NULL, exactly.",
  example: "DISTINCTCOUNT(transaction_id)",
  version: 1,
  bind(args) {
    expectCount("distinctCount", args, { least: 1, most: 1 });
    return bound("distinctCount", 1, "LONG");
  },
  layout: () => ({ kind: "variable" }),
  accumulator: () => new DistinctCountAccumulator(),
};
