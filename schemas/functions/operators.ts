/** Operators and logic: what the parser's symbols become, and the functions beside them. */
import {
  commonType,
  comparisonType,
  isFloating,
  isInteger,
  isNumber,
  typeFor,
} from "#schemas/functions/coerce";
import { type Argument, type SignatureEntry, signaturesOf, type Typing } from "#schemas/functions/signature";
import type { SqlType } from "#schemas/types";

const compared: Typing = (args) => {
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

/** A time plus or minus milliseconds is a time; two times apart are milliseconds. */
const sum =
  (name: "plus" | "minus"): Typing =>
  (args) => {
    const whole = (at: number) => typeFor("integer", args[at]) !== null && args[at].type !== "TIMESTAMP";
    const times = args.filter((argument) => argument.type === "TIMESTAMP").length;
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

/** CASE: conditions at even places, values behind them, the last one alone is ELSE. */
const chosen: Typing = (args) => {
  const isCondition = (at: number) => at % 2 === 0 && at !== args.length - 1;
  const type = commonType(args.filter((_, at) => !isCondition(at)));
  if (type === null || args.length % 2 === 0) return null;
  if (args.some((argument, at) => isCondition(at) && typeFor("boolean", argument) === null)) return null;
  return { type, arguments: args.map((_, at) => (isCondition(at) ? "BOOLEAN" : type)) };
};

const firstOfCommon: Typing = (args) => {
  const common = comparisonType(args);
  return common === null ? null : { type: args[0].type, arguments: args.map(() => common) };
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
    doc: "Sum. Integers give LONG and fail on overflow; a TIMESTAMP plus an integer moves it by milliseconds.",
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
    doc: "Difference. Two TIMESTAMPs give the milliseconds between them.",
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

const logic: readonly SignatureEntry[] = [
  {
    name: "and",
    parameters: "left: boolean, right: boolean...",
    result: "BOOLEAN",
    strict: false,
    syntax: "left AND right",
    doc: "False when one is false, else NULL when one is NULL, else true.",
    examples: [["and(NULL, false)", "false"]],
  },
  {
    name: "or",
    parameters: "left: boolean, right: boolean...",
    result: "BOOLEAN",
    strict: false,
    syntax: "left OR right",
    doc: "True when one is true, else NULL when one is NULL, else false.",
    examples: [["or(NULL, true)", "true"]],
  },
  {
    name: "not",
    parameters: "value: boolean",
    result: "BOOLEAN",
    syntax: "NOT value",
    doc: "The opposite; NULL stays NULL.",
    examples: [["not(true)", "false"]],
  },
  {
    name: "isNull",
    parameters: "value: any",
    result: "BOOLEAN",
    strict: false,
    syntax: "value IS NULL",
    doc: "True when the value is NULL.",
    examples: [["isNull(NULL)", "true"]],
  },
  {
    name: "isNotNull",
    parameters: "value: any",
    result: "BOOLEAN",
    strict: false,
    syntax: "value IS NOT NULL",
    doc: "True when the value is not NULL.",
    examples: [["isNotNull('')", "true"]],
  },
  {
    name: "isTrue",
    parameters: "value: boolean",
    result: "BOOLEAN",
    strict: false,
    syntax: "value IS TRUE",
    doc: "True when the value is true, false when it is false or NULL.",
    examples: [["isTrue(NULL)", "false"]],
  },
  {
    name: "isFalse",
    parameters: "value: boolean",
    result: "BOOLEAN",
    strict: false,
    syntax: "value IS FALSE",
    doc: "True when the value is false, false when it is true or NULL.",
    examples: [["isFalse(false)", "true"]],
  },
  {
    name: "isNotTrue",
    parameters: "value: boolean",
    result: "BOOLEAN",
    strict: false,
    syntax: "value IS NOT TRUE",
    doc: "True when the value is false or NULL.",
    examples: [["isNotTrue(NULL)", "true"]],
  },
  {
    name: "isNotFalse",
    parameters: "value: boolean",
    result: "BOOLEAN",
    strict: false,
    syntax: "value IS NOT FALSE",
    doc: "True when the value is true or NULL.",
    examples: [["isNotFalse(false)", "false"]],
  },
  {
    name: "isDistinctFrom",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    strict: false,
    syntax: "left IS DISTINCT FROM right",
    doc: "As <>, but NULL equals NULL and nothing else.",
    examples: [["isDistinctFrom(1, NULL)", "true"]],
  },
  {
    name: "isNotDistinctFrom",
    parameters: "left: any, right: any",
    result: "BOOLEAN",
    typing: compared,
    strict: false,
    syntax: "left IS NOT DISTINCT FROM right",
    doc: "As =, but NULL equals NULL and nothing else.",
    examples: [["isNotDistinctFrom(NULL, NULL)", "true"]],
  },
  {
    name: "case",
    parameters: "condition: any, value: any, others: any...",
    result: "UNKNOWN",
    typing: chosen,
    strict: false,
    syntax: "CASE WHEN condition THEN value … ELSE value END",
    doc: "The value behind the first true condition, else the last value. Values not chosen cannot fail.",
    examples: [["case(false, 1, NULL, 2, 3)", "3"]],
  },
  {
    name: "coalesce",
    aliases: ["ifNull", "nvl"],
    parameters: "values: common...",
    result: "common",
    strict: false,
    doc: "The first value that is not NULL.",
    examples: [["coalesce(NULL, 2, 3)", "2"]],
  },
  {
    name: "nullIf",
    parameters: "value: any, unwanted: any",
    result: "UNKNOWN",
    typing: (args) => {
      const common = firstOfCommon(args);
      return common && { type: common.arguments[0], arguments: common.arguments };
    },
    strict: false,
    doc: "NULL when both are equal, else the value.",
    examples: [
      ["nullIf('', '')", "NULL"],
      ["nullIf(1, 2)", "1"],
    ],
  },
  {
    name: "least",
    parameters: "values: common...",
    result: "common",
    strict: false,
    doc: "The smallest value; NULLs are left out.",
    examples: [["least(3, 1, NULL)", "1"]],
  },
  {
    name: "greatest",
    parameters: "values: common...",
    result: "common",
    strict: false,
    doc: "The largest value; NULLs are left out.",
    examples: [["greatest('a', 'b')", "'b'"]],
  },
  {
    name: "cast",
    parameters: "value: any",
    result: "first",
    syntax: "CAST(value AS type)",
    doc:
      "The value as INT, LONG (BIGINT), FLOAT, DOUBLE, DECIMAL, BOOLEAN, TIMESTAMP, DATE, STRING (VARCHAR), JSON or " +
      "BYTES. Numbers lose their fraction towards zero; what does not fit is an error.",
    examples: [
      ["CAST('12' AS INT)", "12"],
      ["CAST(2.9 AS LONG)", "2"],
      ["CAST(TIMESTAMP '2026-01-02 03:04:05' AS STRING)", "'2026-01-02 03:04:05.0'"],
      ["CAST(12.0 AS STRING)", "'12.0'"],
    ],
  },
];

export const operatorSignatures = [...signaturesOf("operator", operators), ...signaturesOf("logic", logic)];

/** The type of the result of + - * over these types: SUM and AVG share the rule. */
export const arithmeticResult = (types: readonly SqlType[]): SqlType | null =>
  types.every(isNumber) ? arithmeticType(types) : null;
