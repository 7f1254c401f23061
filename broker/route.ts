/** Which servers a fragment goes to. */
import { type HeldPart, partsWith, type Snapshot } from "#broker/snapshot";
import { momentIn } from "#schemas/plan/snapshot";

export interface Route {
  readonly targets: readonly HeldPart[];
  /** One server holds every row: it may cut to the top. */
  readonly sole: boolean;
}

/** Servers with rows of the table; one of the others when none has any, for its statistics and types. */
export function route(snapshot: Snapshot, table: string): Route {
  const held = partsWith(snapshot, table);
  const withRows = held.filter(({ info }) => (momentIn(info, table)?.rows ?? 0) > 0);
  const targets = withRows.length > 0 ? withRows : held.slice(0, 1);
  return { targets, sole: targets.length === 1 && held.length === snapshot.parts.length };
}
