/**
 * Stages in arenas; schemas/stage.ts has the layout. One decode and append happen without a wait between them, so all
 * sinks of a thread share one stage an arena (and number of columns), and all of those one text area.
 */
import type { Limits } from "#schemas/limits";
import type { Stage, StageColumn } from "#schemas/stage";
import type { SharedArena } from "#server/arena/attach";

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The stages of one thread. */
export class Stages {
  readonly #limits: Pick<Limits, "stageRows" | "stageTextBytes">;
  readonly #stages = new Map<string, Stage>();
  readonly #texts = new Map<number, number>();

  constructor(limits: Pick<Limits, "stageRows" | "stageTextBytes">) {
    this.#limits = limits;
  }

  /** The stage for so many columns in an arena; MEMORY_BUDGET when it is new and the arena has no room. */
  in(arena: SharedArena, columns: number): Stage {
    const key = `${arena.index}/${columns}`;
    const known = this.#stages.get(key);
    if (known !== undefined) return known;
    const { stageRows: rows, stageTextBytes: textBytes } = this.#limits;
    const text = this.#texts.get(arena.index) ?? arena.allocate(textBytes, "stage");
    this.#texts.set(arena.index, text);
    const columnBytes = padded(rows) + rows * 8;
    const pointer = arena.allocate(columns * columnBytes + rows * 8, "stage");
    const places = Array.from({ length: columns }, (_, column): StageColumn => {
      const tags = pointer + column * columnBytes;
      return { tags, values: tags + padded(rows) };
    });
    const offsets = pointer + columns * columnBytes;
    const stage: Stage = { memory: arena.memory, rows, columns: places, offsets, text, textBytes };
    this.#stages.set(key, stage);
    return stage;
  }
}
