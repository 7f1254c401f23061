/** Newline-separated rows → record slices with offsets. Blank lines are no rows. */
import type { RecordSlices } from "#schemas/ingest";

/** The lines of `bytes`; the first row has `baseOffset`. Nothing is copied. */
export function sliceLines(bytes: Uint8Array, baseOffset: bigint): RecordSlices {
  let starts = new Int32Array(Math.max(16, bytes.length >> 7));
  let lengths = new Int32Array(starts.length);
  let count = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isBlank(bytes, start, end)) {
      if (count === starts.length) {
        starts = grown(starts, count + 1);
        lengths = grown(lengths, count + 1);
      }
      starts[count] = start;
      lengths[count++] = end - start;
    }
    start = end + 1;
  }
  return { bytes, count, starts, lengths, offsets: offsetsFrom(baseOffset, count), newestMs: null };
}

export function offsetsFrom(baseOffset: bigint, count: number): BigInt64Array {
  const offsets = new BigInt64Array(count);
  const halves = new Uint32Array(offsets.buffer);
  const low = Number(BigInt.asUintN(32, baseOffset));
  const high = Number(BigInt.asIntN(32, baseOffset >> 32n));
  for (let at = 0; at < count; at++) {
    const sum = low + at;
    halves[at * 2] = sum;
    halves[at * 2 + 1] = high + (sum >= 2 ** 32 ? 1 : 0);
  }
  return offsets;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

/** The same numbers with room for at least `room`, and for more to come. */
export function grown(from: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> {
  const into = new Int32Array(Math.max(room, from.length * 2));
  into.set(from);
  return into;
}
