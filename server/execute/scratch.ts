/**
 * Short-lived memory of one thread in one arena: a stack of blocks. Taking is a few additions; everything taken after
 * a mark is given back at once. The first blocks are kept between queries.
 */

import { serverBounds } from "#schemas/limits";
import type { Arena } from "#server/arena/arena";

const keptBytesMax = serverBounds.scratchKeptBytes;
const alignment = 64;

interface Block {
  readonly pointer: number;
  readonly bytes: number;
}

export interface Mark {
  readonly block: number;
  readonly used: number;
}

export class Scratch {
  readonly arena: Arena;
  private readonly blockBytes: number;
  private readonly blocks: Block[] = [];
  private block = 0;
  private used = 0;

  /** `blockBytes`: what is taken from the arena at a time, at least. */
  constructor(arena: Arena, blockBytes = 4 << 20) {
    this.arena = arena;
    this.blockBytes = blockBytes;
  }

  mark(): Mark {
    return { block: this.block, used: this.used };
  }

  release(mark: Mark): void {
    this.block = mark.block;
    this.used = mark.used;
  }

  /** 64-byte aligned, content undefined, 64 bytes after it may be read. */
  take(bytes: number): number {
    const needed = (Math.max(bytes, 1) + alignment * 2 - 1) & ~(alignment - 1);
    while (this.block < this.blocks.length) {
      const { pointer, bytes: room } = this.blocks[this.block];
      if (this.used + needed <= room) {
        const taken = pointer + this.used;
        this.used += needed;
        return taken;
      }
      this.block++;
      this.used = 0;
    }
    const fresh = Math.max(this.blockBytes, needed);
    const pointer = this.arena.allocate(fresh, "scratch");
    this.blocks.push({ pointer, bytes: fresh });
    this.used = needed;
    return pointer;
  }

  /** A zeroed take. */
  takeZeroed(bytes: number): number {
    const pointer = this.take(bytes);
    this.arena.views.u8.fill(0, pointer, pointer + bytes);
    return pointer;
  }

  /** Everything is free again; memory beyond what is worth keeping goes back to the arena. */
  reset(): void {
    this.block = 0;
    this.used = 0;
    let kept = 0;
    let keep = 0;
    while (keep < this.blocks.length && kept + this.blocks[keep].bytes <= keptBytesMax) {
      kept += this.blocks[keep++].bytes;
    }
    for (const block of this.blocks.splice(keep)) this.arena.free(block.pointer);
  }

  close(): void {
    for (const block of this.blocks.splice(0)) this.arena.free(block.pointer);
    this.block = 0;
    this.used = 0;
  }
}
