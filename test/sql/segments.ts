/** A server of real segments under the real executor. */
import { assert } from "#schemas/errors";
import { limits } from "#schemas/limits";
import type { Fragment } from "#schemas/plan/plan";
import type { ExecuteOptions, ServerClient } from "#schemas/plan/server-client";
import type { KernelSource } from "#server/kernels/instance";
import { buildStore, type Piece, type Store } from "#test/server/execute/store";
import { infoOf, momentOf } from "#test/setup/snapshots";
import type { ModelTable } from "#test/sql/model";

/** How rows lie in segments. */
export interface Layout {
  readonly kernels: KernelSource;
  /** Pieces for a number of rows; the last takes what is left. */
  readonly pieces: (rows: number) => readonly Piece[];
  /** State bytes past which groups are hashed. */
  readonly stateBytes: number;
}

/** One segment of everything. */
export const onePiece =
  (sealed: boolean) =>
  (rows: number): readonly Piece[] => [{ rows, sealed, chunkRows: limits.chunkRows }];

/** A segment per three rows (16 segments at most) in chunks of two, the last two mutable: everything meets a boundary. */
export function tinyPieces(rows: number): readonly Piece[] {
  const segments = Math.min(16, Math.max(1, Math.ceil(rows / 3)));
  return Array.from({ length: segments }, (_, index) => ({
    rows: Math.max(3, Math.ceil(rows / segments)),
    sealed: index < segments - 2,
    chunkRows: 2,
  }));
}

/** A server over segments built for the test. */
export class SegmentServer implements ServerClient {
  readonly name: string;
  readonly #layout: Layout;
  readonly #stores = new Map<string, { readonly store: Store; readonly rows: number }>();

  constructor(name: string, layout: Layout) {
    this.name = name;
    this.#layout = layout;
  }

  put({ table, rows }: ModelTable): void {
    this.#stores.get(table.name)?.store.close();
    const { kernels, pieces, stateBytes } = this.#layout;
    const store = buildStore(rows, pieces(rows.length), {
      table,
      kernels,
      hostName: this.name,
      limits: { stateBytes },
    });
    this.#stores.set(table.name, { store, rows: rows.length });
  }

  async snapshot(tables: readonly string[]) {
    return infoOf(...tables.map((table) => momentOf(table, this.#named(table).rows)));
  }

  release(): void {}

  execute(_: string, fragment: Fragment, options: ExecuteOptions, signal: AbortSignal) {
    return this.#named(fragment.table).store.execute(fragment, options, signal);
  }

  async explain(_: string, fragment: Fragment): Promise<readonly string[]> {
    const { store } = this.#named(fragment.table);
    return store.executor.explain(store.readers, fragment);
  }

  async close(): Promise<void> {
    for (const { store } of this.#stores.values()) store.close();
    this.#stores.clear();
  }

  #named(table: string) {
    const held = this.#stores.get(table);
    assert(held !== undefined, `${table} was put`);
    return held;
  }
}
