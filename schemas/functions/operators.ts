/** Operators: what the parser's symbols become. */
import { comparisonType, isFloating, isInteger, typeFor } from "#schemas/functions/coerce";
import { type Argument, type SignatureEntry, signaturesOf, type Typing } from "#schemas/functions/signature";
import type { SqlType } from "#schemas/types";

/** Two or more values of one type, compared. */
export const compared: Typing = (args) => {
  const common = comparisonType(args);
  return common === null ? null : { type: "BOOLEAN", arguments: args.map(() => common) };
};

function numberTypes(args: readonly Argument[]): readonly SqlType[] | null {
  const types = args.map((argument) => typeFor("number", argument));
  return types.includes(null) ? null : (types as readonly SqlType[]);
}

/** BIG_DECIMAL if any is, else DOUBLE if any is floating, else LONG: INT arithmetic cannot overflow unseen. */
const arithmeticType = (types: readonly SqlType[]): SqlType =>
  types.includes("BIG_DECIMAL") ? "BIG_DECIMAL" : types.some(isFloating) ? "DOUBLE" : "LONG";

const uniform = (args: readonly Argument[], floor: (type: SqlType) => SqlType): ReturnType<Typing> => {
  const types = numberTypes(args);
  if (types === null) return null;
  const type = floor(arithmeticType(types));
  return { type, arguments: types.map((own) => (type === "LONG" && isInteger(own) ? own : type)) };
};

const arithmetic: Typing = (args) => uniform(args, (type) => type);
const quotient: Typing = (args) => uniform(args, (type) => (type === "LONG" ? "DOUBLE" : type));

/** A DATE plus or minus days is a DATE; two DATEs apart are days. Null when this is no arithmetic of dates. */
function dateSum(name: "plus" | "minus", [left, right]: readonly Argument[]): ReturnType<Typing> {
  const whole = (argument: Argument) =>
    typeFor("integer", argument) !== null && argument.type !== "TIMESTAMP";
  if (left.type === "DATE" && right.type === "DATE")
    return name === "minus" ? { type: "LONG", arguments: ["DATE", "DATE"] } : null;
  if (left.type === "DATE" && whole(right)) return { type: "DATE", arguments: ["DATE", "LONG"] };
  if (name === "plus" && right.type === "DATE" && whole(left))
    return { type: "DATE", arguments: ["LONG", "DATE"] };
  return null;
}

/** A time plus or minus milliseconds is a time; two times apart are milliseconds. */
const sum =
  (name: "plus" | "minus"): Typing =>
  (args) => {
    const whole = (at: number) => typeFor("integer", args[at]) !== null && args[at].type !== "TIMESTAMP";
    const dates = args.length === 2 ? dateSum(name, args) : null;
    if (dates !== null) return dates;
    const times = args.filter(({ type }) => type === "TIMESTAMP" || type === "DATE").length;
    if (args.length !== 2 || times === 0) return arithmetic(args);
    if (times === 2) return name === "minus" ? { type: "LONG", arguments: ["TIMESTAMP", "TIMESTAMP"] } : null;
    if (args[0].type === "TIMESTAMP" && whole(1))
      return { type: "TIMESTAMP", arguments: ["TIMESTAMP", "LONG"] };
    if (name === "plus" && whole(0)) return { type: "TIMESTAMP", arguments: ["LONG", "TIMESTAMP"] };
    return arithmetic(args);
  };

const negated: Typing = (args) => {
  const type = typeFor("number", args[0]);
  if (type === null) return null;
  const result = type === "INT" ? "LONG" : type;
  return { type: result, arguments: [type] };
};

