/** A kernel table of texts that grows: ids 1, 2, 3 … in order of first appearance (layout: `TextKernels`). */
import type { TextEntries } from "#schemas/batch";
import { serverBounds } from "#schemas/limits";
import type { TaskMemory } from "#server/execute/task-memory";
import type { Kernels } from "#server/kernels/kernels";

const slotsMin = 1024;
const textBytesMin = 1 << 14;
const textBytesMax = serverBounds.textBlockBytes;

/** Words of the table's header. */
const at = { slots: 0, mask: 1, count: 2, limit: 3, directory: 4, hashes: 5, text: 6, textEnd: 7, wanted: 8 };
const wantedRoom = 1;

export class TextTable {
  private readonly kernels: Kernels;
  private readonly memory: TaskMemory;
  private readonly pointer: number;
  private readonly texts: number[] = [];
  private textBytes = textBytesMin;

  constructor(kernels: Kernels, memory: TaskMemory) {
    this.kernels = kernels;
    this.memory = memory;
    this.pointer = memory.allocateZeroed(64);
    this.resize(slotsMin);
  }

  get count(): number {
    return this.word(at.count);
  }

  /** Ids (u32) of raw texts: row r's bytes are bytes + offsets[r] … bytes + offsets[r + 1]; 0 where a row is left out. */
  intern(offsets: number, bytes: number, rows: number, bitmap: number, ids: number): void {
    let done = 0;
    for (;;) {
      done = this.kernels.internSlices(this.pointer, offsets, bytes, done, rows, bitmap, ids);
      if (done === rows) return;
      if (this.word(at.wanted) === wantedRoom) this.resize((this.word(at.mask) + 1) * 4);
      else this.addText(this.word(at.wanted + 1));
    }
  }

  /** All texts by id, copied; entry 0 is empty. */
  entries(): TextEntries {
    const { u8, u32 } = this.memory.arena.views;
    const count = this.count + 1;
    const directory = this.word(at.directory) >> 2;
    const offsets = new Uint32Array(count + 1);
    for (let id = 1; id < count; id++) offsets[id + 1] = offsets[id] + u32[directory + id * 2 + 1];
    const bytes = new Uint8Array(offsets[count]);
    for (let id = 1; id < count; id++) {
      const from = u32[directory + id * 2];
      bytes.set(u8.subarray(from, from + u32[directory + id * 2 + 1]), offsets[id]);
    }
    return { count, offsets, bytes };
  }

  /** Low halves of the texts' hashes by id. */
  hashes(): Uint32Array {
    const { u32 } = this.memory.arena.views;
    const from = this.word(at.hashes) >> 2;
    const hashes = new Uint32Array(this.count + 1);
    for (let id = 1; id < hashes.length; id++) hashes[id] = u32[from + id * 2];
    return hashes;
  }

  close(): void {
    const blocks = [this.word(at.slots), this.word(at.directory), this.word(at.hashes), ...this.texts];
    for (const block of [...blocks, this.pointer]) this.memory.free(block);
  }

  private word(index: number): number {
    return this.memory.arena.views.u32[(this.pointer >> 2) + index];
  }

  /** Moves to a table of so many slots; directory and hashes grow with it. */
  private resize(slots: number): void {
    const { memory } = this;
    const { u32 } = memory.arena.views;
    const header = this.pointer >> 2;
    const used = (this.count + 1) * 8;
    const room = (slots / 2 + 1) * 8;
    const first = u32[header + at.slots] === 0;
    const old = u32[header + at.slots];
    u32[header + at.slots] = memory.allocateZeroed(slots * 8);
    if (!first) memory.free(old);
    for (const part of [at.directory, at.hashes]) {
      const block = u32[header + part];
      u32[header + part] = first ? memory.allocateZeroed(room) : memory.grow(block, used, room);
    }
    u32[header + at.mask] = slots - 1;
    u32[header + at.limit] = slots / 2;
    this.kernels.rehashTexts(this.pointer);
  }

  /** New space for texts; what is left of the old one stays unused. */
  private addText(bytes: number): void {
    const { u32 } = this.memory.arena.views;
    const room = Math.max(bytes, this.textBytes);
    const block = this.memory.allocate(room);
    this.texts.push(block);
    this.textBytes = Math.min(this.textBytes * 2, textBytesMax);
    u32[(this.pointer >> 2) + at.text] = block;
    u32[(this.pointer >> 2) + at.textEnd] = block + room;
  }
}
