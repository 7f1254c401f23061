/**
 * What the arena stress writes and checks: everything about a row follows from its number, so a scanner can
 * tell a wrong value from a right one. Texts repeat for a while and then never again: dictionaries grow all
 * the time.
 */
import type { Table } from "#schemas/table";
import { tableOf } from "#test/server/segment/build";

/** Rows that share one text. */
const rowsPerText = 7;

export const stressTable: Table = tableOf("stress", { id: "LONG", half: "DOUBLE", name: "STRING" });
/** Column ids of the table. */
export const stressColumns = { id: 1, half: 2, name: 3 } as const;

export const isNull = (row: number): boolean => row % 17 === 0;
export const textOf = (row: number): string => `name-${Math.floor(row / rowsPerText)}`;

/** One column of one chunk by its addresses, as a scan thread gets it. */
export interface PlainColumn {
  readonly pointer: number;
  readonly width: number;
  readonly base: bigint;
  readonly validity: number;
}

export interface PlainChunk {
  /** Number of the chunk's first row. */
  readonly firstRow: number;
  readonly rows: number;
  readonly id: PlainColumn;
  readonly half: PlainColumn;
  readonly name: PlainColumn;
  /** The dictionary's entries: (address, bytes) by id, or offsets into `bytes`. */
  readonly entries: number;
  readonly bytes: number;
  readonly packed: boolean;
  readonly dictionaryCount: number;
}

export type StressMessage =
  | { readonly kind: "segment"; readonly handle: unknown; readonly frozen: boolean; readonly rows: number }
  | { readonly kind: "scanned"; readonly chunks: number; readonly rows: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "fault"; readonly text: string };

export interface StressData {
  readonly role: "writer" | "scanner";
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly sealMs: number;
}
