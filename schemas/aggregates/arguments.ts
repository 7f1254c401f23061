/** Argument checks that several aggregates share; the messages say what was expected and what was found. */
import type { AggregateArgument, BoundAggregate } from "#schemas/aggregates/aggregate";
import { StoreError } from "#schemas/errors";
import { layoutOf, type SqlType, type Value } from "#schemas/types";

const refuse = (name: string, expected: string, found: string): never => {
  throw new StoreError("FUNCTION_ARGUMENTS", `${name.toUpperCase()} expects ${expected} but found ${found}`, {
    expected,
    found,
  });
};

/** Between `least` and `most` arguments. */
export function expectCount(
  name: string,
  args: readonly AggregateArgument[],
  range: { readonly least: number; readonly most: number },
): void {
  if (args.length >= range.least && args.length <= range.most) return;
  const wanted = range.least === range.most ? `${range.least}` : `${range.least} to ${range.most}`;
  refuse(name, `${wanted} argument${wanted === "1" ? "" : "s"}`, `${args.length}`);
}

const numberTypes: readonly SqlType[] = ["INT", "LONG", "FLOAT", "DOUBLE", "BIG_DECIMAL", "UNKNOWN"];

/** Argument `index` is a number (or a bare NULL). */
export function expectNumber(name: string, args: readonly AggregateArgument[], index: number): SqlType {
  const { type } = args[index];
  if (!numberTypes.includes(type)) refuse(name, `a number as argument ${index + 1}`, type);
  return type;
}

export function expectType(
  name: string,
  args: readonly AggregateArgument[],
  wanted: { readonly index: number; readonly types: readonly SqlType[] },
): SqlType {
  const { type } = args[wanted.index];
  if (type !== "UNKNOWN" && !wanted.types.includes(type)) {
    refuse(name, `${wanted.types.join(" or ")} as argument ${wanted.index + 1}`, type);
  }
  return type;
}

/** Argument `index` is a literal number within bounds; answers it as a double. */
export function literalNumber(
  name: string,
  args: readonly AggregateArgument[],
  wanted: { readonly index: number; readonly least: number; readonly most: number; readonly whole: boolean },
): number {
  const { literal } = args[wanted.index];
  const number = typeof literal === "bigint" || typeof literal === "string" ? Number(literal) : literal;
  const kind = wanted.whole ? "a whole number" : "a number";
  const expected = `${kind} from ${wanted.least} to ${wanted.most} as argument ${wanted.index + 1}`;
  if (typeof number !== "number" || !(number >= wanted.least && number <= wanted.most)) {
    return refuse(name, expected, literal === undefined ? "an expression" : String(literal));
  }
  if (wanted.whole && !Number.isInteger(number)) refuse(name, expected, String(literal));
  return number;
}

/** Argument `index` is a literal text; answers it. */
export function literalText(name: string, args: readonly AggregateArgument[], index: number): string {
  const { literal } = args[index];
  if (typeof literal === "string") return literal;
  return refuse(
    name,
    `a text literal as argument ${index + 1}`,
    literal === undefined ? "an expression" : String(literal),
  );
}

export const refuseArgument = refuse;

/** Integers (and a bare NULL, whose sum is a NULL LONG). */
export const isInteger = (type: SqlType): boolean => type === "INT" || type === "LONG" || type === "UNKNOWN";
export const isDouble = (type: SqlType): boolean => layoutOf(type) === "double";

export const bound = (
  name: string,
  columns: number,
  type: SqlType,
  parameters: readonly Value[] = [],
): BoundAggregate => ({ name, columns, type, parameters });
