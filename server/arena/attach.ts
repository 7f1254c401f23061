/** An arena as one thread sees it: views over its shared memory and its allocator. */
import { Allocator, type AllocatorOptions } from "#server/arena/allocator";
import type { Arena, Purpose, Views } from "#server/arena/arena";

const wasmPageBytes = 65_536;

function viewsOf(buffer: ArrayBufferLike): Views {
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    f64: new Float64Array(buffer),
    i64: new BigInt64Array(buffer),
  };
}

/** The arena behind a memory that `createArena` made, on this or another thread. */
export function attachArena(memory: WebAssembly.Memory, index: number): SharedArena {
  return new SharedArena(memory, index);
}

/** A new arena of `bytes` (rounded up to 64 KiB), never grown. Address space only: pages come with their first use. */
export function createArena(
  bytes: number,
  index: number,
  options: AllocatorOptions = { poison: false },
): SharedArena {
  const pages = Math.ceil(bytes / wasmPageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  Allocator.format(memory.buffer as unknown as SharedArrayBuffer, options);
  return new SharedArena(memory, index);
}

export class SharedArena implements Arena {
  readonly index: number;
  readonly memory: WebAssembly.Memory;
  readonly views: Views;
  readonly allocator: Allocator;

  constructor(memory: WebAssembly.Memory, index: number) {
    const buffer = memory.buffer as unknown as SharedArrayBuffer;
    this.index = index;
    this.memory = memory;
    this.views = viewsOf(buffer);
    this.allocator = new Allocator(buffer);
  }

  allocate(bytes: number, purpose: Purpose): number {
    return this.allocator.allocate(bytes, purpose);
  }

  free(pointer: number): void {
    this.allocator.free(pointer);
  }

  bytesUsed(): number {
    return this.allocator.usedBytes();
  }
}
