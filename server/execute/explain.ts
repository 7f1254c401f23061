/** EXPLAIN: what the scan of a fragment would do, one line an operator, outermost first. */
import type { Expression } from "#schemas/plan/expression";
import type { Fragment } from "#schemas/plan/plan";
import { expressionText } from "#schemas/plan/print";
import { Compiler, specsOf } from "#server/execute/compile/compile";
import type { Query } from "#server/execute/query";
import type { AggregateTask, RowsTask, Task, Test } from "#server/execute/task";

const explain = (expression: Expression): string => expressionText(expression, ", ");

export async function explainFragment(query: Query, fragment: Fragment): Promise<string[]> {
  const { segments, stats } = query;
  const lines: string[] = [];
  let tasks: readonly Task[];
  if (fragment.kind === "aggregate") {
    const specs = specsOf(fragment, segments);
    const found = await new Compiler(query.compile).aggregates(fragment, specs, segments);
    const compiled = found.map(({ task }) => task);
    lines.push(...explainAggregate(fragment, compiled));
    tasks = compiled;
  } else {
    const compiled = (await new Compiler(query.compile).rows(fragment, segments)).map(({ task }) => task);
    lines.push(...explainRows(fragment, compiled));
    tasks = compiled;
  }
  if (fragment.hop !== null)
    lines.push(`HOP(slideMs:${fragment.hop.slideMs}, sizeMs:${fragment.hop.sizeMs})`);
  const indexes = stats.indexes.length === 0 ? "" : `, indexes:${stats.indexes.join(" ")}`;
  if (fragment.filter !== null) {
    lines.push(`FILTER(${explain(fragment.filter)}, as:${testKinds(tasks)}${indexes})`);
  }
  const rows = tasks.reduce(
    (sum, task) => sum + task.chunks.reduce((total, chunk) => total + chunk.rows, 0),
    0,
  );
  lines.push(
    `SCAN(${fragment.table}, segments:${stats.segmentsProcessed} of ${segments.length}, slices:${tasks.length}, rows:${rows} of ${stats.rowsTotal})`,
  );
  return lines;
}

function explainAggregate(
  fragment: Extract<Fragment, { kind: "aggregate" }>,
  tasks: readonly AggregateTask[],
): string[] {
  const lines: string[] = [];
  if (fragment.top !== null) lines.push(`TOP_GROUPS(rows:${fragment.top.rows})`);
  const groupings = unique(tasks.map((task) => task.grouping.kind));
  const slots = unique(tasks.flatMap((task) => task.slots.map((slot) => slot.kind)));
  const calls = fragment.aggregates.map(
    ({ name, args }) => `${name}(${args.map(explain).join(", ") || "*"})`,
  );
  if (fragment.keys.length === 0) lines.push(`AGGREGATE(${calls.join(", ")}, states:${slots})`);
  else {
    const keys = fragment.keys.map(explain).join(", ");
    lines.push(
      `GROUP_BY(keys:${keys}, groups:${groupings}, aggregates:${calls.join(", ")}, states:${slots})`,
    );
  }
  return lines;
}

function explainRows(fragment: Extract<Fragment, { kind: "rows" }>, tasks: readonly RowsTask[]): string[] {
  const order = fragment.order.map(
    ({ expression, descending }) => `${explain(expression)} ${descending ? "DESC" : "ASC"}`,
  );
  const lines = order.length === 0 ? [`LIMIT(rows:${fragment.rows})`] : [];
  if (order.length > 0) lines.push(`TOP_ROWS(order:${order.join(", ")}, rows:${fragment.rows})`);
  lines.push(`PROJECT(${fragment.project.map(explain).join(", ")}, slices:${tasks.length})`);
  return lines;
}

const unique = (names: readonly string[]): string => [...new Set(names)].join("|") || "none";

function kindsIn(test: Test, found: Set<string>): void {
  if (test.kind === "and" || test.kind === "or") for (const part of test.tests) kindsIn(part, found);
  else found.add(test.kind);
}

function testKinds(tasks: readonly Task[]): string {
  const found = new Set<string>();
  for (const task of tasks) for (const test of task.tests) kindsIn(test, found);
  return unique([...found]);
}
