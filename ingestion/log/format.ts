/**
 * The bytes of the tail log. Little-endian.
 *
 * LogFile => magic:u32 version:u32 Record*
 * Record  => magic:u32 crc32:u32 checked[36 + noteBytes + payloadBytes]
 * checked => noteBytes:u32 payloadBytes:u32 durableBytes:u32 kind:u32 baseOffset:i64 endOffset:i64 pad:u32
 *            note[noteBytes] payload[payloadBytes]
 * kind    => 1 kafka (payload: one record batch) · 2 rows (NDJSON) · 3 mark (no rows: a start, or a key without rows)
 *            · 4 gap (offsets that the source no longer had; payload: the reason)
 *
 * `durableBytes` says how much of the file was synced when the record was written. That tells a torn tail
 * (nothing after the fault knew of it: truncate) from damage to what was acknowledged (something after it
 * did: LOG_CORRUPT).
 */
import { crc32 } from "@node-rs/crc32";

import { assert } from "#schemas/errors";

const fileMagic = 0x474c5446; // "FTLG"
const fileVersion = 1;
const recordMagic = 0x43455246; // "FREC"
export const fileHeaderBytes = 8;
const recordHeaderBytes = 44;
const searchFactor = 16;

const entryKinds = { kafka: 1, rows: 2, mark: 3, gap: 4 } as const;
type EntryKind = keyof typeof entryKinds;
const kindNames: ReadonlyMap<number, EntryKind> = new Map(
  Object.entries(entryKinds).map(([name, tag]) => [tag, name as EntryKind]),
);

/** One record of the log. */
export interface LogEntry {
  readonly kind: EntryKind;
  readonly baseOffset: bigint;
  readonly endOffset: bigint;
  /** What belongs to the record beside its rows, such as an idempotency key; empty when there is nothing. */
  readonly note: Uint8Array;
  readonly payload: Uint8Array;
}

export function encodeFileHeader(): Uint8Array {
  const header = new DataView(new ArrayBuffer(fileHeaderBytes));
  header.setUint32(0, fileMagic, true);
  header.setUint32(4, fileVersion, true);
  return new Uint8Array(header.buffer);
}

/** True when the bytes begin with our header; false for a file that was torn before it, or is not ours. */
export function hasFileHeader(bytes: Uint8Array): boolean {
  if (bytes.length < fileHeaderBytes) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, fileHeaderBytes);
  return view.getUint32(0, true) === fileMagic && view.getUint32(4, true) === fileVersion;
}

export const recordBytes = (entry: LogEntry): number =>
  recordHeaderBytes + entry.note.length + entry.payload.length;

/** The record as chunks to append; the payload is not copied. */
export function encodeRecord(entry: LogEntry, durableBytes: number): Uint8Array[] {
  assert(entry.endOffset >= entry.baseOffset, "a record's offsets do not run backwards");
  const head = new Uint8Array(recordHeaderBytes + entry.note.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, recordMagic, true);
  view.setUint32(8, entry.note.length, true);
  view.setUint32(12, entry.payload.length, true);
  view.setUint32(16, durableBytes, true);
  view.setUint32(20, entryKinds[entry.kind], true);
  view.setBigInt64(24, entry.baseOffset, true);
  view.setBigInt64(32, entry.endOffset, true);
  head.set(entry.note, recordHeaderBytes);
  view.setUint32(4, crc32(entry.payload, crc32(head.subarray(8))), true);
  return entry.payload.length === 0 ? [head] : [head, entry.payload];
}

export interface ReadRecord {
  readonly entry: LogEntry;
  readonly durableBytes: number;
  /** Position after the record. */
  readonly end: number;
}

/**
 * The record that begins at `position`, or null when there is no whole and sound one. Bytes are not copied.
 */
export function readRecord(bytes: Uint8Array, position: number): ReadRecord | null {
  if (bytes.length - position < recordHeaderBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, recordHeaderBytes);
  if (view.getUint32(0, true) !== recordMagic) return null;
  const noteBytes = view.getUint32(8, true);
  const payloadBytes = view.getUint32(12, true);
  const end = position + recordHeaderBytes + noteBytes + payloadBytes;
  if (end > bytes.length) return null;
  if (crc32(bytes.subarray(position + 8, end)) !== view.getUint32(4, true)) return null;
  const kind = kindNames.get(view.getUint32(20, true));
  const baseOffset = view.getBigInt64(24, true);
  const endOffset = view.getBigInt64(32, true);
  if (kind === undefined || endOffset < baseOffset) return null;
  const noteStart = position + recordHeaderBytes;
  const note = bytes.subarray(noteStart, noteStart + noteBytes);
  const payload = bytes.subarray(noteStart + noteBytes, end);
  return {
    entry: { kind, baseOffset, endOffset, note, payload },
    durableBytes: view.getUint32(16, true),
    end,
  };
}

/**
 * Whether a sound record after `position` was written when the bytes at `position` were already durable. Rows may hold
 * what looks like records, so the search has a budget; past it the answer is yes, for that truncates nothing.
 */
export function laterRecordKnew(bytes: Uint8Array, position: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let budget = bytes.length * searchFactor;
  for (let at = bytes.indexOf(0x46, position + 1); at >= 0; at = bytes.indexOf(0x46, at + 1)) {
    if (at + recordHeaderBytes > bytes.length) return false;
    if (view.getUint32(at, true) !== recordMagic || view.getUint32(at + 16, true) <= position) continue;
    const size = view.getUint32(at + 8, true) + view.getUint32(at + 12, true);
    if (at + recordHeaderBytes + size > bytes.length) continue;
    budget -= size;
    if (budget < 0 || readRecord(bytes, at) !== null) return true;
  }
  return false;
}
