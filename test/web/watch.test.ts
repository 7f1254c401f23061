/** What a page makes of the messages about tables that it watches. */
import { expect, test } from "vitest";
import type { LiveMessage } from "#schemas/api/live";
import type { TableSummary } from "#schemas/api/tables";
import {
  applyTable,
  applyTables,
  nothingWatched,
  type TableState,
  type TablesState,
} from "../../web/watch-state.ts";

const summary = (name: string, rows: number) => ({ name, rows }) as TableSummary;
const tables = (sequence: number, names: readonly string[], ...changed: TableSummary[]) =>
  ({ kind: "tables", id: "w", sequence, takenMs: sequence, names, changed }) as const satisfies LiveMessage;

test("all tables: changed ones are replaced, dropped ones go, each keeps the time it was told at", () => {
  const first = applyTables(nothingWatched, tables(1, ["a", "b"], summary("a", 1), summary("b", 1)));
  const second = applyTables(first!, tables(2, ["a", "b", "c"], summary("b", 2), summary("c", 1)));
  expect(second?.value).toEqual([
    { name: "a", rows: 1, takenMs: 1 },
    { name: "b", rows: 2, takenMs: 2 },
    { name: "c", rows: 1, takenMs: 2 },
  ]);
  const third = applyTables(second!, tables(3, ["c"]));
  expect(third?.value?.map(({ name }) => name)).toEqual(["c"]);
});

test("one table: fields are replaced; an error keeps them and goes with the next message", () => {
  const message = (sequence: number, changed: object) =>
    ({ kind: "table", id: "w", sequence, takenMs: sequence, changed }) as const;
  const first = applyTable(nothingWatched, message(1, { name: "a", rows: 1 }));
  const failed = applyTable(first!, {
    kind: "error",
    id: "w",
    exceptions: [{ errorCode: 190, code: "TABLE_UNKNOWN", message: "gone" }],
  });
  expect(failed).toMatchObject({ value: { rows: 1 }, exceptions: [{ message: "gone" }] });
  const healed = applyTable(failed!, message(2, { rows: 5 }));
  expect(healed).toEqual({ value: { name: "a", rows: 5, takenMs: 2 }, exceptions: null, sequence: 2 });
});

test("what does not follow is refused, so that the page asks again; a first message always fits", () => {
  const state: TablesState = { value: [], exceptions: null, sequence: 4 };
  expect(applyTables(state, tables(6, []))).toBeNull();
  expect(applyTables(state, tables(1, []))).not.toBeNull();
  const one: TableState = { ...nothingWatched };
  expect(applyTable(one, { kind: "table", id: "w", sequence: 2, takenMs: 0, changed: {} })).toBeNull();
});
