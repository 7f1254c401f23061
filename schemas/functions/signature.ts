/**
 * What a function's signature says. The tables beside this file hold one entry per function; `resolve.ts` picks and
 * checks them, SQL.md prints them, `server/execute/functions` implements them under the same canonical name.
 */
import { assert } from "#schemas/errors";
import type { SqlType, Value } from "#schemas/types";

/**
 * Which argument types a parameter takes, and to what others are cast:
 * any: everything as it is; number: as it is; integer: INT or LONG; double: cast to DOUBLE; text: cast to STRING;
 * boolean; time: TIMESTAMP, or LONG milliseconds; bytes; common: cast to the one type of all "common" arguments.
 */
export type Accepts =
  | "any"
  | "number"
  | "integer"
  | "double"
  | "text"
  | "boolean"
  | "time"
  | "bytes"
  | "common";

export interface Parameter {
  readonly name: string;
  readonly accepts: Accepts;
  readonly optional: boolean;
  /** The last parameter, any number of times (once at least unless optional). */
  readonly repeated: boolean;
  /** Must be a literal: its value decides the result type or how the function is prepared. */
  readonly literal: boolean;
}

/** An argument as the binder sees it: `literal` is present (possibly null) when it is a constant. */
export interface Argument {
  readonly type: SqlType;
  readonly literal?: Value;
  /** A number's text in the query, whose digits a double may not hold. */
  readonly written?: string;
  /** The literal got its type from a CAST, and keeps it. */
  readonly isCast?: boolean;
}

/** The arguments' types after their casts, with their literals. */
type ResultRule = SqlType | "first" | "common" | ((args: readonly Argument[]) => SqlType);

/** Types of result and of each argument after its cast, for functions whose parameters depend on one another. */
export type Typing = (args: readonly Argument[]) => {
  readonly type: SqlType;
  readonly arguments: readonly SqlType[];
} | null;

export type FunctionGroup = "operator" | "logic" | "number" | "text" | "time" | "json" | "bytes";

export interface Signature {
  /** Canonical: what an Expression's `name` holds. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: FunctionGroup;
  readonly parameters: readonly Parameter[];
  readonly result: ResultRule;
  /** Replaces the per-parameter casts and `result` when present. */
  readonly typing: Typing | null;
  /** False: depends on the query's moment (NOW). Constant within one query, never cached across queries. */
  readonly deterministic: boolean;
  /** True: any NULL argument makes the result NULL. */
  readonly strict: boolean;
  /** How it is written when that is not name(arguments). */
  readonly syntax: string | null;
  readonly doc: string;
  /** A call with literals, and its value as literals are printed; each one is run by a test. */
  readonly examples: readonly (readonly [call: string, result: string])[];
}

/** How the tables write a signature: what is left out has its usual value. */
export interface SignatureEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** "text: text, begin: integer, end?: integer", "unit: text!" for a literal, "values: common..." for repetition. */
  readonly parameters: string;
  readonly result: ResultRule;
  readonly typing?: Typing;
  readonly deterministic?: false;
  readonly strict?: false;
  readonly syntax?: string;
  readonly doc: string;
  readonly examples: readonly (readonly [call: string, result: string])[];
}

function parameterOf(text: string): Parameter {
  const match = /^(\w+)(\?)?: (\w+)(!)?(\.\.\.)?$/.exec(text.trim());
  assert(match, `not a parameter: ${text}`);
  return {
    name: match[1],
    accepts: match[3] as Accepts,
    optional: match[2] !== undefined,
    literal: match[4] !== undefined,
    repeated: match[5] !== undefined,
  };
}

/** A table's entries with their defaults filled in. */
export const signaturesOf = (
  group: FunctionGroup,
  entries: readonly SignatureEntry[],
): readonly Signature[] =>
  entries.map((entry) => ({
    name: entry.name,
    aliases: entry.aliases ?? [],
    group,
    parameters: entry.parameters === "" ? [] : entry.parameters.split(",").map(parameterOf),
    result: entry.result,
    typing: entry.typing ?? null,
    deterministic: entry.deterministic ?? true,
    strict: entry.strict ?? true,
    syntax: entry.syntax ?? null,
    doc: entry.doc,
    examples: entry.examples,
  }));

/** Names compare without case and underscores. */
export const plainName = (name: string): string => name.replaceAll("_", "").toLowerCase();
