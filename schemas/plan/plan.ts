/**
 * A query's plan: one fragment that every server runs over its part of the snapshot, and what the broker does with
 * the merged partial results. Frozen data without functions, so it crosses threads and wires as it is.
 */
import type { AggregateCall, Expression, OrderKey } from "#schemas/plan/expression";
import type { SqlType } from "#schemas/types";

/** HOP(table, ts, slide, size): each row appears once per window [start, start+size) that contains it. */
export interface Hop {
  readonly timeColumn: number;
  readonly slideMs: bigint;
  readonly sizeMs: bigint;
  /** Pseudo column ids under which expressions see the window's bounds. */
  readonly startColumn: number;
  readonly endColumn: number;
}

export type Fragment =
  /** Partial aggregation: keys (possibly none: one group) and aggregate states. DISTINCT is keys without aggregates. */
  | {
      readonly kind: "aggregate";
      readonly table: string;
      readonly filter: Expression | null;
      readonly hop: Hop | null;
      readonly keys: readonly Expression[];
      readonly aggregates: readonly AggregateCall[];
      /**
       * A server that holds every row of the snapshot may answer only the groups that survive: `order` is over
       * columns numbered keys ++ aggregates (finished values).
       */
      readonly top: { readonly order: readonly OrderKey[]; readonly rows: number } | null;
    }
  /**
   * Rows: the projected expressions, the first `rows` of them in `order`. `order` is over the table's columns, like
   * `filter` and `project`; each of its expressions is also an entry of `project`, so that the broker can merge.
   */
  | {
      readonly kind: "rows";
      readonly table: string;
      readonly filter: Expression | null;
      readonly hop: Hop | null;
      readonly project: readonly Expression[];
      readonly order: readonly OrderKey[];
      /** LIMIT + OFFSET. */
      readonly rows: number;
    };

export interface OutputColumn {
  readonly name: string;
  readonly type: SqlType;
}

export interface Plan {
  /** null: a SELECT without FROM; its one row has no columns. */
  readonly fragment: Fragment | null;
  /** Over the fragment's output columns (keys ++ aggregates, or project). */
  readonly having: Expression | null;
  readonly project: readonly Expression[];
  /** Over the same input as `project`. */
  readonly order: readonly OrderKey[];
  readonly distinct: boolean;
  readonly offset: number;
  /** null: no LIMIT written. */
  readonly limit: number | null;
  readonly output: readonly OutputColumn[];
  readonly options: QueryOptions;
}

/** What `SET`, `OPTION(…)` and the request say, parsed. */
export interface QueryOptions {
  readonly timeoutMs: number;
  readonly useCache: boolean;
  readonly timeZone: string;
  readonly dialect: "native" | "pinot";
  readonly enableNullHandling: boolean;
  readonly preserveType: boolean;
  /** The caller accepts a cut result; `resultRowsLimitReached` then says so. */
  readonly truncate: boolean;
  /** Rows that the caller can hold, if fewer than the limit of results. */
  readonly resultRows: number;
  /** Likewise, of bytes. */
  readonly resultBytes: number;
  /** Names of rewrites to leave out, for tests. */
  readonly rewritesOff: readonly string[];
}
