/** Rows of EXPLAIN PLAN FOR as an indented tree. */
import type { Cell } from "#schemas/api/query";

interface PlanLine {
  readonly id: number;
  readonly depth: number;
  readonly operator: string;
}

/** Rows (Operator, Operator_Id, Parent_Id) as an indented tree. */
export function planLines(rows: readonly (readonly Cell[])[]): readonly PlanLine[] {
  const depths = new Map<number, number>();
  return rows.map(([operator, id, parent]) => {
    const depth = (depths.get(Number(parent)) ?? -1) + 1;
    depths.set(Number(id), depth);
    return { id: Number(id), depth, operator: String(operator) };
  });
}
