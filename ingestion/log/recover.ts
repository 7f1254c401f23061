/**
 * Reading a tail log after a restart: every sound record in order, then either a clean end, a torn tail
 * (truncated by the caller and reported) or damage in the middle (LOG_CORRUPT: what lies before it is
 * served, what lies after is not).
 */

import {
  fileHeaderBytes,
  hasFileHeader,
  type LogEntry,
  laterRecordKnew,
  readRecord,
} from "#ingestion/log/format";
import { StoreError } from "#schemas/errors";
import type { World } from "#schemas/world";

export interface LogFile {
  readonly path: string;
  readonly sequence: number;
  /** Offset after its last record. */
  endOffset: bigint;
  /** Records with a note. */
  notes: number;
  bytes: number;
}

export interface Recovered {
  readonly files: readonly LogFile[];
  /** Offset after the last sound record; null when there is none. */
  readonly endOffset: bigint | null;
  readonly torn: { readonly path: string; readonly position: number; readonly bytes: number } | null;
  readonly corrupt: { readonly path: string; readonly position: number; readonly error: StoreError } | null;
}

export const fileNameOf = (sequence: number): string => `${String(sequence).padStart(12, "0")}.log`;

export const namePattern = /^(\d{12})\.log$/;

export async function recoverFiles(
  world: World,
  folder: string,
  visit: (entry: LogEntry) => Promise<void> | void,
): Promise<Recovered> {
  const names = (await world.disk.list(folder)).filter((name) => namePattern.test(name));
  const files: LogFile[] = [];
  let endOffset: bigint | null = null;
  for (const [at, name] of names.entries()) {
    const path = `${folder}/${name}`;
    const bytes = readWhole(world, path);
    const file: LogFile = {
      path,
      sequence: Number(name.slice(0, 12)),
      endOffset: endOffset ?? 0n,
      notes: 0,
      bytes: bytes.length,
    };
    files.push(file);
    const position = await readRecords(bytes, file, visit);
    endOffset = file.endOffset;
    if (position === bytes.length && bytes.length >= fileHeaderBytes) continue;
    const isLast = at === names.length - 1;
    if (!isLast || laterRecordKnew(bytes, position)) {
      const message = `${path} is damaged at byte ${position} of ${bytes.length}; rows before offset ${endOffset} are served`;
      const error = new StoreError("LOG_CORRUPT", message, { at: path });
      return { files, endOffset, torn: null, corrupt: { path, position, error } };
    }
    return { files, endOffset, torn: { path, position, bytes: bytes.length - position }, corrupt: null };
  }
  return { files, endOffset, torn: null, corrupt: null };
}

function readWhole(world: World, path: string): Uint8Array {
  const file = world.disk.openRead(path);
  try {
    const bytes = new Uint8Array(file.bytes);
    file.readInto(bytes, 0);
    return bytes;
  } finally {
    file.close();
  }
}

/** Visits the sound records from the file's start; returns the position after the last. */
async function readRecords(
  bytes: Uint8Array,
  file: LogFile,
  visit: (entry: LogEntry) => Promise<void> | void,
): Promise<number> {
  if (!hasFileHeader(bytes)) return 0;
  let position = fileHeaderBytes;
  for (;;) {
    const record = readRecord(bytes, position);
    if (record === null) return position;
    position = record.end;
    file.endOffset = record.entry.endOffset;
    if (record.entry.note.length > 0) file.notes++;
    await visit(record.entry);
  }
}
