/** LENGTH: characters of texts, counted where they lie. In UTF-8 every byte that does not continue a character begins one. */
import type { TextEntries } from "#schemas/batch";
import { type Kernel, textOf } from "#server/execute/functions/operand";

const isContinued = 0b1000_0000;
const leadingBits = 0b1100_0000;

function charactersOf({ bytes, offsets }: TextEntries, id: number): number {
  const end = offsets[id + 1];
  let characters = 0;
  for (let at = offsets[id]; at < end; at++) if ((bytes[at] & leadingBits) !== isContinued) characters++;
  return characters;
}

/** Of BYTES the bytes; each entry is counted once, however many rows share it. */
export const length: Kernel = (call) => {
  const [operand] = call.args;
  const { ids, entries, type } = textOf(operand);
  const count = type === "BYTES" ? bytesOf : charactersOf;
  const known = entries.count <= call.rows * 2 ? new Int32Array(entries.count).fill(-1) : null;
  const values = new BigInt64Array(call.rows);
  const halves = new Uint32Array(values.buffer);
  for (let row = 0; row < call.rows; row++) {
    const id = ids[row & operand.mask];
    if (known === null) halves[row * 2] = count(entries, id);
    else {
      if (known[id] < 0) known[id] = count(entries, id);
      halves[row * 2] = known[id];
    }
  }
  return { kind: "int", type: call.type, rows: call.rows, values, nulls: call.nulls };
};

const bytesOf = ({ offsets }: TextEntries, id: number): number => offsets[id + 1] - offsets[id];
