/** Record batches as producers write them, in every codec and framing, and what our reader makes of them. */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { crc32c } from "@node-rs/crc32";
import { compressFrameSync } from "lz4-napi";
import snappy from "snappyjs";
import { readKafkaBatch, type UnpackLimits } from "#ingestion/decode/record-batch";
import type { RawBatch } from "#schemas/source";

/** none, gzip, snappy, lz4, zstd. */
export const codecNumbers = [0, 1, 2, 3, 4] as const;

function varint(value: number): number[] {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  const bytes: number[] = [];
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** One record; `pad` is its headers' bytes, which nobody reads. */
export function recordOf(
  value: Uint8Array | null,
  offsetDelta: number,
  { key = null, pad = 0 }: { readonly key?: Uint8Array | null; readonly pad?: number } = {},
): Uint8Array {
  const none = new Uint8Array(0);
  const body = Buffer.concat([
    Uint8Array.from([0, ...varint(7), ...varint(offsetDelta), ...varint(key === null ? -1 : key.length)]),
    key ?? none,
    Uint8Array.from(varint(value === null ? -1 : value.length)),
    value ?? none,
    new Uint8Array(1 + pad),
  ]);
  return Buffer.concat([Uint8Array.from(varint(body.length)), body]);
}

/** Snappy in xerial's framing, as Java producers write it. */
function xerial(plain: Uint8Array): Uint8Array {
  const parts = [Buffer.from("82534e4150505900000000010000" + "0001", "hex")];
  for (let at = 0; at < plain.length; at += 32 << 10) {
    const block = Buffer.from(snappy.compress(plain.subarray(at, at + (32 << 10))));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Records packed by a codec; snappy in both of its framings. */
export function pack(codec: number, plain: Uint8Array, framing: "xerial" | "raw" = "xerial"): Uint8Array {
  switch (codec) {
    case 1:
      return gzipSync(plain);
    case 2:
      return framing === "xerial" ? xerial(plain) : snappy.compress(plain);
    case 3:
      return compressFrameSync(Buffer.from(plain));
    case 4:
      return zstdCompressSync(plain);
    default:
      return plain;
  }
}

export interface BatchOptions {
  readonly codec?: number;
  readonly attributes?: number;
  readonly base?: bigint;
}

/** A batch around packed records. */
export function batchAround(packed: Uint8Array, count: number, options: BatchOptions = {}): Uint8Array {
  const { codec = 0, attributes = 0, base = 100n } = options;
  const batch = Buffer.alloc(61 + packed.length);
  batch.writeBigInt64BE(base, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(codec | attributes, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(1000n, 27);
  batch.writeBigInt64BE(1007n, 35);
  batch.writeBigInt64BE(42n, 43);
  batch.writeInt32BE(count, 57);
  batch.set(packed, 61);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return new Uint8Array(batch);
}

/** A batch as a producer would write it. */
export function batchOf(values: readonly (string | null)[], options: BatchOptions = {}): Uint8Array {
  const bytes = values.map((value) => (value === null ? null : Buffer.from(value)));
  const plain = Buffer.concat(bytes.map((value, index) => recordOf(value, index)));
  return batchAround(pack(options.codec ?? 0, plain), values.length, options);
}

export const rawBatch = (bytes: Uint8Array, count: number, baseOffset = 100n): RawBatch => ({
  kind: "kafka",
  baseOffset,
  endOffset: baseOffset + BigInt(count),
  bytes,
});

export interface ReadValue {
  readonly offset: bigint;
  readonly length: number;
  readonly value: string | null;
}

/** All records of a batch. */
export async function readValues(bytes: Uint8Array, limits: UnpackLimits): Promise<ReadValue[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < 61 ? 1 : Math.max(1, view.getInt32(23) + 1);
  const found: ReadValue[] = [];
  for await (const group of readKafkaBatch(rawBatch(bytes, count), limits)) {
    for (let row = 0; row < group.count; row++) {
      const start = group.starts[row] as number;
      const length = group.lengths[row] as number;
      const value = length < 0 ? null : Buffer.from(group.bytes.subarray(start, start + length)).toString();
      found.push({ offset: group.offsets[row] as bigint, length, value });
    }
  }
  return found;
}
