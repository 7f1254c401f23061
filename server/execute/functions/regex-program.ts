/**
 * A regular expression as instructions for a machine that keeps all its states at once (Thompson), so time is
 * bounded by text × program, whatever the pattern. Also the equivalence classes of characters that the program tells
 * apart.
 */
import { StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { Assertion, Node, Parsed } from "#server/execute/functions/regex-parse";
import { type CharacterSet, contains } from "#server/execute/functions/regex-set";

export type Instruction =
  | { readonly kind: "characters"; readonly set: CharacterSet }
  /** Both go on; `first` is preferred. */
  | { readonly kind: "split"; readonly first: number; readonly second: number }
  | { readonly kind: "jump"; readonly to: number }
  | { readonly kind: "save"; readonly slot: number }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "match" };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

const instructionsMax = serverBounds.regexInstructions;

class Compiler {
  readonly instructions: Instruction[] = [];

  #add(instruction: Instruction): number {
    if (this.instructions.length >= instructionsMax)
      throw new StoreError("VALUE_SYNTAX", `a regular expression needs more than ${instructionsMax} steps`);
    return this.instructions.push(instruction) - 1;
  }

  /** Reserves a place for an instruction whose targets are not known yet. */
  #later(): number {
    return this.#add({ kind: "match" });
  }

  node(node: Node): void {
    switch (node.kind) {
      case "characters":
        this.#add({ kind: "characters", set: node.set });
        return;
      case "assertion":
        this.#add({ kind: "assertion", assertion: node.assertion });
        return;
      case "sequence":
        for (const part of node.nodes) this.node(part);
        return;
      case "choice":
        this.#choice(node.nodes);
        return;
      case "group":
        this.#add({ kind: "save", slot: 2 * node.index });
        this.node(node.node);
        this.#add({ kind: "save", slot: 2 * node.index + 1 });
        return;
      case "repeat":
        this.#repeat(node);
        return;
    }
  }

  #choice(nodes: readonly Node[]): void {
    const ends: number[] = [];
    nodes.forEach((node, at) => {
      if (at === nodes.length - 1) {
        this.node(node);
        return;
      }
      const split = this.#later();
      this.node(node);
      ends.push(this.#later());
      this.#split(split, { into: split + 1, past: this.instructions.length, greedy: true });
    });
    for (const end of ends) this.instructions[end] = { kind: "jump", to: this.instructions.length };
  }

  #split(at: number, way: { readonly into: number; readonly past: number; readonly greedy: boolean }): void {
    const [first, second] = way.greedy ? [way.into, way.past] : [way.past, way.into];
    this.instructions[at] = { kind: "split", first, second };
  }

  #repeat(repeat: Extract<Node, { kind: "repeat" }>): void {
    const { node, least, most, greedy } = repeat;
    for (let times = 0; times < least; times++) this.node(node);
    if (most === Number.POSITIVE_INFINITY) {
      const split = this.#later();
      this.node(node);
      this.#add({ kind: "jump", to: split });
      this.#split(split, { into: split + 1, past: this.instructions.length, greedy });
      return;
    }
    const splits: number[] = [];
    for (let times = least; times < most; times++) {
      splits.push(this.#later());
      this.node(node);
    }
    for (const split of splits)
      this.#split(split, { into: split + 1, past: this.instructions.length, greedy });
  }
}

export function compileProgram(parsed: Parsed): Program {
  const compiler = new Compiler();
  compiler.node(parsed.node);
  return {
    instructions: [...compiler.instructions, { kind: "match" }],
    groups: parsed.groups,
    names: parsed.names,
  };
}

/** Characters that no instruction tells apart share a class. */
export interface CharacterClasses {
  readonly count: number;
  of(point: number): number;
  /** One character of each class. */
  readonly samples: readonly number[];
}

export function classesOf(program: Program): CharacterClasses {
  const borders = new Set<number>([0]);
  for (const instruction of program.instructions)
    if (instruction.kind === "characters")
      for (const [first, last] of instruction.set) borders.add(first).add(last + 1);
  const samples = [...borders].sort((left, right) => left - right);
  const find = (point: number): number => {
    let [low, high] = [0, samples.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (samples[middle] <= point) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const small = Uint32Array.from({ length: 256 }, (_, point) => find(point));
  return { count: samples.length, samples, of: (point) => (point < 256 ? small[point] : find(point)) };
}

export const accepts = (instruction: Instruction, point: number): boolean =>
  instruction.kind === "characters" && contains(instruction.set, point);
