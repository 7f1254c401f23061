/**
 * With enableNullHandling=false a nullable column is COALESCE(column, its default), which no index serves. In
 * filters,
 * COALESCE(c, d) = x is c = x, with OR c IS NULL beside it when d = x itself. Only where NULL counts as false.
 */
import { constantOf, isConstantCall } from "#broker/bind/constant";
import { booleanLiteral, callOf, mapConditions } from "#broker/plan/expressions";
import type { RewriteTools } from "#broker/plan/rewrites/tools";
import { StoreError } from "#schemas/errors";
import { functionNamed } from "#schemas/functions/resolve";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";

type Call = Expression & { readonly kind: "call" };

interface Wrapped {
  readonly column: Expression;
  readonly missing: Expression;
}

function wrappedIn(expression: Expression): Wrapped | null {
  if (expression.kind !== "call" || expression.name !== "coalesce" || expression.args.length !== 2)
    return null;
  const [column, missing] = expression.args;
  return column.kind === "column" && missing.kind === "literal" ? { column, missing } : null;
}

/** Whether the condition can only be true for values, never for NULL. */
const needsValue = (name: string): boolean => name === "in" || functionNamed(name)?.strict === true;

/** What the condition says of a missing value: true or not; null when that cannot be told. */
function holdsForMissing(condition: Call, tools: RewriteTools): boolean | null {
  if (!isConstantCall(condition)) return null;
  try {
    return constantOf(condition, tools.evaluate, tools.context).value === true;
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

function unwrapCall(condition: Call, tools: RewriteTools): Expression {
  const { name, args } = condition;
  const at = args.findIndex((arg) => wrappedIn(arg) !== null);
  const wrapped = at < 0 ? null : wrappedIn(args[at]);
  if (wrapped === null) return condition;
  if (name === "isNull" || name === "isNotNull") return booleanLiteral(name === "isNotNull");
  if (!needsValue(name)) return condition;
  const missing = holdsForMissing({ ...condition, args: args.with(at, wrapped.missing) }, tools);
  if (missing === null) return condition;
  const bare: Expression = { ...condition, args: args.with(at, wrapped.column) };
  return missing ? callOf("or", [callOf("isNull", [wrapped.column]), bare]) : bare;
}

export function unwrapDefaults(plan: Plan, tools: RewriteTools): Plan {
  const unwrap = (condition: Expression): Expression => {
    if (condition.kind !== "call") return condition;
    if (condition.name === "and" || condition.name === "or")
      return callOf(condition.name, condition.args.map(unwrap));
    return unwrapCall(condition, tools);
  };
  return mapConditions(plan, unwrap);
}
