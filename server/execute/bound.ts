/**
 * Expressions of a task as one flat list, arguments before their calls: what crosses threads is copied by recursion,
 * which objects nested many thousand deep do not survive.
 */
import { assert } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import { foldExpression } from "#schemas/plan/walk";
import type { SqlType } from "#schemas/types";

type Leaf = Exclude<Expression, { kind: "call" }>;
type Call = Extract<Expression, { kind: "call" }>;

/** A node whose arguments are places in the list before it. */
type FlatNode = Leaf | (Omit<Call, "args"> & { readonly args: readonly number[] });

/** An expression over some columns of a task: its column numbers are places in `columns`. */
export interface BoundExpression {
  /** The last one is the root. */
  readonly nodes: readonly FlatNode[];
  /** Places in Task.columns. */
  readonly columns: readonly number[];
}

/** Binds an expression to the places of its columns. */
export function bindColumns(
  expression: Expression,
  placeOf: (columnId: number, type: SqlType) => number,
): BoundExpression {
  const columns: number[] = [];
  const numbers = new Map<number, number>();
  const nodes: FlatNode[] = [];
  foldExpression<number>(expression, (node, args) => {
    if (node.kind === "call") return nodes.push({ ...node, args: [...args] }) - 1;
    if (node.kind === "literal") return nodes.push(node) - 1;
    const place = placeOf(node.column, node.type);
    const known = numbers.get(place) ?? columns.push(place) - 1;
    numbers.set(place, known);
    return nodes.push({ ...node, column: known }) - 1;
  });
  return { nodes, columns };
}

const built = new WeakMap<BoundExpression, Expression>();

/** The expression again, made once for as long as the bound one lives. */
export function expressionOf(bound: BoundExpression): Expression {
  const known = built.get(bound);
  if (known !== undefined) return known;
  const made: Expression[] = [];
  for (const node of bound.nodes)
    made.push(node.kind === "call" ? { ...node, args: node.args.map((place) => made[place]) } : node);
  const root = made.at(-1);
  assert(root !== undefined, "a bound expression has a root");
  built.set(bound, root);
  return root;
}

/** The type of its values. */
export const typeOf = ({ nodes }: BoundExpression): SqlType => nodes[nodes.length - 1].type;
