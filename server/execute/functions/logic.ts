/** Three-valued logic: AND, OR, NOT and the tests for NULL and truth. */

import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { booleans } from "#server/execute/functions/compare";
import {
  type Call,
  intsOf,
  isNull,
  type Kernel,
  nullsOf,
  type Operand,
} from "#server/execute/functions/operand";
import { lowWords, setNull } from "#server/execute/functions/vectors";

/** One row's truth. */
const falsehood = 0;
const truth = 1;
const unknown = 2;

/** 0 false, 1 true, 2 NULL for each row. */
export function truthsOf(operand: Operand, rows: number): Uint8Array {
  const truths = new Uint8Array(rows);
  const { vector, mask } = operand;
  if (vector.type === "UNKNOWN") return truths.fill(unknown);
  const words = lowWords(intsOf(operand).values);
  for (let row = 0; row < rows; row++) truths[row] = words[2 * (row & mask)];
  const nulls = nullsOf(operand, rows);
  if (nulls !== null)
    for (let row = 0; row < rows; row++) if ((nulls[row >> 3] >> (row & 7)) & 1) truths[row] = unknown;
  return truths;
}

/** The BOOLEAN vector of such truths. */
export function vectorOfTruths(truths: Uint8Array): Vector {
  const rows = truths.length;
  const result = booleans(rows);
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < rows; row++) {
    if (truths[row] === truth) result.words[2 * row] = 1;
    else if (truths[row] === unknown) setNull((nulls ??= new Uint8Array((rows + 7) >> 3)), row);
  }
  return result.vector(nulls);
}

/** Joins one more operand's truths into those so far. */
export function joinTruths(name: "and" | "or", into: Uint8Array, more: Uint8Array): void {
  const decisive = name === "and" ? falsehood : truth;
  for (let row = 0; row < into.length; row++) {
    if (into[row] === decisive) continue;
    if (more[row] === decisive || more[row] === unknown) into[row] = more[row];
  }
}

/** Whether a row's answer can still change. */
export const isDecided = (name: "and" | "or", value: number): boolean =>
  value === (name === "and" ? falsehood : truth);

const not: Kernel = (call) => {
  const result = booleans(call.rows);
  const words = lowWords(intsOf(call.args[0]).values);
  for (let row = 0; row < call.rows; row++) result.words[2 * row] = words[2 * row] ^ 1;
  return result.vector(call.nulls as Uint8Array | null);
};

const nullTest =
  (wanted: boolean): Kernel =>
  (call) => {
    const result = booleans(call.rows);
    const [operand] = call.args;
    const always = operand.vector.type === "UNKNOWN";
    for (let row = 0; row < call.rows; row++)
      result.words[2 * row] = (always || isNull(operand, row)) === wanted ? 1 : 0;
    return result.vector(null);
  };

const truthTest =
  (wanted: number, expected: boolean): Kernel =>
  (call: Call) => {
    assert(call.args.length === 1, `${call.name} takes one argument`);
    const truths = truthsOf(call.args[0], call.rows);
    return vectorOfTruths(truths.map((value) => ((value === wanted) === expected ? truth : falsehood)));
  };

export const logicKernels: Readonly<Record<string, Kernel>> = {
  not,
  isNull: nullTest(true),
  isNotNull: nullTest(false),
  isTrue: truthTest(truth, true),
  isFalse: truthTest(falsehood, true),
  isNotTrue: truthTest(truth, false),
  isNotFalse: truthTest(falsehood, false),
};
