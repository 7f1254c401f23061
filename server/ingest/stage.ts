/** The stage of one sink in an arena's memory; schemas/stage.ts has its layout. */
import type { Limits } from "#schemas/limits";
import type { Stage, StageColumn } from "#schemas/stage";
import type { SharedArena } from "#server/arena/attach";

/** A stage with where it lies. */
export interface OwnStage {
  readonly stage: Stage;
  readonly arena: SharedArena;
  readonly pointer: number;
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Allocates a stage; MEMORY_BUDGET when the arena has no room. */
export function stageIn(
  arena: SharedArena,
  columns: number,
  limits: Pick<Limits, "stageRows" | "stageTextBytes">,
): OwnStage {
  const rows = limits.stageRows;
  const columnBytes = padded(rows) + rows * 8;
  const fixedBytes = columns * columnBytes + rows * 8;
  const pointer = arena.allocate(fixedBytes + limits.stageTextBytes, "stage");
  const places = Array.from({ length: columns }, (_, column): StageColumn => {
    const tags = pointer + column * columnBytes;
    return { tags, values: tags + padded(rows) };
  });
  const stage: Stage = {
    memory: arena.memory,
    rows,
    columns: places,
    offsets: pointer + columns * columnBytes,
    text: pointer + fixedBytes,
    textBytes: limits.stageTextBytes,
  };
  return { stage, arena, pointer };
}

export const freeStage = (stage: OwnStage): void => stage.arena.free(stage.pointer);
