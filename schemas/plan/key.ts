/** Equality of bound expressions. */
import { schemaBounds } from "#schemas/limits";
import type { Expression } from "#schemas/plan/expression";
import { foldExpression } from "#schemas/plan/walk";
import type { Value } from "#schemas/types";

const keys = new WeakMap<Expression, string>();

/** Keys longer than this are told by their hash, or a chain's keys together would be as long as its square. */
const keyLengthMax = schemaBounds.expressionKeyChars;

function valueKey(value: Value): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Uint8Array) return `x${value.join(".")}`;
  return JSON.stringify(value);
}

const multipliers = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

/** 128 bits of a text, as 32 hexadecimal digits: four lanes that are mixed into each other at the end. */
function hash128(text: string): string {
  const [one, two, three, four] = multipliers;
  let a = text.length ^ one;
  let b = text.length ^ two;
  let c = text.length ^ three;
  let d = text.length ^ four;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    a = b ^ Math.imul(a ^ unit, one);
    b = c ^ Math.imul(b ^ unit, two);
    c = d ^ Math.imul(c ^ unit, three);
    d = a ^ Math.imul(d ^ unit, four);
  }
  const lanes: number[] = [a, b, c, d];
  for (let round = 0; round < 8; round++) {
    const at = round & 3;
    const next = Math.imul(lanes[at] ^ (lanes[at] >>> 15), multipliers[at]);
    lanes[at] = next ^ (next >>> 13);
    lanes[(at + 1) & 3] ^= lanes[at];
  }
  return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}

const bounded = (key: string): string => (key.length <= keyLengthMax ? key : `~${hash128(key)}`);

function keyOfNode(node: Expression, args: readonly string[]): string {
  switch (node.kind) {
    case "column":
      return `#${node.column}:${node.type}`;
    case "literal":
      return bounded(`${node.type}:${valueKey(node.value)}`);
    case "call":
      return bounded(`${node.name}:${node.type}(${args.join(",")})`);
  }
}

/** Equal for expressions that are the same tree over the same columns. */
export function expressionKey(expression: Expression): string {
  return foldExpression<string>(
    expression,
    (node, args) => {
      const key = keyOfNode(node, args);
      // A literal's is made faster than it is found.
      if (node.kind === "call") keys.set(node, key);
      return key;
    },
    (node) => (node.kind === "call" ? keys.get(node) : undefined),
  );
}
