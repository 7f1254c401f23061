/**
 * Values inside JSON text, as they are written there.
 *
 * Path => $ (.name | ['name'] | [index])*
 */

import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import { isText } from "#schemas/functions/coerce";
import type { SqlType } from "#schemas/types";
import { castVector } from "#server/execute/functions/cast";
import { coalesce } from "#server/execute/functions/choose";
import { compactJson, follow, wholeValue } from "#server/execute/functions/json-text";
import {
  type Call,
  column,
  constantText,
  isNull,
  type Kernel,
  stringsOf,
} from "#server/execute/functions/operand";
import { prepared, runScalar, scalar } from "#server/execute/functions/scalar";
import { valueAt, vectorOf } from "#server/execute/functions/vectors";

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

/** The text's value; undefined when it is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the path leads to; undefined where there is nothing. */
function extract(text: string, steps: readonly Step[]): unknown {
  let value = parse(text);
  for (const step of steps) {
    if (typeof value !== "object" || value === null) return undefined;
    if (Array.isArray(value)) value = typeof step === "number" ? value.at(step) : undefined;
    else value = Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
  }
  return value;
}

/** A value that the path is known to lead to, as it is written. */
function written(text: string, steps: readonly Step[]): string {
  const { start, end } = follow(text, wholeValue(text), steps)!;
  return text.slice(start, end);
}

/**
 * The value at the path as text for a cast to a type: strings without quotes, the rest as it is written; null for NULL
 * and nothing. A number that the type takes from a double needs no look at its spelling.
 */
function plainText(text: string, steps: readonly Step[], type: SqlType): string | null {
  const value = extract(text, steps);
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value;
  const isHeld = typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER && value !== 0;
  if (typeof value === "boolean" || (isHeld && numbers.includes(type))) return String(value);
  return written(text, steps);
}

const numbers: readonly SqlType[] = ["INT", "LONG", "FLOAT", "DOUBLE"];

/** The value at the path as JSON, as it is written; null for nothing. */
const jsonText = (text: string, steps: readonly Step[]): string | null =>
  extract(text, steps) === undefined ? null : written(text, steps);

const castFound = (found: Vector, call: Call): Vector =>
  isText(call.type) ? { ...found, type: call.type } : castVector(found, call.type, call.context);

/** As a cast; what does not fit is NULL. */
function castOrNull(found: Vector, call: Call): Vector {
  try {
    return castFound(found, call);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
  const read = stringsOf(column(found));
  return runScalar({ ...call, args: [column(found)], nulls: found.nulls }, (row) => {
    try {
      return valueAt(castVector(vectorOf("STRING", [read(row)]), call.type, call.context), 0);
    } catch (error) {
      if (error instanceof StoreError) return null;
      throw error;
    }
  });
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
    return toJson ? jsonText(read(row), steps) : plainText(read(row), steps, call.type);
  });
  const otherwise = call.args[otherwiseAt];
  const values = otherwise === undefined ? castFound(found, call) : castOrNull(found, call);
  if (otherwise === undefined || values.nulls === null) return values;
  const fallback = { vector: castVector(otherwise.vector, call.type, call.context), mask: otherwise.mask };
  return coalesce(call.type, call.rows, [column(values), fallback]);
}

function format(text: string): string {
  if (parse(text) === undefined)
    throw new StoreError("VALUE_SYNTAX", `expected JSON, found "${text.slice(0, 64)}"`);
  return compactJson(text);
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
