/**
 * What a scan thread is told: plain data only (addresses, widths, literals, expressions), so that a task crosses
 * threads as it is. `compile*.ts` makes it on the server's main thread from a reader; `scan*.ts` runs it anywhere.
 * Everything of one task is about one slice: some chunks of one segment, all in one arena.
 */
import type { Vector } from "#schemas/batch";
import type { EvaluateContext } from "#schemas/plan/evaluator";
import type { Fragment } from "#schemas/plan/plan";
import type { SqlType, Value } from "#schemas/types";
import type { BoundExpression } from "#server/execute/bound";

/**
 * "window": a bound of a HOP window, computed from the time column; see `TaskWindow`. "docIds": the row's number in
 * the segment. Both are computed a chunk.
 */
export type ColumnKind = "ids" | "ints" | "doubles" | "bytes" | "missing" | "window" | "docIds";

/** value = floor(time / slide) · slide + add */
export interface TaskWindow {
  /** Place of the time column. */
  readonly time: number;
  readonly slideMs: bigint;
  readonly addMs: bigint;
}

/** A dictionary by its addresses; see DictionaryReader.layout. */
export interface PlainDictionary {
  readonly count: number;
  readonly sorted: boolean;
  readonly packed: boolean;
  /** Address of the offsets (packed) or of the directory. */
  readonly entries: number;
  /** Address of the bytes (packed), else 0. */
  readonly bytes: number;
  readonly hashes: number;
}

/** Numbers a chunk of one column in `TaskColumn.forwards`. */
export const forwardWords = 5;

export interface TaskColumn {
  readonly columnId: number;
  readonly type: SqlType;
  readonly kind: ColumnKind;
  readonly dictionary: PlainDictionary | null;
  /** Some row of the segment is NULL. */
  readonly nulls: boolean;
  readonly hasNaN: boolean;
  readonly window: TaskWindow | null;
  /** Per chunk of the task: width, pointer, validity, offsets, base. */
  readonly forwards: BigInt64Array;
}

/** A predicate as a chunk can be tested; a row passes when it is true (NULL and false are both "no"). */
export type Test =
  | { readonly kind: "all" }
  | { readonly kind: "none" }
  /** Rows from … until − 1 of the segment. */
  | { readonly kind: "rows"; readonly from: number; readonly until: number }
  | { readonly kind: "ids"; readonly column: number; readonly low: number; readonly high: number }
  | { readonly kind: "idSet"; readonly column: number; readonly ids: Uint32Array }
  /** The expression's one column is a dictionary: it is evaluated once an entry, and NULL. */
  | {
      readonly kind: "entries";
      readonly column: number;
      readonly bound: BoundExpression;
      readonly wanted: boolean;
    }
  | { readonly kind: "ints"; readonly column: number; readonly low: bigint; readonly high: bigint }
  | {
      readonly kind: "doubles";
      readonly column: number;
      readonly low: number;
      readonly high: number;
      readonly flags: number;
    }
  | { readonly kind: "present"; readonly column: number }
  | { readonly kind: "absent"; readonly column: number }
  /** Ready bitmaps, by chunk of the task (inverted index). */
  | { readonly kind: "bitmaps"; readonly pointers: readonly number[] }
  /** True when the expression's value is `wanted`. */
  | { readonly kind: "expression"; readonly bound: BoundExpression; readonly wanted: boolean }
  | { readonly kind: "and"; readonly tests: readonly Test[] }
  | { readonly kind: "or"; readonly tests: readonly Test[] };

/** How a slice numbers the values of one key: local codes from 0 (NULL) to card − 1. */
export type KeyPlan =
  /** Everything is NULL. */
  | { readonly kind: "null"; readonly card: 1 }
  | { readonly kind: "ids"; readonly column: number; readonly card: number }
  /** code = value − min + 1 */
  | { readonly kind: "ints"; readonly column: number; readonly min: bigint; readonly card: number }
  /** code = (value − origin) / size + 1; the key's value is first + (code − 1) · step */
  | {
      readonly kind: "buckets";
      readonly column: number;
      readonly origin: bigint;
      readonly size: bigint;
      readonly first: bigint;
      readonly step: bigint;
      readonly ascending: boolean;
      readonly card: number;
    }
  /** code = boundaries ≤ value; the key's value is values[code − 1] */
  | {
      readonly kind: "boundaries";
      readonly column: number;
      readonly boundaries: BigInt64Array;
      readonly values: BigInt64Array;
      readonly card: number;
    }
  /** code = lut[id], or lut[value − min + 1] of an integer column (min not null); the keys' values are in `values`. */
  | {
      readonly kind: "lut";
      readonly column: number;
      readonly lut: Uint32Array;
      readonly min: bigint | null;
      readonly values: Vector;
      readonly card: number;
    }
  /** Numbers by their 64 bits, interned as they come; card is only a bound. */
  | { readonly kind: "words"; readonly source: Source; readonly card: number }
  /** Texts, interned as they come. */
  | { readonly kind: "texts"; readonly source: Source; readonly card: number };

