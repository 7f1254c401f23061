/** Going over syntax trees without knowing every kind: children in the order of the text. */
import { unreachable } from "#schemas/errors";
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
      return [node.operand, ...node.list];
    case "like":
      return some(node.operand, node.pattern, node.escape);
    case "case":
      return some(
        node.operand,
        ...node.branches.flatMap(({ when, result }) => [when, result]),
        node.otherwise,
      );
    case "atTimeZone":
      return [node.operand, node.zone];
    case "call":
      return some(...node.args, node.filter);
    default:
      return unreachable(node);
  }
}

/** Every node, parents first, without recursion: it is safe on trees of any depth. */
export function* walk(
  root: SqlExpression,
): Generator<{ readonly node: SqlExpression; readonly depth: number }> {
  const stack = [{ node: root, depth: 1 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    yield top;
    const children = childrenOf(top.node);
    for (let index = children.length - 1; index >= 0; index--) {
      stack.push({ node: children[index], depth: top.depth + 1 });
    }
  }
}
