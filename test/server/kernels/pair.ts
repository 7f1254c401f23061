/**
 * The compiled kernels and their twins side by side: two arenas that are filled alike, the same call on both,
 * then equal results and equal memory.
 */
import { expect } from "vitest";
import { createArena } from "#server/arena/attach";
import { kernelsFor } from "#server/kernels/instance";
import type { Kernels } from "#server/kernels/kernels";
import { loadKernels } from "#server/kernels/load-kernels-node";

const arenaBytes = 4 << 20;
const compiled = createArena(arenaBytes, 0);
const plain = createArena(arenaBytes, 1);
const kernels = kernelsFor(compiled, await loadKernels());
const twins = kernelsFor(plain, { kind: "twin" });

/** Where the blocks of one example lie; both arenas have the same addresses. */
export class Pair {
  private readonly blocks: number[] = [];

  /** Room of `bytes`, filled with the given values or with noise that must survive where nobody writes. */
  block(bytes: number, values?: Uint8Array): number {
    const pointer = compiled.allocate(bytes + 512, "scratch");
    expect(plain.allocate(bytes + 512, "scratch")).toBe(pointer);
    this.blocks.push(pointer);
    for (const arena of [compiled, plain]) {
      arena.views.u8.fill(0x5a, pointer, pointer + bytes + 512);
      if (values !== undefined) arena.views.u8.set(values.subarray(0, bytes), pointer);
    }
    return pointer;
  }

  /** A block that holds the bytes of a typed array. */
  put(array: ArrayBufferView): number {
    return this.block(array.byteLength, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }

  /** A bitmap of `rows` bits, or 0 for null. */
  bitmap(bits: readonly boolean[] | null): number {
    if (bits === null) return 0;
    const words = new Uint32Array(Math.ceil(bits.length / 64) * 2);
    bits.forEach((bit, row) => {
      if (bit) words[row >>> 5] |= 1 << (row & 31);
    });
    return this.put(words);
  }

  /** Zeroed room. */
  zeros(bytes: number): number {
    return this.block(bytes, new Uint8Array(bytes));
  }

  /** Runs the call on both and compares what they return. */
  call<Name extends keyof Kernels>(
    name: Name,
    ...args: Parameters<Kernels[Name]>
  ): ReturnType<Kernels[Name]> {
    const run = (from: Kernels) =>
      (from[name] as (...given: Parameters<Kernels[Name]>) => ReturnType<Kernels[Name]>)(...args);
    const result = run(kernels);
    expect(run(twins), `${name} returns the same`).toBe(result);
    return result;
  }

  /** Compares `bytes` of both memories. */
  same(pointer: number, bytes: number, what = "memory"): void {
    const left = compiled.views.u8.subarray(pointer, pointer + bytes);
    const right = plain.views.u8.subarray(pointer, pointer + bytes);
    if (Buffer.compare(left, right) !== 0) expect([...left], what).toEqual([...right]);
  }

  /** A copy of the compiled side's memory. */
  read(pointer: number, bytes: number): ArrayBuffer {
    return this.both(pointer, bytes)[0];
  }

  /** Copies of both sides' memory. */
  both(pointer: number, bytes: number): readonly ArrayBuffer[] {
    return [compiled, plain].map(
      (arena) => new Uint8Array(arena.views.u8.subarray(pointer, pointer + bytes)).buffer,
    );
  }

  /** Overwrites memory on both sides. */
  fill(pointer: number, bytes: number, value: number): void {
    for (const arena of [compiled, plain]) arena.views.u8.fill(value, pointer, pointer + bytes);
  }

  release(): void {
    for (const pointer of this.blocks) {
      compiled.free(pointer);
      plain.free(pointer);
    }
  }
}

/** Runs one example and frees its blocks even when it fails. */
export function withPair(run: (pair: Pair) => void): void {
  const pair = new Pair();
  try {
    run(pair);
  } finally {
    pair.release();
  }
}
