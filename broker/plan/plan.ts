/**
 * Bound query → plan: what every server does with its rows, and what the broker does with the merged answers. Right
 * without any rewrite; rewrites make it fast.
 */
import type { BoundQuery } from "#broker/bind/bind";
import { type RewriteTools, rewrites } from "#broker/plan/rewrites/list";
import { StoreError } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Fragment, Plan } from "#schemas/plan/plan";
import { didYouMean } from "#schemas/suggest";
import type { Stepwise } from "#schemas/turns";

/** More rows than any server holds: no bound. */
const allRows = 0x7fff_ffff;

function groupsFragment(query: BoundQuery, table: string): Fragment {
  const { filter, hop, keys, aggregates } = query;
  return { kind: "aggregate", table, filter, hop, keys, aggregates, top: null };
}

/** The rows' values that the broker needs, each once: what is selected and what is ordered by. */
function rowsPlan(query: BoundQuery, table: string): Plan {
  const project: Expression[] = [];
  const indexes = new Map<string, number>();
  const columnOf = (expression: Expression): Expression => {
    if (expression.kind === "literal") return expression;
    const key = expressionKey(expression);
    let column = indexes.get(key);
    if (column === undefined) {
      column = project.push(expression) - 1;
      indexes.set(key, column);
    }
    const name = expression.kind === "column" ? expression.name : `column${column}`;
    return { kind: "column", type: expression.type, column, name };
  };
  const selected = query.project.map(columnOf);
  const order = query.order.map((key) => ({ ...key, expression: columnOf(key.expression) }));
  const { filter, hop } = query;
  const fragment: Fragment = { kind: "rows", table, filter, hop, project, order: [], rows: allRows };
  return { ...common(query), fragment, having: null, project: selected, order };
}

function common(query: BoundQuery) {
  const { distinct, offset, limit, output, options } = query;
  return { distinct, offset, limit, output, options };
}

/** The plan as the query says it. */
export function plan(query: BoundQuery): Plan {
  const { having, project, order } = query;
  if (query.table === null) return { ...common(query), fragment: null, having: query.filter, project, order };
  if (!query.grouped) return rowsPlan(query, query.table.name);
  return { ...common(query), fragment: groupsFragment(query, query.table.name), having, project, order };
}

/** The plan after every rewrite that the query has not switched off; OPTION_VALUE for a name that is none. */
export function* optimize(naive: Plan, tools: RewriteTools): Stepwise<Plan> {
  const { rewritesOff } = naive.options;
  const names = ["all", ...rewrites.map(({ name }) => name)];
  const unknown = rewritesOff.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const expected = names.join(", ");
    const message = `option rewritesOff: expected some of ${expected} but found '${unknown}'.${didYouMean(unknown, names)}`;
    throw new StoreError("OPTION_VALUE", message, { expected, found: unknown });
  }
  if (rewritesOff.includes("all")) return naive;
  let current = naive;
  for (const { name, rewrite } of rewrites) {
    if (rewritesOff.includes(name)) continue;
    current = rewrite(current, tools);
    yield;
  }
  return current;
}
