/**
 * Values inside JSON text. Numbers with more digits than a double holds are read as they are written.
 *
 * Path => $ (.name | ['name'] | [index])*
 */

import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import { isText } from "#schemas/functions/coerce";
import { castVector } from "#server/execute/functions/cast";
import { coalesce } from "#server/execute/functions/choose";
import {
  type Call,
  column,
  constantText,
  isNull,
  type Kernel,
  stringsOf,
} from "#server/execute/functions/operand";
import { prepared, runScalar, scalar } from "#server/execute/functions/scalar";

type Step = string | number;

const stepPattern =
  /\.\s*([A-Za-z_$][\w$-]*|\*)|\[\s*(?:(-?\d+)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/gy;

/** The steps of a path; VALUE_SYNTAX with what is not understood. */
export function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  const start = path.startsWith("$") ? 1 : 0;
  const text = start === 1 ? path : `.${path}`;
  stepPattern.lastIndex = start;
  while (stepPattern.lastIndex < text.length) {
    const at = stepPattern.lastIndex;
    const match = stepPattern.exec(text);
    if (match === null || match[1] === "*")
      throw new StoreError("VALUE_SYNTAX", `expected a JSON path such as $.a.b[0], found "${path}" at ${at}`);
    const quoted = match[3] ?? match[4];
    if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(match[1] ?? quoted.replace(/\\(.)/g, "$1"));
  }
  return steps;
}

/** A number whose digits a double would lose, as it is written. */
const manyDigits = /\d{16}/;
const { rawJSON: raw, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

function parseExactly(text: string): unknown {
  const keep = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && manyDigits.test(context.source)
      ? raw(context.source)
      : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

function parse(text: string): unknown {
  try {
    return manyDigits.test(text) ? parseExactly(text) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the path leads to; undefined where there is nothing. */
function extract(text: string, steps: readonly Step[]): unknown {
  let value = parse(text);
  for (const step of steps) {
    if (typeof value !== "object" || value === null || isRawJSON(value)) return undefined;
    if (Array.isArray(value)) value = typeof step === "number" ? value.at(step) : undefined;
    else value = Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
  }
  return value;
}

/** A JSON value as text: strings without quotes, the rest as JSON; null for nothing. */
function plainText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The values at a constant path as the call's type, or the constant behind it. */
function extraction(call: Call, otherwiseAt: number): Vector {
  const [json] = call.args;
  const steps = parsePath(constantText(call, 1));
  const read = json.vector.type === "UNKNOWN" ? () => "" : stringsOf(json);
  const toJson = call.type === "JSON";
  const text: Call = { ...call, type: "STRING", args: [json], nulls: json.vector.nulls };
  const found = runScalar(text, (row) => {
    if (json.vector.type === "UNKNOWN" || isNull(json, row)) return null;
    const value = extract(read(row), steps);
    return toJson ? (value === undefined ? null : JSON.stringify(value)) : plainText(value);
  });
  const values = isText(call.type)
    ? { ...found, type: call.type }
    : castVector(found, call.type, call.context);
  const otherwise = call.args[otherwiseAt];
  if (otherwise === undefined || values.nulls === null) return values;
  const fallback = { vector: castVector(otherwise.vector, call.type, call.context), mask: otherwise.mask };
  return coalesce(call.type, call.rows, [column(values), fallback]);
}

function format(text: string): string {
  const value = parse(text);
  if (value === undefined)
    throw new StoreError("VALUE_SYNTAX", `expected JSON, found "${text.slice(0, 64)}"`);
  return JSON.stringify(value);
}

export const jsonKernels: Readonly<Record<string, Kernel>> = {
  jsonExtractScalar: (call) => extraction(call, 3),
  jsonPathString: (call) => extraction(call, 2),
  jsonPathLong: (call) => extraction(call, 2),
  jsonPathDouble: (call) => extraction(call, 2),
  jsonPathExists: prepared((call) => {
    const steps = parsePath(constantText(call, 1));
    return (text: string) => extract(text, steps) !== undefined;
  }),
  jsonFormat: scalar(format),
  isJson: scalar((text: string) => parse(text) !== undefined),
};
