/** Twins of filter.as.ts. */
import { bounds, type Twin } from "#server/kernels/kernels";
import { narrow, writeBitmap } from "#server/kernels/twin-access";

export const filterRange: Twin<"filterRange"> = (views, width, values, rows, low, high, bitmap) => {
  const { array, start } = narrow(views, width, values);
  return writeBitmap(views, rows, bitmap, (row) => array[start + row] >= low && array[start + row] <= high);
};

export const filterRangeInt64: Twin<"filterRangeInt64"> = (views, values, rows, low, high, bitmap) => {
  const start = values >>> 3;
  return writeBitmap(
    views,
    rows,
    bitmap,
    (row) => views.i64[start + row] >= low && views.i64[start + row] <= high,
  );
};

export const filterRangeDoubles: Twin<"filterRangeDoubles"> = (
  views,
  values,
  rows,
  low,
  high,
  flags,
  bitmap,
) => {
  const start = values >>> 3;
  const nanPasses = (flags & bounds.nanPasses) !== 0;
  const lowStrict = (flags & bounds.lowExclusive) !== 0;
  const highStrict = (flags & bounds.highExclusive) !== 0;
  return writeBitmap(views, rows, bitmap, (row) => {
    const value = views.f64[start + row];
    if (Number.isNaN(value)) return nanPasses;
    return (lowStrict ? value > low : value >= low) && (highStrict ? value < high : value <= high);
  });
};

export const filterLut: Twin<"filterLut"> = (views, width, ids, rows, lut, bitmap) => {
  const { array, start } = narrow(views, width, ids);
  return writeBitmap(views, rows, bitmap, (row) => views.u8[lut + array[start + row]] !== 0);
};

/** Sign of a compared with b, and what each operation of `compare` accepts. */
const accepts: readonly ((sign: number) => boolean)[] = [
  (sign) => sign === 0,
  (sign) => sign !== 0,
  (sign) => sign < 0,
  (sign) => sign <= 0,
  (sign) => sign > 0,
  (sign) => sign >= 0,
];

export const compareInts: Twin<"compareInts"> = (views, operation, a, b, rows, bitmap) => {
  const accept = accepts[operation];
  return writeBitmap(views, rows, bitmap, (row) => {
    const left = views.i64[(a >>> 3) + row];
    const right = views.i64[(b >>> 3) + row];
    return accept(+(left > right) - +(left < right));
  });
};

function signOf(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right)) return +Number.isNaN(left) - +Number.isNaN(right);
  return +(left > right) - +(left < right);
}

export const compareDoubles: Twin<"compareDoubles"> = (views, operation, a, b, rows, bitmap) => {
  const accept = accepts[operation];
  return writeBitmap(views, rows, bitmap, (row) =>
    accept(signOf(views.f64[(a >>> 3) + row], views.f64[(b >>> 3) + row])),
  );
};

/** First row for which `below` no longer holds. */
function partition(rows: number, below: (row: number) => boolean): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (below(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const lowerBound: Twin<"lowerBound"> = (views, width, values, rows, value) => {
  const { array, start } = narrow(views, width, values);
  return partition(rows, (row) => array[start + row] < value);
};

export const lowerBoundInt64: Twin<"lowerBoundInt64"> = (views, values, rows, value) =>
  partition(rows, (row) => views.i64[(values >>> 3) + row] < value);
