/** Twins of gather.as.ts. */
import type { Views } from "#server/arena/arena";
import type { Twin } from "#server/kernels/kernels";
import { isSet, narrow, storedAt, writeBitmap } from "#server/kernels/twin-access";
import type { AnyWidth } from "#server/kernels/widths";

/** Copies one value of `width` bytes between two vectors. */
function mover(
  views: Views,
  width: AnyWidth,
  from: number,
  to: number,
): (fromRow: number, toRow: number) => void {
  if (width === 8)
    return (fromRow, toRow) => {
      views.i64[(to >>> 3) + toRow] = views.i64[(from >>> 3) + fromRow];
    };
  const source = narrow(views, width, from);
  const target = narrow(views, width, to);
  return (fromRow, toRow) => {
    target.array[target.start + toRow] = source.array[source.start + fromRow];
  };
}

export const gather: Twin<"gather"> = (views, width, from, positions, count, to) => {
  const move = mover(views, width, from, to);
  for (let index = 0; index < count; index++) move(views.u32[(positions >>> 2) + index], index);
};

export const gatherIds: Twin<"gatherIds"> = (views, width, from, positions, count, to) => {
  const { array, start } = narrow(views, width, from);
  for (let index = 0; index < count; index++)
    views.u32[(to >>> 2) + index] = array[start + views.u32[(positions >>> 2) + index]];
};

export const gatherInts: Twin<"gatherInts"> = (views, width, from, base, positions, count, to) => {
  const stored = storedAt(views, width, from);
  for (let index = 0; index < count; index++)
    views.i64[(to >>> 3) + index] = base + stored(views.u32[(positions >>> 2) + index]);
};

export const gatherBits: Twin<"gatherBits"> = (views, from, positions, count, to) =>
  writeBitmap(views, count, to, (index) => isSet(views, from, views.u32[(positions >>> 2) + index]));

export const scatter: Twin<"scatter"> = (views, width, from, positions, count, to) => {
  const move = mover(views, width, from, to);
  for (let index = 0; index < count; index++) move(index, views.u32[(positions >>> 2) + index]);
};

export const widenIds: Twin<"widenIds"> = (views, width, from, rows, to) => {
  const { array, start } = narrow(views, width, from);
  for (let row = 0; row < rows; row++) views.u32[(to >>> 2) + row] = array[start + row];
};

export const widenInts: Twin<"widenInts"> = (views, width, from, base, rows, to) => {
  const stored = storedAt(views, width, from);
  for (let row = 0; row < rows; row++) views.i64[(to >>> 3) + row] = base + stored(row);
};

export const widenDoubles: Twin<"widenDoubles"> = (views, width, from, base, rows, to) => {
  const stored = storedAt(views, width, from);
  for (let row = 0; row < rows; row++)
    views.f64[(to >>> 3) + row] = Number(BigInt.asIntN(64, base + stored(row)));
};

export const mapLut: Twin<"mapLut"> = (views, width, ids, rows, entryWidth, lut, to) => {
  const { array, start } = narrow(views, width, ids);
  const move = mover(views, entryWidth, lut, to);
  for (let row = 0; row < rows; row++) move(array[start + row], row);
};
