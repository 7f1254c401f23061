/** TextKernels over plain arrays, until the kernels' own twins take over. */
import type { Views } from "#server/arena/arena";
import { hashBytes } from "#server/kernels/hash";
import type { TextKernels } from "#server/kernels/kernels";

const words = { low: 0, high: 0 };

/** The writer's dictionary kernels. */
export function textTwins({ u8, u32 }: Views): Pick<TextKernels, "internTexts" | "rehashTexts"> {
  const place = (table: number, low: number, id: number): void => {
    const slots = u32[table >> 2] >> 2;
    const mask = u32[(table >> 2) + 1];
    let slot = low & mask;
    while (u32[slots + slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    u32[slots + slot * 2] = low;
    u32[slots + slot * 2 + 1] = id;
  };
  const find = (table: number, pointer: number, bytes: number): number => {
    const at = table >> 2;
    const slots = u32[at] >> 2;
    const mask = u32[at + 1];
    for (let slot = words.low & mask; ; slot = (slot + 1) & mask) {
      const id = u32[slots + slot * 2 + 1];
      if (id === 0) return 0;
      if (u32[slots + slot * 2] !== words.low) continue;
      const entry = (u32[at + 4] >> 2) + id * 2;
      if (u32[entry + 1] !== bytes) continue;
      let same = 0;
      while (same < bytes && u8[u32[entry] + same] === u8[pointer + same]) same++;
      if (same === bytes) return id;
    }
  };
  return {
    internTexts(table, tags, values, from, rows, ids) {
      const at = table >> 2;
      for (let row = from; row < rows; row++) {
        if (u8[tags + row] === 0) {
          u32[(ids >> 2) + row] = 0;
          continue;
        }
        const pointer = u32[(values >> 2) + row * 2];
        const bytes = u32[(values >> 2) + row * 2 + 1];
        hashBytes(u8, pointer, bytes, words);
        let id = find(table, pointer, bytes);
        if (id === 0) {
          id = u32[at + 2] + 1;
          u32[at + 8] =
            id > u32[at + 3] || id > (u32[at + 1] + 1) / 2 ? 1 : u32[at + 6] + bytes > u32[at + 7] ? 2 : 0;
          u32[at + 9] = bytes;
          if (u32[at + 8] !== 0) return row;
          const text = u32[at + 6];
          u8.copyWithin(text, pointer, pointer + bytes);
          u32[at + 6] = text + bytes;
          u32[(u32[at + 4] >> 2) + id * 2] = text;
          u32[(u32[at + 4] >> 2) + id * 2 + 1] = bytes;
          u32[(u32[at + 5] >> 2) + id * 2] = words.low;
          u32[(u32[at + 5] >> 2) + id * 2 + 1] = words.high;
          u32[at + 2] = id;
          place(table, words.low, id);
        }
        u32[(ids >> 2) + row] = id;
      }
      return rows;
    },
    rehashTexts(table) {
      const at = table >> 2;
      for (let id = 1; id <= u32[at + 2]; id++) place(table, u32[(u32[at + 5] >> 2) + id * 2], id);
    },
  };
}
