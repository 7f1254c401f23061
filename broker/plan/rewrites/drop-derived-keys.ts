/**
 * Group keys that other keys decide are computed from the groups instead: GROUP BY ip, ip - 1 is GROUP BY ip, and a
 * constant divides nothing. One key stays, because a query with keys has no group where it has no row.
 */

import { mapOutput } from "#broker/plan/rewrites/map-output";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";
import { isRepeatable } from "#schemas/plan/repeatable";
import { mapExpression } from "#schemas/plan/walk";

/** Every column that the expression reads is a key of its own. */
function isDecided(expression: Expression, columns: ReadonlySet<number>): boolean {
  if (expression.kind === "column") return columns.has(expression.column);
  return expression.kind === "literal" || expression.args.every((arg) => isDecided(arg, columns));
}

export function dropDerivedKeys(plan: Plan): Plan {
  const { fragment } = plan;
  if (fragment?.kind !== "aggregate" || fragment.keys.length < 2) return plan;
  const { keys } = fragment;
  const plain = new Set(keys.flatMap((key) => (key.kind === "column" ? [key.column] : [])));
  const isDropped = keys.map((key) => key.kind !== "column" && isRepeatable(key) && isDecided(key, plain));
  if (isDropped.every((dropped) => dropped)) isDropped[0] = false;
  if (!isDropped.includes(true)) return plan;
  const places = keys.map((_, index) => index - isDropped.slice(0, index).filter(Boolean).length);
  const kept = keys.filter((_, index) => !isDropped[index]);
  /** A key's expression over the output. */
  const computed = (key: Expression): Expression =>
    mapExpression(key, (one) => {
      if (one.kind !== "column") return one;
      const column = kept.findIndex((other) => other.kind === "column" && other.column === one.column);
      return { ...one, column };
    });
  const over = mapOutput(plan, (one) => {
    const key = keys[one.column];
    if (key === undefined) return { ...one, column: one.column - keys.length + kept.length };
    return isDropped[one.column] ? computed(key) : { ...one, column: places[one.column] };
  });
  return { ...over, fragment: { ...fragment, keys: kept } };
}
