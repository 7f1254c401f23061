/**
 * A bound expression: names resolved, types known, functions canonical. `broker/bind` makes it, `server/execute`
 * runs it over columns, `broker/finish` over merged rows, ingestion over decoded rows: one meaning everywhere.
 */
import type { SqlType, Value } from "#schemas/types";

export type Expression =
  /** Column of the input: in a fragment a table column's id; after aggregation an index into keys ++ aggregates. */
  | { readonly kind: "column"; readonly type: SqlType; readonly column: number; readonly name: string }
  | { readonly kind: "literal"; readonly type: SqlType; readonly value: Value }
  /** `name` is a canonical key of `schemas/functions`: all operators are calls too (`equals`, `and`, `plus`, `cast` …). */
  | {
      readonly kind: "call";
      readonly type: SqlType;
      readonly name: string;
      readonly args: readonly Expression[];
    };

export interface AggregateCall {
  /** A canonical key of `schemas/aggregates`: count, sum, min, max, avg, distinctCount, distinctCountHll, percentile … */
  readonly name: string;
  /** count(*) has none. */
  readonly args: readonly Expression[];
  /** Literal parameters: percentile's p, HLL's log2m, precision and scale. */
  readonly parameters: readonly Value[];
  /** FILTER (WHERE …). */
  readonly filter: Expression | null;
  readonly type: SqlType;
}

export interface OrderKey {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}
