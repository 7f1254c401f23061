/**
 * Which states a query's aggregates need: several aggregates of one argument share a slot (SUM, AVG, MIN,
 * MAX and COUNT of a column are one `full` state), and each aggregate remembers which slots answer it.
 */
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import { layoutOf, type SqlType } from "#schemas/types";
import { isConstantColumn } from "#server/execute/compile/segment-columns";

export type SlotSpec =
  | { readonly kind: "rows"; readonly filter: number }
  | { readonly kind: "count"; readonly argument: Expression; readonly filter: number }
  | {
      readonly kind: "ints" | "doubles";
      readonly argument: Expression;
      readonly filter: number;
      sum: boolean;
      extremes: boolean;
      /** The sum may leave 64 bits. */
      wide: boolean;
    }
  | { readonly kind: "distinct"; readonly argument: Expression; readonly filter: number }
  | {
      readonly kind: "registers";
      readonly argument: Expression;
      readonly filter: number;
      readonly precision: number;
    }
  | {
      readonly kind: "values";
      readonly argument: Expression;
      readonly filter: number;
      readonly percent: number;
    }
  | { readonly kind: "states"; readonly call: AggregateCall; readonly filter: number };

/** What an aggregate reads from its slot. */
interface Answer {
  readonly call: AggregateCall;
  readonly slot: number;
}

export interface Specs {
  readonly slots: readonly SlotSpec[];
  readonly answers: readonly Answer[];
  /** FILTER (WHERE) conditions. */
  readonly filters: readonly Expression[];
}

const sums: readonly string[] = ["sum", "avg"];
const extremes: readonly string[] = ["min", "max", "minMaxRange", "boolAnd", "boolOr"];

const isExactText = (type: SqlType): boolean => layoutOf(type) === "text";

export class SpecBuilder {
  private readonly slots: SlotSpec[] = [{ kind: "rows", filter: -1 }];
  private readonly filters: Expression[] = [];
  private readonly filterPlaces = new Map<string, number>();
  /** Places of slots that others may share, by what they hold. */
  private readonly places = new Map<string, number>();
  private readonly wideSum: (argument: Expression) => boolean;
  /** The argument has no NULL in any segment. */
  private readonly neverNull: (argument: Expression) => boolean;

  constructor(facts: {
    readonly wideSum: (argument: Expression) => boolean;
    readonly neverNull: (argument: Expression) => boolean;
  }) {
    this.wideSum = facts.wideSum;
    this.neverNull = facts.neverNull;
  }

  build(calls: readonly AggregateCall[]): Specs {
    // Counts go last: a sum of the same argument counts its rows anyway.
    const answers: Answer[] = [];
    const order = calls
      .map((_, index) => index)
      .sort((a, b) => Number(calls[a].name === "count") - Number(calls[b].name === "count"));
    for (const index of order) answers[index] = { call: calls[index], slot: this.slotFor(calls[index]) };
    return { slots: this.slots, answers, filters: this.filters };
  }

  private filterFor(call: AggregateCall): number {
    if (call.filter === null) return -1;
    const key = expressionKey(call.filter);
    const known = this.filterPlaces.get(key);
    if (known !== undefined) return known;
    this.filterPlaces.set(key, this.filters.length);
    return this.filters.push(call.filter) - 1;
  }

  private slotFor(call: AggregateCall): number {
    const filter = this.filterFor(call);
    if (call.name === "count") return this.countSlot(call, filter);
    const [argument] = call.args;
    const layout = argument === undefined ? "text" : layoutOf(argument.type);
    if (sums.includes(call.name) || extremes.includes(call.name)) {
      if (layout === "text") return this.add({ kind: "states", call, filter });
      return this.numberSlot(call.name, argument, filter);
    }
    switch (call.name) {
      case "distinctCount":
        return this.add({ kind: "distinct", argument, filter });
      case "distinctCountHll": {
        const precision = Number(call.parameters[0]);
        const stored = argument.kind === "column" && !isConstantColumn(argument.column);
        const exact = !stored && isExactText(argument.type);
        if (exact) return this.add({ kind: "states", call, filter });
        return this.add({ kind: "registers", argument, filter, precision });
      }
      case "percentile":
        if (layout === "text") return this.add({ kind: "states", call, filter });
        return this.add({ kind: "values", argument, filter, percent: Number(call.parameters[0]) });
      default:
        return this.add({ kind: "states", call, filter });
    }
  }

  private countSlot(call: AggregateCall, filter: number): number {
    const [argument] = call.args;
    if (argument === undefined || this.neverNull(argument)) {
      if (filter === -1) return 0;
      return this.shared(`rows ${filter}`, { kind: "rows", filter });
    }
    return this.shared(`any ${filter} ${expressionKey(argument)}`, { kind: "count", argument, filter });
  }

  private numberSlot(name: string, argument: Expression, filter: number): number {
    const kind = layoutOf(argument.type) === "double" ? "doubles" : "ints";
    const sum = sums.includes(name);
    const wide = sum && kind === "ints" && this.wideSum(argument);
    const key = `${filter} ${expressionKey(argument)}`;
    const place = this.shared(`${kind} ${wide} ${key}`, {
      kind,
      argument,
      filter,
      sum: false,
      extremes: false,
      wide,
    });
    const slot = this.slots[place];
    if (slot.kind === "ints" || slot.kind === "doubles") {
      if (sum) slot.sum = true;
      else slot.extremes = true;
    }
    // It counts its rows, too.
    if (!this.places.has(`any ${key}`)) this.places.set(`any ${key}`, place);
    return place;
  }

  /** The slot of that key; made if there is none yet. */
  private shared(key: string, slot: SlotSpec): number {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, this.slots.length);
    return this.add(slot);
  }

  private add(slot: SlotSpec): number {
    return this.slots.push(slot) - 1;
  }
}
