/** Which servers a fragment goes to. */
import type { Snapshot, SnapshotPart } from "#broker/snapshot";

export type HeldPart = Extract<SnapshotPart, { kind: "held" }>;

export interface Route {
  readonly targets: readonly HeldPart[];
  /** One server holds every row: it may cut to the top. */
  readonly sole: boolean;
}

/** Servers with rows; one of the others when none has any, for its statistics and types. */
export function route(snapshot: Snapshot): Route {
  const held = snapshot.parts.filter((part) => part.kind === "held");
  const withRows = held.filter(({ info }) => info.rows > 0);
  const targets = withRows.length > 0 ? withRows : held.slice(0, 1);
  return { targets, sole: targets.length === 1 && held.length === snapshot.parts.length };
}
