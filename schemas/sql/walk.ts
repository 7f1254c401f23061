/** Going over syntax trees without knowing every kind: children in the order of the text. */
import { assert, unreachable } from "#schemas/errors";
import type { SqlExpression } from "#schemas/sql/ast";

const some = (...nodes: readonly (SqlExpression | null)[]): SqlExpression[] =>
  nodes.filter((node) => node !== null);

/** The direct sub-expressions. */
export function childrenOf(node: SqlExpression): readonly SqlExpression[] {
  switch (node.kind) {
    case "name":
    case "star":
    case "integer":
    case "decimal":
    case "text":
    case "boolean":
    case "null":
    case "time":
    case "interval":
    case "bytes":
      return [];
    case "negate":
    case "not":
    case "isNull":
    case "isTruth":
    case "cast":
    case "extract":
      return [node.operand];
    case "logical":
      return node.operands;
    case "comparison":
    case "arithmetic":
    case "isDistinct":
      return [node.left, node.right];
    case "between":
      return [node.operand, node.low, node.high];
    case "in":
      return [node.operand].concat(node.list);
    case "like":
      return some(node.operand, node.pattern, node.escape);
    case "case":
      return some(node.operand).concat(
        node.branches.flatMap(({ when, result }) => [when, result]),
        some(node.otherwise),
      );
    case "atTimeZone":
      return [node.operand, node.zone];
    case "call":
      return node.filter === null ? node.args : [...node.args, node.filter];
    default:
      return unreachable(node);
  }
}

/** Every node, parents first, without recursion: it is safe on trees of any depth. */
export function* walk(root: SqlExpression): Generator<SqlExpression> {
  const open: SqlExpression[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index--) open.push(children[index]);
  }
}

/** What a rule makes of a node; `of` answers what it made of a node below. */
export type NodeRule<T> = (node: SqlExpression, of: (child: SqlExpression) => T) => T;

/** Children first, without recursion. */
export function foldTree<T>(root: SqlExpression, rule: NodeRule<T>): T {
  const made = new Map<SqlExpression, T>();
  const of = (child: SqlExpression): T => {
    const known = made.get(child);
    assert(known !== undefined, "children come first");
    return known;
  };
  const order = [...walk(root)];
  for (let at = order.length - 1; at >= 0; at--) made.set(order[at], rule(order[at], of));
  return of(root);
}