export type Grouping =
  /** No keys: one group. */
  | { readonly kind: "one" }
  /** gid = mixed radix of the codes. */
  | {
      readonly kind: "flat";
      readonly keys: readonly KeyPlan[];
      readonly groups: number;
      readonly copies: number;
      readonly ascending: boolean;
    }
  /** gids in order of first appearance. */
  | { readonly kind: "hash"; readonly keys: readonly KeyPlan[]; readonly ascending: boolean };

export type Source =
  | { readonly kind: "column"; readonly column: number }
  | { readonly kind: "expression"; readonly bound: BoundExpression };

/** One state array of a slice. `filter` (FILTER WHERE) is an index into Task.filters, or −1. */
export type SlotPlan =
  | { readonly kind: "empty" }
  | { readonly kind: "rows"; readonly filter: number }
  | { readonly kind: "count"; readonly source: Source; readonly filter: number }
  | {
      readonly kind: "ints";
      readonly source: Source;
      readonly layout: "sum" | "wide" | "full";
      readonly filter: number;
    }
  | {
      readonly kind: "doubles";
      readonly source: Source;
      readonly layout: "sum" | "full";
      readonly filter: number;
    }
  /** Distinct (group, code) pairs; the codes are numbered by a key plan. */
  | {
      readonly kind: "distinct";
      readonly key: KeyPlan;
      readonly bits: boolean;
      readonly filter: number;
    }
  | {
      readonly kind: "registers";
      readonly source: Source;
      readonly precision: number;
      readonly filter: number;
    }
  /** All values, for percentiles. */
  | { readonly kind: "values"; readonly source: Source; readonly filter: number }
  /** MIN and MAX of a dictionary column; `key` numbers its entries. */
  | {
      readonly kind: "extremes";
      readonly key: KeyPlan;
      readonly call: { readonly name: string; readonly type: SqlType; readonly parameters: readonly Value[] };
      readonly filter: number;
    }
  /** Anything else: `schemas/aggregates` over vectors. */
  | {
      readonly kind: "states";
      readonly name: string;
      readonly sources: readonly Source[];
      readonly types: readonly SqlType[];
      readonly parameters: readonly Value[];
      readonly type: SqlType;
      readonly filter: number;
    };

export interface TaskChunk {
  /** In the segment. */
  readonly chunk: number;
  readonly rows: number;
  /** Row of the segment. */
  readonly firstRow: number;
  /** Indexes into Task.tests that are left to do; the others hold for every row. */
  readonly tests: readonly number[];
}

interface TaskBase {
  /** Place in the query's order of slices. */
  readonly ordinal: number;
  readonly segment: number;
  readonly arena: number;
  readonly columns: readonly TaskColumn[];
  readonly chunks: readonly TaskChunk[];
  /** Conjuncts of the filter. */
  readonly tests: readonly Test[];
  readonly context: EvaluateContext;
  /** Memory the scan may take. */
  readonly bytesMax: number;
}

export interface AggregateTask extends TaskBase {
  readonly kind: "aggregate";
  /** Aggregates' own filters. */
  readonly filters: readonly Test[];
  readonly grouping: Grouping;
  readonly slots: readonly SlotPlan[];
}

export interface RowOrder {
  readonly source: Source;
  readonly type: SqlType;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface RowsTask extends TaskBase {
  readonly kind: "rows";
  readonly project: readonly Source[];
  readonly types: readonly SqlType[];
  readonly order: readonly RowOrder[];
  /** Rows wanted at most. */
  readonly limit: number;
}

export type Task = AggregateTask | RowsTask;

export type AggregateFragment = Extract<Fragment, { kind: "aggregate" }>;
export type RowsFragment = Extract<Fragment, { kind: "rows" }>;
