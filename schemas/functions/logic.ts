/** Logic and NULL: AND, OR, NOT, CASE, COALESCE and the tests beside them; CAST. */
import { commonType, typeFor } from "#schemas/functions/coerce";
import { compared } from "#schemas/functions/operators";
import { type SignatureEntry, signaturesOf, type Typing } from "#schemas/functions/signature";

/** CASE: conditions at even places, values behind them, the last one alone is ELSE. */
const chosen: Typing = (args) => {
  const isCondition = (at: number) => at % 2 === 0 && at !== args.length - 1;
  const type = commonType(args.filter((_, at) => !isCondition(at)));
  if (type === null || args.length % 2 === 0) return null;
  if (args.some((argument, at) => isCondition(at) && typeFor("boolean", argument) === null)) return null;
  return { type, arguments: args.map((_, at) => (isCondition(at) ? "BOOLEAN" : type)) };
};

const nullable: Typing = (args) => {
  const common = compared(args);
  return common && { type: common.arguments[0], arguments: common.arguments };
};

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
    typing: nullable,
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

export const logicSignatures = signaturesOf("logic", logic);
