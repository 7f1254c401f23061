/**
 * Comparisons. Numbers compare by value (NaN equals itself and is greatest), text and bytes by their bytes, decimals
 * by value. Every operator is a row of one table: what it answers for less, equal and greater.
 */
import type { TextEntries } from "#schemas/batch";
import { compareDecimalTexts } from "#schemas/decimal";
import { hexOfBytes } from "#server/execute/functions/hex";
import {
  type Call,
  exactOf,
  intsOf,
  isConstant,
  isNull,
  type Kernel,
  type Operand,
  textOf,
} from "#server/execute/functions/operand";
import {
  entryBytes,
  entryText,
  type IntVector,
  isNullAt,
  lowWords,
  type TextVector,
} from "#server/execute/functions/vectors";

/** Answers for left < right, left = right, left > right. */
type Outcome = readonly [less: 0 | 1, equal: 0 | 1, greater: 0 | 1];

const outcomes = {
  equals: [0, 1, 0],
  notEquals: [1, 0, 1],
  lessThan: [1, 0, 0],
  lessThanOrEqual: [1, 1, 0],
  greaterThan: [0, 0, 1],
  greaterThanOrEqual: [0, 1, 1],
} as const satisfies Record<string, Outcome>;

/** −1, 0 or 1 for two numbers of which one may be NaN. */
export const compareNumbers = (left: number, right: number): number =>
  left < right ? -1 : left > right ? 1 : left === right ? 0 : +Number.isNaN(left) - +Number.isNaN(right);

