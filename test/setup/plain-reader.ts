/** Reads a column the plain way, row by row: what the executor answers is compared with this. */
import { assert } from "#schemas/errors";
import type { SegmentReader } from "#server/segment/reader";

/** The values of an INT or LONG column without NULLs over all readers, in their order. */
export function plainInts(readers: readonly SegmentReader[], columnId: number): bigint[] {
  return readers.flatMap((reader) => {
    const column = reader.column(columnId);
    if (column === null) return [];
    return Array.from({ length: reader.chunks }, (_, chunk) => {
      const forward = column.forward(chunk);
      assert(forward.kind === "ints" && forward.validity === 0, "integers without NULLs");
      const { views } = reader.arena;
      const at = forward.pointer / forward.width;
      const view = { 1: views.u8, 2: views.u16, 4: views.u32, 8: views.i64 }[forward.width];
      return Array.from({ length: reader.rowsOf(chunk) }, (_, row) => forward.base + BigInt(view[at + row]!));
    }).flat();
  });
}
