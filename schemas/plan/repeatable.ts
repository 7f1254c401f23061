/** Whether an expression says the same of the same rows at any time. */
import { functionNamed } from "#schemas/functions/resolve";
import type { Expression } from "#schemas/plan/expression";
import { nodesOf } from "#schemas/plan/walk";

export function isRepeatable(expression: Expression): boolean {
  for (const node of nodesOf(expression))
    if (node.kind === "call" && functionNamed(node.name)?.deterministic === false) return false;
  return true;
}
