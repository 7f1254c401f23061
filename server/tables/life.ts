/**
 * A table's life as a table of allowed steps. What the API calls its state is a projection of this, of its partitions
 * and of its segments (server/tables/describe.ts); nothing else says whether a table is there, consumes or commits.
 */
import { assert } from "#schemas/errors";

export type TableLife =
  /** Not acknowledged yet: in no list. */
  | { readonly kind: "creating" }
  /** Being made in the place of one that is there, so its name answers all the while. */
  | { readonly kind: "succeeding" }
  /** The process starts: its segments are known, its log is being replayed. */
  | { readonly kind: "recovering" }
  | { readonly kind: "running" }
  /** By the user's wish. */
  | { readonly kind: "paused" }
  /** Its stream could not be begun; sealed rows answer. */
  | { readonly kind: "halted"; readonly reason: string }
  /** Another server commits for it: no more commits of ours, the rows in hand stay readable. */
  | { readonly kind: "fenced"; readonly reason: string }
  /** Its rows go and another definition takes its place: it answers until that one is there. */
  | { readonly kind: "replacing" }
  /** In no list any more; what it has on disk goes. */
  | { readonly kind: "dropping" }
  | { readonly kind: "dropped" };

type Kind = TableLife["kind"];

const steps: Readonly<Record<Kind, readonly Kind[]>> = {
  creating: ["running", "paused", "fenced", "dropping"],
  succeeding: ["running", "paused", "fenced", "dropping"],
  recovering: ["running", "paused", "halted", "fenced", "dropping"],
  running: ["paused", "fenced", "replacing", "dropping"],
  paused: ["running", "fenced", "replacing", "dropping"],
  halted: ["fenced", "replacing", "dropping"],
  // There is no way back: the other owner would have to be fenced in turn, which a new start does.
  fenced: ["replacing", "dropping"],
  replacing: ["dropped"],
  dropping: ["dropped"],
  dropped: [],
};

/** Takes one step of a table's life. */
export function stepTable(from: TableLife, to: TableLife): TableLife {
  assert(steps[from.kind].includes(to.kind), `a table cannot go from ${from.kind} to ${to.kind}`);
  return to;
}

/** Whether its log is being replayed, or its stream begun. */
export const isBeginning = ({ kind }: TableLife): boolean =>
  kind === "creating" || kind === "succeeding" || kind === "recovering";

/** Whether queries, lists and pushes see it. */
export const isThere = ({ kind }: TableLife): boolean =>
  kind !== "creating" && kind !== "dropping" && kind !== "dropped";

/** Whether its segments may be sealed, merged and expired. */
export const isKept = ({ kind }: TableLife): boolean =>
  kind !== "replacing" && kind !== "dropping" && kind !== "dropped" && kind !== "fenced";

/** Whether it is going for good: what is written for it meanwhile is nobody's. */
export const isGoing = ({ kind }: TableLife): boolean =>
  kind === "replacing" || kind === "dropping" || kind === "dropped";

/** Why it takes no rows however one asks, or null. */
export const standstillOf = (life: TableLife): string | null =>
  life.kind === "halted" || life.kind === "fenced" ? life.reason : null;
