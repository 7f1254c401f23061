/** The one number of a result: which cell it is, what it is compared with, what else the result holds. */
import type { ChartSettings } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import { formatCounted } from "../format.ts";
import { isNumberType } from "./columns.ts";
import { type ChartResult, columnAt } from "./context.ts";
import { type Note, NoteBook } from "./notes.ts";

export interface OneNumber {
  readonly cell: Cell | undefined;
  readonly previous: Cell | undefined;
  readonly notes: readonly Note[];
}

/** The measure that is named, else the first number, else the first column. */
function columnOf(result: ChartResult, settings: ChartSettings, notes: NoteBook): number {
  const [named] = settings.y ?? [];
  const at = columnAt(result, named);
  if (at >= 0) return at;
  if (named !== undefined) notes.say(0, `The result has no column ${named}.`);
  return Math.max(0, result.columnTypes.findIndex(isNumberType));
}

export function oneNumberOf(result: ChartResult, settings: ChartSettings): OneNumber {
  const notes = new NoteBook();
  const at = columnOf(result, settings, notes);
  const previousAt = columnAt(result, "previous");
  const [row] = result.rows;
  const others = Math.max(0, result.rows.length - 1);
  if (others > 0)
    notes.say(others, `The first of ${formatCounted(result.rows.length, "row")}; a big number shows one.`);
  const shown = new Set([at, previousAt]);
  const measures = settings.y?.filter(
    (name) => columnAt(result, name) >= 0 && !shown.has(columnAt(result, name)),
  );
  if (measures !== undefined && measures.length > 0)
    notes.say(measures.length, `Not shown: ${measures.join(", ")}.`);
  return {
    cell: row?.[at],
    previous: previousAt < 0 || previousAt === at ? undefined : row?.[previousAt],
    notes: notes.notes(),
  };
}
