/**
 * Going over bound expressions, without recursion: a chain of ten thousand operators is ten thousand deep, and the
 * stack of a thread is not.
 */
import type { Expression } from "#schemas/plan/expression";

type Call = Extract<Expression, { kind: "call" }>;

const nothing: readonly never[] = [];

/**
 * Children first: what `combine` makes of a node and of what it made of the node's arguments. Where `early` answers,
 * nothing below is looked at.
 */
export function foldExpression<T>(
  root: Expression,
  combine: (node: Expression, args: readonly T[]) => T,
  early: (node: Expression) => T | undefined = () => undefined,
): T {
  const open: { readonly call: Call; readonly made: T[] }[] = [];
  let node = root;
  for (;;) {
    let made = early(node);
    if (made === undefined) {
      if (node.kind === "call" && node.args.length > 0) {
        open.push({ call: node, made: [] });
        node = node.args[0];
        continue;
      }
      made = combine(node, nothing);
    }
    for (;;) {
      const parent = open[open.length - 1];
      if (parent === undefined) return made;
      parent.made.push(made);
      if (parent.made.length < parent.call.args.length) {
        node = parent.call.args[parent.made.length];
        break;
      }
      open.pop();
      made = combine(parent.call, parent.made);
    }
  }
}

/** A call over other arguments; the same object when they are the same. */
function withArgs(call: Expression, args: readonly Expression[]): Expression {
  if (call.kind !== "call" || call.args.every((arg, at) => arg === args[at])) return call;
  return { ...call, args };
}

/** Children first; what `change` answers as it got stays the same object. */
export const mapExpression = (
  expression: Expression,
  change: (one: Expression) => Expression,
  early?: (one: Expression) => Expression | undefined,
): Expression => foldExpression<Expression>(expression, (node, args) => change(withArgs(node, args)), early);

/** Every node, in the order of the text, parents first. */
export function* nodesOf(root: Expression): Generator<Expression> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    if (node.kind === "call") for (let at = node.args.length - 1; at >= 0; at--) open.push(node.args[at]);
  }
}

/** The columns an expression reads, each once, in order of appearance. */
export function columnsOf(expression: Expression): readonly Extract<Expression, { kind: "column" }>[] {
  if (expression.kind === "column") return [expression];
  const found = new Map<number, Extract<Expression, { kind: "column" }>>();
  for (const node of nodesOf(expression))
    if (node.kind === "column" && !found.has(node.column)) found.set(node.column, node);
  return [...found.values()];
}
