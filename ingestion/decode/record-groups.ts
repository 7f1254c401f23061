/**
 * The records of a batch, out of bytes that are all there or come piece by piece. In pieces, what is held is one group:
 * whole records of about `unpackedBytes`, or the largest record that is allowed. Of a larger one only the beginning is
 * kept, enough to say what it was; the rest is passed over.
 *
 * Record => length:varint attributes:i8 timestampDelta:varlong offsetDelta:varint
 *           keyLength:varint key valueLength:varint value headers
 */
import type { RecordSlices } from "#schemas/ingest";
import { ingestionBounds } from "#schemas/limits";

const headBytes = ingestionBounds.groupHeadBytes;
const groupBytes = ingestionBounds.groupBytes;
const groupRows = ingestionBounds.groupRows;
/** A length prefix takes at most so many bytes. */
const prefixBytes = 5;

/** Walks records; bounds are checked against the buffer at every length. */
export class RecordReader {
  readonly #bytes: Uint8Array;
  /** Where the next record begins. */
  at = 0;
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  offsetDelta = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A zigzag varint of up to 64 bits as a number: exact to 2⁵³, which lengths and deltas stay below. */
  #varint(): number {
    const bytes = this.#bytes;
    let low = bytes[this.at++] as number;
    if (low < 0x80) return (low >>> 1) ^ -(low & 1);
    low &= 0x7f;
    let scale = 128;
    let value = low;
    for (let count = 1; count < 10; count++) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw new RangeError("a varint runs past the end");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError("a varint is longer than ten bytes");
  }

  #span(length: number): number {
    const start = this.at;
    if (length > 0) this.at += length;
    if (this.at > this.#bytes.length) throw new RangeError("a length runs past the end");
    return start;
  }

  /** The length of the record that begins here, without its prefix, and moves behind the prefix. */
  length(): number {
    const length = this.#varint();
    if (!(length >= 0)) throw new RangeError(`a record of ${length} bytes cannot be`);
    return length;
  }

  /** Moves to the next record, leaves its parts in the fields and answers its length. */
  record(): number {
    const length = this.length();
    const start = this.at;
    if (start + length > this.#bytes.length) throw new RangeError(`a record of ${length} bytes cannot be`);
    this.#offset();
    this.keyLength = this.#varint();
    this.keyStart = this.#span(this.keyLength);
    this.valueLength = this.#varint();
    this.valueStart = this.#span(this.valueLength);
    this.at = start + length; // headers are not read
    return length;
  }

  /** The same of a record whose first bytes alone are here: its value is what there is of it. */
  head(length: number): void {
    const start = this.at;
    this.#offset();
    this.keyLength = this.#varint();
    const keyEnd = this.at + Math.max(0, this.keyLength);
    if (keyEnd + prefixBytes <= this.#bytes.length) {
      this.at = keyEnd;
      this.#varint();
    } else this.at = start;
    this.valueStart = this.at;
    this.valueLength = length;
  }

  #offset(): void {
    this.at++; // attributes: none are defined
    this.#varint(); // the timestamp
    this.offsetDelta = this.#varint();
  }
}

/** What a batch's header says of its records. */
interface RecordsHeader {
  readonly baseOffset: bigint;
  readonly endOffset: bigint;
  readonly maxTimestampMs: number;
  readonly count: number;
}

/** Collects where the values of some records are. */
export class RecordGroup {
  readonly #header: RecordsHeader;
  readonly #offsetsMax: number;
  #starts: Int32Array;
  #lengths: Int32Array;
  #offsets: BigInt64Array;
  count = 0;

  constructor(header: RecordsHeader, capacity: number) {
    this.#header = header;
    this.#offsetsMax = Number(header.endOffset - header.baseOffset);
    this.#starts = new Int32Array(capacity);
    this.#lengths = new Int32Array(capacity);
    this.#offsets = new BigInt64Array(capacity);
  }

