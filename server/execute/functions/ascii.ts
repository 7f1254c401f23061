/**
 * Text functions straight on UTF-8 bytes, where that gives what characters would: most text is ASCII, and decoding
 * costs more than the work.
 */
import type { Vector } from "#schemas/batch";
import { type Call, type Kernel, textOf } from "#server/execute/functions/operand";

const identity = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const lowered = identity.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
const raised = identity.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));

export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] > 127) return false;
  return true;
}

/** UPPER or LOWER: one pass over all entries when they are ASCII and mostly used; otherwise `general`. */
export const changeCase =
  (to: "upper" | "lower", general: Kernel): Kernel =>
  (call: Call): Vector => {
    const vector = textOf(call.args[0]);
    const { count, offsets, bytes } = vector.entries;
    const [first, last] = [offsets[0], offsets[count]];
    if (call.args[0].mask === 0 || count > 2 * call.rows || !isAscii(bytes, first, last))
      return general(call);
    const map = to === "upper" ? raised : lowered;
    const changed = new Uint8Array(last);
    for (let at = first; at < last; at++) changed[at] = map[bytes[at]];
    const { rows, type, nulls } = call;
    // The ids are written to when NULL rows are cleared, so they are the result's own.
    return {
      kind: "text",
      type,
      rows,
      ids: vector.ids.slice(),
      entries: { count, offsets, bytes: changed },
      nulls,
    };
  };

export type BytesMatcher = (bytes: Uint8Array, start: number, end: number) => boolean;

/** Where `piece` begins in [at, end), or −1. */
function find(
  bytes: Uint8Array,
  fold: Uint8Array,
  piece: Uint8Array,
  span: readonly [number, number],
): number {
  const last = span[1] - piece.length;
  const first = piece[0];
  for (let at = span[0]; at <= last; at++) {
    if (fold[bytes[at]] !== first) continue;
    let same = 1;
    while (same < piece.length && fold[bytes[at + same]] === piece[same]) same++;
    if (same === piece.length) return at;
  }
  return -1;
}

function isAt(bytes: Uint8Array, fold: Uint8Array, piece: Uint8Array, at: number): boolean {
  for (let i = 0; i < piece.length; i++) if (fold[bytes[at + i]] !== piece[i]) return false;
  return true;
}

/** Matches texts cut at their %: first at the start, last at the end, the others between, in order. */
export function piecesMatcher(pieces: readonly Uint8Array[], ignoreCase: boolean): BytesMatcher {
  const fold = ignoreCase ? lowered : identity;
  const first = pieces[0];
  const last = pieces[pieces.length - 1];
  const middle = pieces.slice(1, -1);
  if (pieces.length === 1)
    return (bytes, start, end) => end - start === first.length && isAt(bytes, fold, first, start);
  return (bytes, start, end) => {
    if (end - start < first.length + last.length) return false;
    const tail = end - last.length;
    if (!isAt(bytes, fold, first, start) || !isAt(bytes, fold, last, tail)) return false;
    let at = start + first.length;
    for (const piece of middle) {
      at = find(bytes, fold, piece, [at, tail]);
      if (at < 0) return false;
      at += piece.length;
    }
    return true;
  };
}
