/**
 * What an aggregate is. One file each says everything about it but the hot loop: which arguments it takes, what it
 * answers, how its state lies in bytes, how states merge and finish. `server/execute` has faster updates over arenas
 * that must agree with `update` here.
 *
 * Invariants: merge(update(a), update(b)) = update(a ++ b) when b's rows come after a's; a group without rows is
 * NULL (COUNT: 0); NULL arguments are skipped. States are little-endian, merged in the order the caller gives.
 */
import type { Vector } from "#schemas/batch";
import type { States } from "#schemas/plan/server-client";
import type { Stepwise } from "#schemas/turns";
import type { SqlType, Value } from "#schemas/types";

/** An argument as the binder sees it. */
export interface AggregateArgument {
  readonly type: SqlType;
  /** Written only when the argument is a literal. */
  readonly literal?: Value;
}

/** What the binder needs to make an AggregateCall: the first `columns` arguments stay expressions. */
export interface BoundAggregate {
  readonly name: string;
  readonly columns: number;
  readonly parameters: readonly Value[];
  readonly type: SqlType;
}

/** A call, as far as states are concerned. */
export interface StateCall {
  readonly name: string;
  readonly args: readonly { readonly type: SqlType }[];
  readonly parameters: readonly Value[];
  readonly type: SqlType;
}

type StateLayout = { readonly kind: "fixed"; readonly stateBytes: number } | { readonly kind: "variable" };

/** The states of many groups, growing: what merges at the broker, and the generic update of a server. */
export interface Accumulator {
  readonly groups: number;
  /** Makes room for groups 0 … groups − 1; new ones are empty. Never shrinks. */
  resize(groups: number): void;
  /** Adds rows 0 … rows − 1 of the arguments to groups gids[row]; null: all to group 0. */
  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void;
  /** Merges state i into group targets[i] (null: i). Throws FRAME_CORRUPT for bytes that are no states. */
  merge(from: States, targets: Uint32Array | null): void;
  /**
   * The states of the groups listed (null: all), in that order. `final`: nobody will merge them any more, so sets and
   * lists may shrink to their answer; a merge into an empty group and `finish` still work.
   */
  states(groups: Uint32Array | null, options: { readonly final: boolean }): States;
  /** The answers of the groups listed (null: all), in that order. */
  finish(groups: Uint32Array | null): Vector;
  /**
   * Where finishing takes long: finds the answers of the groups listed (null: all) in steps; `finish` and final `states`
   * then have them at hand.
   */
  settle?(groups: Uint32Array | null): Stepwise;
  /** Memory held, about. */
  bytes(): number;
}

export interface Aggregate {
  /** Canonical, as AggregateCall.name has it. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly documentation: string;
  readonly example: string;
  /** Version of the state bytes. */
  readonly version: number;
  /** Checks the arguments; throws FUNCTION_ARGUMENTS. */
  bind(args: readonly AggregateArgument[]): BoundAggregate;
  layout(call: StateCall): StateLayout;
  accumulator(call: StateCall): Accumulator;
}