  add({ valueStart, valueLength, offsetDelta }: RecordReader): void {
    if (offsetDelta < 0 || offsetDelta >= this.#offsetsMax)
      throw new RangeError("an offset lies outside its batch");
    const row = this.count++;
    if (row === this.#starts.length) this.#grow(row * 2);
    this.#starts[row] = valueStart;
    this.#lengths[row] = valueLength;
    this.#offsets[row] = this.#header.baseOffset + BigInt(offsetDelta);
  }

  /** What was added, as slices of `bytes`. */
  slices(bytes: Uint8Array): RecordSlices {
    const { count } = this;
    return {
      bytes,
      count,
      starts: this.#starts.subarray(0, count),
      lengths: this.#lengths.subarray(0, count),
      offsets: this.#offsets.subarray(0, count),
      newestMs: this.#header.maxTimestampMs >= 0 ? this.#header.maxTimestampMs : null,
    };
  }

  #grow(capacity: number): void {
    const { count } = this;
    const grown = new RecordGroup(this.#header, capacity);
    grown.#starts.set(this.#starts.subarray(0, count - 1));
    grown.#lengths.set(this.#lengths.subarray(0, count - 1));
    grown.#offsets.set(this.#offsets.subarray(0, count - 1));
    this.#starts = grown.#starts;
    this.#lengths = grown.#lengths;
    this.#offsets = grown.#offsets;
  }
}

/** Bytes that came and were not taken yet, together. */
class Buffered {
  #bytes = new Uint8Array(1 << 20);
  #end = 0;

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  get length(): number {
    return this.#end;
  }

  add(piece: Uint8Array): void {
    const end = this.#end + piece.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.view());
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#end);
    this.#end = end;
  }

  drop(count: number): void {
    if (count === 0) return;
    this.#bytes.copyWithin(0, count, this.#end);
    this.#end -= count;
  }
}

/** Where in the batch we are: `count` records were seen, `skip` bytes of a too large one are still to come. */
interface Position {
  count: number;
  skip: number;
}

/** The records of a batch whose bytes come in pieces, in groups. Ends with the last record, whatever comes behind. */
export async function* recordGroups(
  pieces: AsyncIterable<Uint8Array>,
  header: RecordsHeader,
  limits: { readonly unpackedBytes: number; readonly recordBytes: number },
): AsyncGenerator<RecordSlices> {
  const buffered = new Buffered();
  const position = { count: 0, skip: 0 };
  for await (const piece of pieces) {
    const skipped = Math.min(position.skip, piece.length);
    position.skip -= skipped;
    buffered.add(piece.subarray(skipped));
    if (buffered.length < Math.min(limits.unpackedBytes, groupBytes)) continue;
    yield* wholeRecords(buffered, header, limits, position);
    if (position.count === header.count) return;
  }
  if (position.skip > 0) throw new RangeError("a record runs past the end");
  yield* wholeRecords(buffered, header, limits, position);
  if (position.count !== header.count)
    throw new RangeError(`it has ${position.count} of its ${header.count} records`);
}

/** Takes the records that are all there, a group at a time, and a too large one as soon as its head is. */
function* wholeRecords(
  buffered: Buffered,
  header: RecordsHeader,
  limits: { readonly recordBytes: number },
  position: Position,
): Generator<RecordSlices> {
  const bytes = buffered.view();
  const reader = new RecordReader(bytes);
  let group = new RecordGroup(header, groupRows);
  let taken = 0;
  while (position.count < header.count && taken + prefixBytes <= bytes.length) {
    reader.at = taken;
    const length = reader.length();
    const end = reader.at + length;
    const isTooLarge = length > limits.recordBytes;
    if (end > bytes.length && !(isTooLarge && bytes.length - taken >= headBytes)) break;
    if (isTooLarge) {
      if (group.count > 0) yield group.slices(bytes);
      reader.head(length);
      yield alone(reader, header, bytes);
      group = new RecordGroup(header, groupRows);
    } else {
      reader.at = taken;
      reader.record();
      group.add(reader);
    }
    position.count++;
    position.skip = Math.max(0, end - bytes.length);
    taken = Math.min(end, bytes.length);
  }
  if (group.count > 0) yield group.slices(bytes);
  buffered.drop(taken);
}

function alone(reader: RecordReader, header: RecordsHeader, bytes: Uint8Array): RecordSlices {
  const group = new RecordGroup(header, 1);
  group.add(reader);
  return group.slices(bytes);
}
