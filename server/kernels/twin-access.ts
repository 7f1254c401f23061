/** How twins reach values: one typed array and one start index per vector, so that their loops stay plain. */
import type { Views } from "#server/arena/arena";
import type { AnyWidth, Width } from "#server/kernels/widths";

/** A stored vector of up to 4 bytes a value: element `start + row`. */
export interface Narrow {
  readonly array: Uint8Array | Uint16Array | Uint32Array;
  readonly start: number;
}

export function narrow(views: Views, width: Width, pointer: number): Narrow {
  if (width === 1) return { array: views.u8, start: pointer };
  if (width === 2) return { array: views.u16, start: pointer >>> 1 };
  return { array: views.u32, start: pointer >>> 2 };
}

/** Any stored vector as int64, row by row. */
export function storedAt(views: Views, width: AnyWidth, pointer: number): (row: number) => bigint {
  if (width === 8) {
    const start = pointer >>> 3;
    return (row) => views.i64[start + row];
  }
  const { array, start } = narrow(views, width, pointer);
  return (row) => BigInt(array[start + row]);
}

/** Is bit `row` of an optional bitmap set? */
export function isSet(views: Views, bitmap: number, row: number): boolean {
  return bitmap === 0 || ((views.u32[(bitmap >>> 2) + (row >>> 5)] >>> (row & 31)) & 1) === 1;
}

/** Writes all words of a bitmap by asking for each row; returns the population. */
export function writeBitmap(
  views: Views,
  rows: number,
  bitmap: number,
  hit: (row: number) => boolean,
): number {
  let population = 0;
  const words = ((rows + 63) >>> 6) * 2;
  for (let word = 0; word < words; word++) {
    let bits = 0;
    const first = word << 5;
    const end = Math.min(rows - first, 32);
    for (let bit = 0; bit < end; bit++) {
      const one = +hit(first + bit);
      bits |= one << bit;
      population += one;
    }
    views.u32[(bitmap >>> 2) + word] = bits;
  }
  return population;
}

/** Calls back for the selected rows in order. */
export function eachRow(views: Views, rows: number, bitmap: number, visit: (row: number) => void): void {
  for (let row = 0; row < rows; row++) if (isSet(views, bitmap, row)) visit(row);
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest !== 0; rest >>= 1) bits += rest & 1;
  return bits;
});

export function populationOf(word: number): number {
  return (
    bitsOfByte[word & 255] +
    bitsOfByte[(word >>> 8) & 255] +
    bitsOfByte[(word >>> 16) & 255] +
    bitsOfByte[word >>> 24]
  );
}