/** −1, 0 or 1 by bytes. */
export function compareEntries(
  left: TextEntries,
  leftId: number,
  right: TextEntries,
  rightId: number,
): number {
  let [a, b] = [left.offsets[leftId], right.offsets[rightId]];
  const [aEnd, bEnd] = [left.offsets[leftId + 1], right.offsets[rightId + 1]];
  while (a < aEnd && b < bEnd) {
    const difference = left.bytes[a++] - right.bytes[b++];
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return a < aEnd ? 1 : b < bEnd ? -1 : 0;
}

/** A BOOLEAN vector and the words to write 0 or 1 to, at 2 · row. */
export function booleans(rows: number): {
  readonly words: Int32Array;
  vector(nulls: Uint8Array | null): IntVector;
} {
  const values = new BigInt64Array(rows);
  return {
    words: lowWords(values),
    vector: (nulls) => ({ kind: "int", type: "BOOLEAN", rows, values, nulls }),
  };
}

type NumberArray = Float64Array;

function writeNumbers(
  words: Int32Array,
  rows: number,
  [less, equal, greater]: Outcome,
  left: { readonly values: NumberArray; readonly mask: number },
  right: { readonly values: NumberArray; readonly mask: number },
): void {
  const [a, b] = [left.values, right.values];
  const answers = [less, equal, greater];
  for (let row = 0; row < rows; row++) {
    const x = a[row & left.mask];
    const y = b[row & right.mask];
    words[2 * row] = x < y ? less : x > y ? greater : x === y ? equal : answers[compareNumbers(x, y) + 1];
  }
}

function writeBigints(
  words: Int32Array,
  rows: number,
  outcome: Outcome,
  left: Operand,
  right: Operand,
): void {
  const [a, b] = [intsOf(left).values, intsOf(right).values];
  for (let row = 0; row < rows; row++) {
    const [x, y] = [a[row & left.mask], b[row & right.mask]];
    words[2 * row] = x < y ? outcome[0] : x > y ? outcome[2] : outcome[1];
  }
}

/** How two entries of the operands' type compare. */
export function entryOrder(left: TextVector, right: TextVector): (leftId: number, rightId: number) => number {
  if (left.type !== "BIG_DECIMAL")
    return (leftId, rightId) => compareEntries(left.entries, leftId, right.entries, rightId);
  return (leftId, rightId) =>
    compareDecimalTexts(entryText(left.entries, leftId), entryText(right.entries, rightId));
}

function writeTexts(words: Int32Array, rows: number, outcome: Outcome, left: Operand, right: Operand): void {
  const [a, b] = [textOf(left), textOf(right)];
  const order = entryOrder(a, b);
  const [varying, constantFirst] = isConstant(left) ? [right, true] : [left, false];
  const { ids, entries } = textOf(varying);
  if (isConstant(constantFirst ? left : right) && entries.count <= rows) {
    const known = new Uint8Array(entries.count);
    for (let id = 0; id < entries.count; id++)
      known[id] = outcome[(constantFirst ? order(a.ids[0], id) : order(id, b.ids[0])) + 1];
    for (let row = 0; row < rows; row++) words[2 * row] = known[ids[row & varying.mask]];
    return;
  }
  for (let row = 0; row < rows; row++)
    words[2 * row] = outcome[order(a.ids[row & left.mask], b.ids[row & right.mask]) + 1];
}

/** Writes the operator's answer for each row, whatever is NULL. */
function write(words: Int32Array, rows: number, outcome: Outcome, left: Operand, right: Operand): void {
  if (left.vector.kind === "text" && right.vector.kind === "text")
    writeTexts(words, rows, outcome, left, right);
  else if (left.vector.kind === "double" && right.vector.kind === "double")
    writeNumbers(
      words,
      rows,
      outcome,
      { values: left.vector.values, mask: left.mask },
      { values: right.vector.values, mask: right.mask },
    );
  else {
    const [a, b] = [exactOf(left), exactOf(right)];
    if (a === null || b === null) writeBigints(words, rows, outcome, left, right);
    else writeNumbers(words, rows, outcome, { values: a, mask: left.mask }, { values: b, mask: right.mask });
  }
}

const comparison =
  (outcome: Outcome): Kernel =>
  (call) => {
    const result = booleans(call.rows);
    write(result.words, call.rows, outcome, call.args[0], call.args[1]);
    return result.vector(call.nulls as Uint8Array | null);
  };

/** For each row 1 where both are equal (both NULL counts as equal), for IS [NOT] DISTINCT FROM and NULLIF. */
export function sameRows(call: Call): Uint8Array {
  const [left, right] = call.args;
  const same = new Uint8Array(call.rows);
  const unknown = left.vector.type === "UNKNOWN" || right.vector.type === "UNKNOWN";
  const { words } = booleans(call.rows);
  if (!unknown) write(words, call.rows, outcomes.equals, left, right);
  for (let row = 0; row < call.rows; row++) {
    const [a, b] = [isNull(left, row), isNull(right, row)];
    same[row] = a || b ? +(a && b) : words[2 * row];
  }
  return same;
}

const distinct =
  (wanted: 0 | 1): Kernel =>
  (call) => {
    const result = booleans(call.rows);
    const same = sameRows(call);
    for (let row = 0; row < call.rows; row++) result.words[2 * row] = same[row] === wanted ? 1 : 0;
    return result.vector(null);
  };

const between: Kernel = (call) => {
  const [value, low, high] = call.args;
  const [result, below] = [booleans(call.rows), booleans(call.rows)];
  write(result.words, call.rows, outcomes.greaterThanOrEqual, value, low);
  write(below.words, call.rows, outcomes.lessThanOrEqual, value, high);
  for (let row = 0; row < call.rows; row++) result.words[2 * row] &= below.words[2 * row];
  return result.vector(call.nulls as Uint8Array | null);
};

/** Constant choices of integers or doubles, ascending (NaN last), with the values to look up; or null. */
function numberChoices(call: Call): { readonly values: Float64Array; readonly choices: Float64Array } | null {
  const [value, ...choices] = call.args;
  const known = choices.filter((choice) => choice.vector.type !== "UNKNOWN" && !isNull(choice, 0));
  if (value.vector.kind === "text" || !choices.every(isConstant)) return null;
  const values = value.vector.kind === "double" ? value.vector.values : exactOf(value);
  const numbers = known.map((choice) =>
    choice.vector.kind === "double"
      ? choice.vector.values
      : choice.vector.kind === "int"
        ? exactOf(choice)
        : null,
  );
  if (values === null || numbers.includes(null)) return null;
  return { values, choices: Float64Array.from(numbers, (number) => number![0]).sort() };
}

/** Whether one of the ascending choices is this value. */
function isChosen(choices: Float64Array, value: number): boolean {
  let [low, high] = [0, choices.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNumbers(choices[middle], value) < 0) low = middle + 1;
    else high = middle;
  }
  return high >= 0 && compareNumbers(choices[low], value) === 0;
}

