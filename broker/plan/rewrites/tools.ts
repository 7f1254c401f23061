/** What a rewrite may use besides the plan. */
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";

export interface RewriteTools {
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
  /** limits.resultRows. */
  readonly resultRows: number;
}
