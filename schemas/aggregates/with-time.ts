/**
 * The value at the latest (or earliest) time. Rows where value or time is NULL do not count. Among equal times the
 * last row (for the earliest: the first) in the order of rows and merges wins, so an answer is repeatable.
 * Numbers: State => time:i64 value:8 bytes present:f64. Text: State => version:u8 = 1, time:i64, bytes.
 */
import type { Aggregate, AggregateArgument } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectType, literalText, refuseArgument } from "#schemas/aggregates/arguments";
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { corruptState, VariableAccumulator } from "#schemas/aggregates/variable";
import { entryBytes, intsOf, isNull, NullMarks, TextBuilder, textsOf } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { layoutOf, type SqlType, sqlTypes } from "#schemas/types";

export type Wanted = "first" | "last";

/** The 32-bit halves of 8-byte values, low first. */
const wordsOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Int32Array =>
  new Int32Array(buffer, byteOffset, byteLength >> 2);

const wins = (wanted: Wanted, time: bigint, held: bigint): boolean =>
  wanted === "last" ? time >= held : time < held;

class NumberWithTimeAccumulator extends FixedAccumulator {
  private readonly wanted: Wanted;
  private readonly from: SqlType;
  private readonly type: SqlType;

  constructor(wanted: Wanted, types: { readonly from: SqlType; readonly to: SqlType }) {
    super(3);
    this.wanted = wanted;
    this.from = types.from;
    this.type = types.to;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    const times = intsOf(args[1]);
    assert(vector.kind !== "text", "a number's state holds no text");
    // By halves: a bigint for every row would cost more than all the rest.
    const timeWords = wordsOf(times.values);
    const valueWords = wordsOf(vector.values);
    const held = wordsOf(this.slots.u8);
    const { f64 } = this.slots;
    const last = this.wanted === "last";
    for (let row = 0; row < rows; row++) {
      if (isNull(vector.nulls, row) || isNull(times.nulls, row)) continue;
      const group = gids === null ? 0 : gids[row];
      const at = group * 6;
      const high = timeWords[row * 2 + 1];
      const low = timeWords[row * 2];
      if (f64[group * 3 + 2] !== 0) {
        const order = high - held[at + 1] || (low >>> 0) - (held[at] >>> 0);
        if (last ? order < 0 : order >= 0) continue;
      }
      held[at] = low;
      held[at + 1] = high;
      held[at + 2] = valueWords[row * 2];
      held[at + 3] = valueWords[row * 2 + 1];
      f64[group * 3 + 2] = 1;
    }
  }

  private take(slot: number, time: bigint): boolean {
    const { i64, f64 } = this.slots;
    if (f64[slot + 2] !== 0 && !wins(this.wanted, time, i64[slot])) return false;
    i64[slot] = time;
    f64[slot + 2] = 1;
    return true;
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    if (from.f64[source + 2] === 0) return;
    if (this.take(target, from.i64[source])) this.slots.u64[target + 1] = from.u64[source + 1];
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const nulls = new NullMarks(rows);
    const integer = layoutOf(this.from) === "int";
    if (layoutOf(this.type) === "double") {
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        const slot = slotOf(row);
        if (this.slots.f64[slot + 2] === 0) nulls.mark(row);
        else values[row] = integer ? Number(this.slots.i64[slot + 1]) : this.slots.f64[slot + 1];
      }
      return { kind: "double", type: this.type, rows, values, nulls: nulls.bits };
    }
    const values = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      if (this.slots.f64[slot + 2] === 0) nulls.mark(row);
      else values[row] = this.slots.i64[slot + 1];
    }
    return { kind: "int", type: this.type, rows, values, nulls: nulls.bits };
  }
}

interface TimedText {
  readonly time: bigint;
  readonly bytes: Uint8Array;
}

class TextWithTimeAccumulator extends VariableAccumulator<TimedText> {
  private readonly wanted: Wanted;
  private readonly type: SqlType;

  constructor(wanted: Wanted, type: SqlType) {
    super();
    this.wanted = wanted;
    this.type = type;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const { ids, entries, nulls } = textsOf(args[0]);
    const times = intsOf(args[1]);
    for (let row = 0; row < rows; row++) {
      if (isNull(nulls, row) || isNull(times.nulls, row)) continue;
      const group = gids === null ? 0 : gids[row];
      const held = this.held[group];
      const time = times.values[row];
      if (held !== undefined && !wins(this.wanted, time, held.time)) continue;
      const bytes = entryBytes(entries, ids[row]).slice();
      if (held === undefined) this.grew(bytes.length + 96);
      this.held[group] = { time, bytes };
    }
  }

  protected encode(state: TimedText): Uint8Array {
    const bytes = new Uint8Array(9 + state.bytes.length);
    bytes[0] = 1;
    new DataView(bytes.buffer).setBigInt64(1, state.time, true);
    bytes.set(state.bytes, 9);
    return bytes;
  }

  protected decode(bytes: Uint8Array): TimedText {
    if (bytes.length < 9 || bytes[0] !== 1) return corruptState("not a text with its time");
    const time = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(1, true);
    return { time, bytes: bytes.subarray(9) };
  }

  protected mergeStates(into: TimedText, from: TimedText): TimedText {
    return wins(this.wanted, from.time, into.time) ? from : into;
  }

  protected finishRows(rows: number, stateOf: (row: number) => TimedText | undefined): Vector {
    const builder = new TextBuilder(this.type, rows);
    for (let row = 0; row < rows; row++) builder.set(row, stateOf(row)?.bytes ?? null);
    return builder.build();
  }
}

const typeNames: Readonly<Record<string, SqlType>> = { VARCHAR: "STRING", BIGINT: "LONG", INTEGER: "INT" };

/** The answer's type: what 'TYPE' says, if the value's own type can be read as it. */
function answerType(name: string, args: readonly AggregateArgument[]): SqlType {
  const from = args[0].type;
  if (args.length < 3) return from;
  const written = literalText(name, args, 2).toUpperCase();
  const to = typeNames[written] ?? written;
  if (!(to in sqlTypes)) return refuseArgument(name, "a type's name as argument 3", written);
  const wanted = to as SqlType;
  const widens =
    layoutOf(wanted) === layoutOf(from) || (layoutOf(from) === "int" && layoutOf(wanted) === "double");
  if (!widens && from !== "UNKNOWN") return refuseArgument(name, `a value that is ${wanted}`, from);
  return wanted;
}

export function withTime(
  wanted: Wanted,
  texts: Pick<Aggregate, "name" | "documentation" | "example">,
): Aggregate {
  return {
    ...texts,
    aliases: [],
    version: 1,
    bind(args) {
      expectCount(texts.name, args, { least: 2, most: 3 });
      expectType(texts.name, args, { index: 1, types: ["INT", "LONG", "TIMESTAMP", "DATE"] });
      return bound(texts.name, 2, answerType(texts.name, args));
    },
    layout: (call) =>
      layoutOf(call.args[0].type) === "text" ? { kind: "variable" } : { kind: "fixed", stateBytes: 24 },
    accumulator: (call) =>
      layoutOf(call.args[0].type) === "text"
        ? new TextWithTimeAccumulator(wanted, call.type)
        : new NumberWithTimeAccumulator(wanted, { from: call.args[0].type, to: call.type }),
  };
}
