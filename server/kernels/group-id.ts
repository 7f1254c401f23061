/** Twins of group-id.as.ts. */
import type { Views } from "#server/arena/arena";
import type { Twin } from "#server/kernels/kernels";
import { isSet, narrow, storedAt } from "#server/kernels/twin-access";
import type { GidWidth } from "#server/kernels/widths";

/** gid = first ? key : gid × card + key, for all rows. */
function compose(
  views: Views,
  target: { rows: number; card: number; first: boolean; gidWidth: GidWidth; gids: number },
  key: (row: number) => bigint | number,
): void {
  const { rows, card, first, gidWidth, gids } = target;
  if (gidWidth === 8) {
    const wide = BigInt(card);
    for (let row = 0, at = gids >>> 3; row < rows; row++, at++)
      views.i64[at] = (first ? 0n : views.i64[at] * wide) + BigInt(key(row));
    return;
  }
  for (let row = 0, at = gids >>> 2; row < rows; row++, at++)
    views.u32[at] = (first ? 0 : Math.imul(views.u32[at], card)) + Number(key(row));
}

export const gidIds: Twin<"gidIds"> = (views, width, ids, rows, card, first, gidWidth, gids) => {
  const { array, start } = narrow(views, width, ids);
  compose(views, { rows, card, first, gidWidth, gids }, (row) => array[start + row]);
};

export const gidInts: Twin<"gidInts"> = (
  views,
  width,
  values,
  rows,
  validity,
  min,
  card,
  first,
  gidWidth,
  gids,
) => {
  const stored = storedAt(views, width, values);
  compose(views, { rows, card, first, gidWidth, gids }, (row) =>
    isSet(views, validity, row) ? stored(row) - min + 1n : 0n,
  );
};

export const gidBuckets: Twin<"gidBuckets"> = (
  views,
  width,
  values,
  rows,
  validity,
  origin,
  size,
  _ascending,
  card,
  first,
  gidWidth,
  gids,
) => {
  const stored = storedAt(views, width, values);
  compose(views, { rows, card, first, gidWidth, gids }, (row) =>
    isSet(views, validity, row) ? (stored(row) - origin) / size + 1n : 0n,
  );
};

export const gidBoundaries: Twin<"gidBoundaries"> = (
  views,
  width,
  values,
  rows,
  validity,
  boundaries,
  count,
  card,
  first,
  gidWidth,
  gids,
) => {
  const stored = storedAt(views, width, values);
  const upTo = (value: bigint): number => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (views.i64[(boundaries >>> 3) + middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  compose(views, { rows, card, first, gidWidth, gids }, (row) =>
    isSet(views, validity, row) ? upTo(stored(row)) : 0,
  );
};

export const gidLut: Twin<"gidLut"> = (views, width, ids, rows, lut, card, first, gidWidth, gids) => {
  const { array, start } = narrow(views, width, ids);
  compose(views, { rows, card, first, gidWidth, gids }, (row) => views.u32[(lut >>> 2) + array[start + row]]);
};
