/**
 * LIKE patterns that are one literal with % before or behind it, over entries that lie one after another:
 * the whole block is searched at once, instead of text by text.
 */

import type { TextEntries } from "#schemas/batch";
import type { Expression } from "#schemas/plan/expression";

export interface SimplePattern {
  readonly literal: Uint8Array;
  readonly openStart: boolean;
  readonly openEnd: boolean;
}

const utf8 = new TextEncoder();

/** The pattern of `column LIKE '…'` with case, when it is that simple. */
export function simplePattern(expression: Expression): SimplePattern | null {
  if (expression.kind !== "call" || expression.name !== "like") return null;
  const [operand, pattern, ignoreCase] = expression.args;
  if (operand.kind !== "column" || operand.type !== "STRING" || pattern?.kind !== "literal") return null;
  if (ignoreCase !== undefined && !(ignoreCase.kind === "literal" && ignoreCase.value === false)) return null;
  if (expression.args.length > 3 || typeof pattern.value !== "string") return null;
  const text = pattern.value;
  const openStart = text.startsWith("%");
  const openEnd = text.length > 1 && text.endsWith("%");
  const inner = text.slice(openStart ? 1 : 0, openEnd ? -1 : undefined);
  if (inner === "" || /[%_\\]/.test(inner)) return null;
  return { literal: utf8.encode(inner), openStart, openEnd };
}

/** Calls `hit` for every entry that matches; entries are looked at in order. */
export function matchEntries(entries: TextEntries, pattern: SimplePattern, hit: (id: number) => void): void {
  const { offsets, count } = entries;
  const { literal, openStart, openEnd } = pattern;
  const bytes = Buffer.from(entries.bytes.buffer, entries.bytes.byteOffset, entries.bytes.length);
  let id = 0;
  let from = 0;
  while (true) {
    const found = bytes.indexOf(literal, from);
    if (found < 0) return;
    id = entryAt(offsets, id, count, found);
    const start = offsets[id];
    const end = offsets[id + 1];
    const whole = found + literal.length <= end;
    const matches = whole && (openStart || found === start) && (openEnd || found + literal.length === end);
    if (matches) hit(id);
    // A hit decides its entry; a miss may have another occurrence in it.
    from = matches ? end : found + 1;
    if (from >= bytes.length) return;
  }
}

/** The entry ≥ `low` that holds byte `at`: gallops, as hits come in order. */
function entryAt(offsets: Uint32Array, low: number, count: number, at: number): number {
  let first = low;
  let step = 1;
  while (first + step < count && offsets[first + step] <= at) {
    first += step;
    step *= 2;
  }
  let last = Math.min(count, first + step);
  while (first + 1 < last) {
    const middle = (first + last) >> 1;
    if (offsets[middle] <= at) first = middle;
    else last = middle;
  }
  // Empty entries share their start with the one that has the byte.
  while (offsets[first + 1] <= at) first++;
  return first;
}
