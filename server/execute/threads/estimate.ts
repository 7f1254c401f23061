/** What a task costs, roughly: whether a query is worth a hand-off to other threads. */
import type { Task, Test } from "#server/execute/task";

/** Nanoseconds a row; the figures of reference/engine-speed.md, rounded up. */
const filterNs = 0.3;
const keyNs = 0.5;
const slotNs = 0.8;
const projectNs = 2;
const expressionNs = 60;
const entryNs = 40;
const taskNs = 10_000;

const testNs = (test: Test): number => {
  if (test.kind === "and" || test.kind === "or")
    return test.tests.reduce((sum, part) => sum + testNs(part), 0);
  return test.kind === "expression" ? expressionNs : filterNs;
};

const entriesOf = (task: Task): number =>
  task.tests.reduce(
    (sum, test) => sum + (test.kind === "entries" ? (task.columns[test.column].dictionary?.count ?? 0) : 0),
    0,
  );

export function costNs(task: Task): number {
  const rows = task.chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  let each = task.tests.reduce((sum, test) => sum + testNs(test), 0);
  if (task.kind === "aggregate") {
    const keys = task.grouping.kind === "one" ? [] : task.grouping.keys;
    for (const key of keys) each += key.kind === "words" || key.kind === "texts" ? expressionNs : keyNs;
    for (const slot of task.slots)
      each += slot.kind === "states" || hasExpression(slot) ? expressionNs : slotNs;
  } else each += (task.project.length + task.order.length) * projectNs;
  return taskNs + rows * each + entriesOf(task) * entryNs;
}

const hasExpression = (slot: object): boolean =>
  "source" in slot && (slot.source as { readonly kind: string }).kind === "expression";
