/**
 * How an expression is computed over columns. The server implements it (`server/execute/functions`); composition
 * roots hand it to the broker (constant folding, HAVING, projection) and to ingestion (derived columns), so that one
 * expression has one meaning everywhere.
 */
import type { Vector } from "#schemas/batch";
import type { Expression } from "#schemas/plan/expression";

/** What a function may depend on besides its arguments: fixed once per query. */
export interface EvaluateContext {
  /** IANA name; functions without an explicit zone use it. */
  readonly timeZone: string;
  readonly nowMs: number;
}

/** Where `column` expressions get their values. */
export interface EvaluateInput {
  readonly rows: number;
  column(id: number): Vector;
}

/** Value by value; throws StoreError VALUE_RANGE or VALUE_SYNTAX when a row has no answer. */
export type Evaluate = (expression: Expression, input: EvaluateInput, context: EvaluateContext) => Vector;
