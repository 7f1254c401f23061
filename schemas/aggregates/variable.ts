/**
 * Accumulators whose states differ in size: one JavaScript value a group (undefined: empty), written as
 * State => (nothing, when empty) | version:u8 body, behind u32 offsets.
 */
import type { Accumulator } from "#schemas/aggregates/aggregate";
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import type { States } from "#schemas/plan/server-client";

export const corruptState = (what: string): never => {
  throw new StoreError("FRAME_CORRUPT", `an aggregate's state is corrupt: ${what}`);
};

export abstract class VariableAccumulator<State> implements Accumulator {
  groups = 0;
  protected readonly held: (State | undefined)[] = [];
  private bytesHeld = 0;

  resize(groups: number): void {
    if (groups <= this.groups) return;
    this.groups = groups;
    this.held.length = groups;
  }

  abstract update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void;
  protected abstract encode(state: State, options: { readonly final: boolean }): Uint8Array;
  /** Decodes one state; must check lengths before it trusts them. The bytes may be kept. */
  protected abstract decode(bytes: Uint8Array): State;
  protected abstract mergeStates(into: State, from: State): State;
  protected abstract finishRows(rows: number, stateOf: (row: number) => State | undefined): Vector;

  /** Subclasses report growth so that `bytes` is about right. */
  protected grew(bytes: number): void {
    this.bytesHeld += bytes;
  }

  merge(from: States, targets: Uint32Array | null): void {
    if (from.kind !== "variable") throw new StoreError("FRAME_CORRUPT", "expected states of variable size");
    const { offsets, bytes } = from;
    for (let row = 0; row + 1 < offsets.length; row++) {
      const start = offsets[row];
      const end = offsets[row + 1];
      if (start === end) continue;
      if (end < start || end > bytes.length) corruptState("its offsets leave the bytes");
      const target = targets === null ? row : targets[row];
      const state = this.decode(bytes.slice(start, end));
      const into = this.held[target];
      this.held[target] = into === undefined ? state : this.mergeStates(into, state);
      this.grew(end - start);
    }
  }

  states(groups: Uint32Array | null, options: { readonly final: boolean }): States {
    const rows = groups === null ? this.groups : groups.length;
    const offsets = new Uint32Array(rows + 1);
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const state = this.held[groups === null ? row : groups[row]];
      if (state !== undefined) {
        const part = this.encode(state, options);
        parts.push(part);
        total += part.length;
        if (total > 0xffff_ffff) throw new StoreError("RESULT_BYTES", "aggregate states exceed 4 GiB");
      }
      offsets[row + 1] = total;
    }
    const bytes = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { kind: "variable", bytes, offsets };
  }

  finish(groups: Uint32Array | null): Vector {
    if (groups === null) return this.finishRows(this.groups, (row) => this.held[row]);
    return this.finishRows(groups.length, (row) => this.held[groups[row]]);
  }

  bytes(): number {
    return this.bytesHeld + this.groups * 8;
  }
}