const operators: readonly SignatureEntry[] = [
  {
    name: "equals",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "left = right",
    doc: "True when both are the same value. NaN equals itself; text compares by its UTF-8 bytes.",
    examples: [
      ["equals(2, 2.0)", "true"],
      ["equals('a', NULL)", "NULL"],
    ],
  },
  {
    name: "notEquals",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "left <> right",
    doc: "True when both are different values.",
    examples: [["notEquals('a', 'A')", "true"]],
  },
  {
    name: "lessThan",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "left < right",
    doc: "True when left comes before right; NaN comes after every number.",
    examples: [["lessThan(DECIMAL '9.5', 10)", "true"]],
  },
  {
    name: "lessThanOrEqual",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "left <= right",
    doc: "True when left does not come after right.",
    examples: [["lessThanOrEqual(TIMESTAMP '2026-01-01 00:00:00', '2026-01-01')", "true"]],
  },
  {
    name: "greaterThan",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "left > right",
    doc: "True when left comes after right.",
    examples: [["greaterThan('b', 'aa')", "true"]],
  },
  {
    name: "greaterThanOrEqual",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "left >= right",
    doc: "True when left does not come before right.",
    examples: [["greaterThanOrEqual(1, 1.5)", "false"]],
  },
  {
    name: "between",
    parameters: "value: any, low: any, high: any",
    result: "BOOLEAN",
    typing: compared,
    syntax: "value BETWEEN low AND high",
    doc: "True when low <= value and value <= high.",
    examples: [["between(5, 1, 5)", "true"]],
  },
  {
    name: "in",
    parameters: "value: any, choices: any...",
    result: "BOOLEAN",
    typing: compared,
    strict: false,
    syntax: "value IN (choice, …)",
    doc: "True when value equals a choice; NULL when it equals none and one of them is NULL.",
    examples: [
      ["in(2, 1, 2)", "true"],
      ["in(3, 1, NULL)", "NULL"],
    ],
  },
  {
    name: "plus",
    aliases: ["add"],
    parameters: "left: any, right: any...",
    result: "LONG",
    typing: sum("plus"),
    syntax: "left + right",
    doc: "Sum. Integers give LONG and fail on overflow; a TIMESTAMP plus an integer moves it by milliseconds, a DATE by days.",
    examples: [
      ["plus(1, 2)", "3"],
      ["plus(DECIMAL '0.1', DECIMAL '0.2')", "DECIMAL '0.3'"],
    ],
  },
  {
    name: "minus",
    aliases: ["sub", "subtract"],
    parameters: "left: any, right: any",
    result: "LONG",
    typing: sum("minus"),
    syntax: "left - right",
    doc: "Difference. Two TIMESTAMPs give the milliseconds between them, two DATEs the days.",
    examples: [["minus(TIMESTAMP '2026-01-01 00:00:01', TIMESTAMP '2026-01-01 00:00:00')", "1000"]],
  },
  {
    name: "times",
    aliases: ["mult", "multiply"],
    parameters: "left: any, right: any...",
    result: "LONG",
    typing: arithmetic,
    syntax: "left * right",
    doc: "Product. Integers give LONG and fail on overflow.",
    examples: [["times(3, 1.5)", "4.5"]],
  },
  {
    name: "divide",
    parameters: "left: any, right: any",
    result: "DOUBLE",
    typing: quotient,
    syntax: "left / right",
    doc: "Quotient, DOUBLE (BIG_DECIMAL of BIG_DECIMALs, 34 digits). A DOUBLE by zero is ±Infinity or NaN.",
    examples: [
      ["divide(5, 2)", "2.5"],
      ["divide(1, 0)", "Infinity"],
    ],
  },
  {
    name: "mod",
    aliases: ["modulo"],
    parameters: "left: any, right: any",
    result: "LONG",
    typing: arithmetic,
    syntax: "left % right",
    doc: "Remainder, with the sign of left. An integer by zero is an error.",
    examples: [["mod(-7, 3)", "-1"]],
  },
  {
    name: "negate",
    parameters: "value: any",
    result: "LONG",
    typing: negated,
    syntax: "-value",
    doc: "The value with its sign turned.",
    examples: [["negate(3)", "-3"]],
  },
  {
    name: "concatenate",
    parameters: "left: text, right: text...",
    result: "STRING",
    syntax: "left || right",
    doc: "Texts one after the other; NULL when one is NULL.",
    examples: [["concatenate('a', 'b')", "'ab'"]],
  },
];

export const operatorSignatures = signaturesOf("operator", operators);