/** Marks the rows whose text is one of the constant choices; each entry is looked up once. */
function writeTextChoices(call: Call, words: Int32Array): boolean {
  const [value, ...choices] = call.args;
  const { vector, mask } = value;
  if (vector.kind !== "text" || choices.length < 4 || !choices.every(isConstant)) return false;
  const key = (from: TextVector, id: number): string =>
    from.type === "BYTES" ? hexOfBytes(entryBytes(from.entries, id)) : entryText(from.entries, id);
  const wanted = new Set<string>();
  for (const choice of choices)
    if (choice.vector.kind === "text" && !isNull(choice, 0))
      wanted.add(key(choice.vector, choice.vector.ids[0]));
  const known = new Int8Array(vector.entries.count).fill(-1);
  for (let row = 0; row < call.rows; row++) {
    const id = vector.ids[row & mask];
    if (isNull(value, row)) continue;
    if (known[id] < 0) known[id] = wanted.has(key(vector, id)) ? 1 : 0;
    words[2 * row] = known[id];
  }
  return true;
}

const isIn: Kernel = (call) => {
  const [value, ...choices] = call.args;
  const { words, vector } = booleans(call.rows);
  const numbers = numberChoices(call);
  if (value.vector.type === "UNKNOWN") return vector(new Uint8Array((call.rows + 7) >> 3).fill(255));
  if (numbers !== null)
    for (let row = 0; row < call.rows; row++)
      words[2 * row] = +isChosen(numbers.choices, numbers.values[row & value.mask]);
  else if (!writeTextChoices(call, words))
    for (const choice of choices) {
      if (choice.vector.type === "UNKNOWN") continue;
      const hits = booleans(call.rows);
      write(hits.words, call.rows, outcomes.equals, value, choice);
      for (let row = 0; row < call.rows; row++)
        words[2 * row] |= isNullAt(choice.vector.nulls, row & choice.mask) ? 0 : hits.words[2 * row];
    }
  return vector(nullsOfIn(call, words));
};

/** NULL where the value is, or where nothing was equal and a choice is NULL. Answers there become 0. */
function nullsOfIn(call: Call, words: Int32Array): Uint8Array | null {
  const [value, ...choices] = call.args;
  const suspects = choices.filter(
    (choice) => choice.vector.nulls !== null || choice.vector.type === "UNKNOWN",
  );
  if (value.vector.nulls === null && suspects.length === 0) return null;
  const nulls = new Uint8Array((call.rows + 7) >> 3);
  for (let row = 0; row < call.rows; row++) {
    const missing = suspects.some((choice) => choice.vector.type === "UNKNOWN" || isNull(choice, row));
    if (isNull(value, row)) words[2 * row] = 0;
    else if (words[2 * row] === 1 || !missing) continue;
    nulls[row >> 3] |= 1 << (row & 7);
  }
  return nulls;
}

export const compareKernels: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(outcomes).map(([name, outcome]) => [name, comparison(outcome)])),
  between,
  in: isIn,
  isDistinctFrom: distinct(0),
  isNotDistinctFrom: distinct(1),
};
