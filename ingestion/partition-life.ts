/**
 * A partition's life as a table of allowed steps, and the state that is told of it. Whether its table is paused is the
 * table's wish (ingestion/host.ts); here is what the partition does.
 */
import type { PartitionStatus } from "#schemas/api/tables";
import { assert, type StoreError } from "#schemas/errors";

export type PartitionLife =
  /** Its log is being replayed, or its source has not been asked yet. */
  | { readonly kind: "starting" }
  | { readonly kind: "consuming" }
  /** By the user's wish. */
  | { readonly kind: "paused" }
  /** Memory or disk is short; it goes on by itself. */
  | { readonly kind: "waiting"; readonly error: StoreError }
  /** The source does not answer; it is asked again at that time of the monotonic clock. */
  | { readonly kind: "retrying"; readonly error: StoreError; readonly retryAtMs: number }
  /** Going on would mix or lose rows. */
  | { readonly kind: "stopped"; readonly error: StoreError }
  /** Its table is dropped, or the process ends. */
  | { readonly kind: "closed" };

type Kind = PartitionLife["kind"];

/** A partition that stopped begins again with its process, or when somebody says where. */
const steps: Readonly<Record<Kind, readonly Kind[]>> = {
  starting: ["consuming", "paused", "waiting", "retrying", "stopped", "closed"],
  consuming: ["paused", "waiting", "retrying", "stopped", "closed"],
  paused: ["consuming", "waiting", "retrying", "stopped", "closed"],
  waiting: ["consuming", "paused", "waiting", "retrying", "stopped", "closed"],
  retrying: ["consuming", "paused", "waiting", "retrying", "stopped", "closed"],
  stopped: ["starting", "closed"],
  closed: [],
};

/** Takes one step of a partition's life. */
export function stepPartition(from: PartitionLife, to: PartitionLife): PartitionLife {
  assert(steps[from.kind].includes(to.kind), `a partition cannot go from ${from.kind} to ${to.kind}`);
  return to;
}

/** What the API calls it: who waits for memory is paused, with the reason beside it. */
export function stateOf({ kind }: PartitionLife): PartitionStatus["state"] {
  switch (kind) {
    case "waiting":
      return "paused";
    case "closed":
      return "stopped";
    default:
      return kind;
  }
}

/** Why it does not go on, or null. */
export const errorOf = (life: PartitionLife): StoreError | null => ("error" in life ? life.error : null);
