/**
 * The sorted entries of a dictionary: each without the bytes it shares with the one before.
 *
 * Entries => count:u32 textBytes:u32 suffixBytes:u32 Unsigned(shared lengths) Unsigned(suffix lengths)
 * u8[suffixBytes]
 *
 * Decoded (the "packed" layout of DictionaryReader, id 0 = NULL, empty): offsets u32[count + 2], bytes u8[textBytes].
 */
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";
import { readUnsigned, writeUnsigned } from "#server/encode/unsigned";

/** Entries 0 … count − 1 span offsets[i] … offsets[i + 1] of `bytes`, in ascending order, no two equal. */
export interface SortedEntries {
  readonly count: number;
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

export function writeEntries(to: ByteWriter, { count, offsets, bytes }: SortedEntries): void {
  const shared = new Uint32Array(count);
  const suffixes = new Uint32Array(count);
  let suffixBytes = 0;
  for (let entry = 0; entry < count; entry++) {
    const start = offsets[entry];
    const length = offsets[entry + 1] - start;
    let same = 0;
    if (entry > 0) {
      const before = offsets[entry - 1];
      const most = Math.min(length, start - before);
      while (same < most && bytes[before + same] === bytes[start + same]) same++;
    }
    shared[entry] = same;
    suffixes[entry] = length - same;
    suffixBytes += length - same;
  }
  to.u32(count);
  to.u32(count === 0 ? 0 : offsets[count] - offsets[0]);
  to.u32(suffixBytes);
  writeUnsigned(to, shared, count);
  writeUnsigned(to, suffixes, count);
  const target = to.take(suffixBytes);
  for (let entry = 0, at = 0; entry < count; entry++) {
    for (let from = offsets[entry] + shared[entry]; from < offsets[entry + 1]; from++)
      target[at++] = bytes[from];
  }
}

export interface EntriesHead {
  readonly count: number;
  readonly textBytes: number;
  readonly suffixBytes: number;
}

/** Reads the sizes, bounded by what the footer promised. */
export function readEntriesHead(from: ByteReader, count: number, textBytesMax: number): EntriesHead {
  from.check(from.u32() === count, `${count} entries`, "another number");
  const textBytes = from.u32AtMost(textBytesMax, "bytes of entries");
  const suffixBytes = from.u32AtMost(Math.min(textBytes, from.left()), "bytes of suffixes");
  // Every entry but an empty first one adds a byte, so a wrong count allocates nothing.
  from.check(count <= suffixBytes + 1, `entries of ${suffixBytes} bytes`, count);
  return { count, textBytes, suffixBytes };
}

/**
 * Decodes the entries after their head. `inByteOrder`: each must be greater than the one before, byte by byte
 * (decimals are sorted by value instead).
 */
export function decodeEntries(
  from: ByteReader,
  head: EntriesHead,
  target: {
    readonly u8: Uint8Array;
    readonly u32: Uint32Array;
    readonly offsets: number;
    readonly bytes: number;
  },
  inByteOrder: boolean,
): void {
  const { count, textBytes, suffixBytes } = head;
  const { u8, u32, bytes } = target;
  const shared = readUnsigned(from, count);
  const suffixes = readUnsigned(from, count);
  let suffix = from.skip(suffixBytes);
  const suffixEnd = from.at;
  const offsets = target.offsets >> 2;
  u32[offsets] = 0;
  u32[offsets + 1] = 0;
  let at = 0;
  let lengthBefore = 0;
  for (let entry = 0; entry < count; entry++) {
    const same = shared[entry];
    const length = same + suffixes[entry];
    if (same > lengthBefore || at + length > textBytes || suffix + length - same > suffixEnd) {
      from.fail("lengths within the entries' bytes", `entry ${entry + 1} of ${length} bytes`);
    }
    const before = bytes + at - lengthBefore;
    const to = bytes + at;
    if (
      inByteOrder &&
      entry > 0 &&
      !(length > same && (same === lengthBefore || u8[before + same] < from.source[suffix]))
    ) {
      from.fail("entries in ascending order", `entry ${entry + 1} out of order`);
    }
    for (let byte = 0; byte < same; byte++) u8[to + byte] = u8[before + byte];
    for (let byte = same; byte < length; byte++) u8[to + byte] = from.source[suffix++];
    at += length;
    lengthBefore = length;
    u32[offsets + entry + 2] = at;
  }
  from.check(at === textBytes && suffix === suffixEnd, `${textBytes} bytes of entries`, at);
}
