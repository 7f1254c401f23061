/** The newest rows of a table as JSON: what the embedded stream's topic carried last, for inference. */

import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { Fragment } from "#schemas/plan/plan";
import { type Column, offsetColumn } from "#schemas/table";
import type { Server } from "#server/server";
import type { TableState } from "#server/tables/table";

const columnOf = ({ id, name, type }: Column): Expression => ({ kind: "column", type, column: id, name });

function cellOf(vector: Vector, row: number): unknown {
  if (vector.nulls !== null && ((vector.nulls[row >> 3]! >> (row & 7)) & 1) === 1) return null;
  if (vector.kind === "double") return vector.values[row];
  if (vector.kind === "int") {
    const value = vector.values[row]!;
    return vector.type === "BOOLEAN" ? value === 1n : Number(value);
  }
  const { offsets, bytes } = vector.entries;
  const id = vector.ids[row]!;
  const entry = Buffer.from(bytes.subarray(offsets[id], offsets[id + 1]));
  return entry.toString(vector.type === "BYTES" ? "hex" : "utf8");
}

/** At most `rowsMax` rows, newest first. */
export async function newestRows(server: Server, state: TableState, rowsMax: number): Promise<string[]> {
  const { columns, name } = state.table;
  const newestFirst = { expression: columnOf(offsetColumn), descending: true, nullsFirst: false };
  const fragment: Fragment = {
    kind: "rows",
    table: name,
    filter: null,
    hop: null,
    project: [...columns, offsetColumn].map(columnOf),
    order: [newestFirst],
    rows: rowsMax,
  };
  const { clock } = server.parts.world;
  const { limits } = server.parts;
  const { id } = await server.snapshot([name]);
  try {
    const options = {
      deadlineMs: clock.nowMs() + limits.queryMs,
      useCache: false,
      queryBytes: limits.queryBytes,
      timeZone: "UTC",
      nowMs: clock.nowMs(),
      sole: true,
    };
    const { partial } = await server.execute(id, fragment, options, new AbortController().signal);
    assert(partial.kind === "rows", "rows were asked for");
    const { batch } = partial;
    return Array.from({ length: batch.rows }, (_, row) =>
      JSON.stringify(
        Object.fromEntries(columns.map((column, at) => [column.name, cellOf(batch.columns[at]!, row)])),
      ),
    );
  } finally {
    server.release(id);
  }
}
