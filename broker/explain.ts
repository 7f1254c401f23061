/** EXPLAIN PLAN FOR: Pinot's three columns, the broker's part first, then what a server says of its own. */

import type { Result } from "#broker/result";
import type { Route } from "#broker/route";
import { nothingScattered } from "#broker/scatter";
import type { Snapshot } from "#broker/snapshot";
import { TextBuilder } from "#schemas/aggregates/vectors";
import type { Batch, Vector } from "#schemas/batch";
import type { Fragment, OutputColumn, Plan } from "#schemas/plan/plan";
import { expressionText } from "#schemas/plan/print";

const columns: readonly OutputColumn[] = [
  { name: "Operator", type: "STRING" },
  { name: "Operator_Id", type: "INT" },
  { name: "Parent_Id", type: "INT" },
];

function reduceText(plan: Plan): string {
  const parts: string[] = [];
  if (plan.having !== null) parts.push(`having:${expressionText(plan.having)}`);
  const order = plan.order.map(
    ({ expression, descending }) => `${expressionText(expression)}${descending ? " DESC" : ""}`,
  );
  if (order.length > 0) parts.push(`sort:[${order.join(", ")}]`);
  if (plan.distinct) parts.push("distinct");
  if (plan.offset > 0) parts.push(`offset:${plan.offset}`);
  if (plan.limit !== null) parts.push(`limit:${plan.limit}`);
  return `BROKER_REDUCE(${parts.join(",")})`;
}

function texts(lines: readonly string[]): Vector {
  const encoder = new TextEncoder();
  const builder = new TextBuilder("STRING", lines.length);
  for (const [row, line] of lines.entries()) builder.set(row, encoder.encode(line));
  return builder.build();
}

const ints = (values: readonly number[]): Vector => ({
  kind: "int",
  type: "INT",
  rows: values.length,
  values: BigInt64Array.from(values, BigInt),
  nulls: null,
});

/** A chain of operators: each one's parent is the one above it, and the first one's is 0. */
function chain(lines: readonly string[]): Batch {
  const ids = lines.map((_, index) => index + 1);
  return { rows: lines.length, columns: [texts(lines), ints(ids), ints(ids.map((id) => id - 1))] };
}

/** The plan of a SELECT without FROM. */
export function explainWithoutTable(plan: Plan): Result {
  const batch = chain([reduceText(plan), "ONE_ROW"]);
  return { columns, batch, truncated: false, scattered: nothingScattered(), snapshot: null, tables: [] };
}

/** The plan as rows; the first server with rows speaks for all. */
export async function explain(
  plan: Plan,
  fragment: Fragment,
  at: { readonly routed: Route; readonly snapshot: Snapshot },
): Promise<Result> {
  const { routed, snapshot } = at;
  const [part] = routed.targets;
  const lines = [reduceText(plan), `SCATTER(servers:${routed.targets.length})`];
  if (part !== undefined) lines.push(...(await part.server.explain(part.info.id, fragment)));
  const serversQueried = snapshot.parts.length;
  const serversResponded = snapshot.parts.filter(({ kind }) => kind === "held").length;
  const missing = snapshot.parts
    .filter((each) => each.kind === "missing")
    .map(({ server, reason }) => `${server.name}: ${reason}`);
  const scattered = { ...nothingScattered(), missing, serversQueried, serversResponded };
  const batch = chain(lines);
  return { columns, batch, truncated: false, scattered, snapshot, tables: [fragment.table] };
}
