/**
 * The first match of a regular expression in a short text, by backtracking that tries no (instruction, place)
 * twice: linear like the machine that keeps all states at once, and many times faster while the table of what was
 * tried is small. Preferences are the same, so both find the same match (BitState in Cox, "Regular Expression
 * Matching in the Wild", 2010).
 */

import { serverBounds } from "#schemas/limits";
import type { Assertion } from "#server/execute/functions/regex-parse";
import {
  accepts,
  type CharacterClasses,
  classesOf,
  type Program,
} from "#server/execute/functions/regex-program";

const triedMax = serverBounds.regexTriedStates;

const operation = { characters: 0, split: 1, jump: 2, save: 3, assertion: 4, match: 5 } as const;

export type Holds = (assertion: Assertion, text: string, at: number) => boolean;

export class Backtracker {
  private readonly program: Program;
  private readonly classes: CharacterClasses;
  private readonly holds: Holds;
  private readonly operations: Uint8Array;
  /** A split's preferred way, a jump's target, a save's slot; a split's other way. */
  private readonly first: Int32Array;
  private readonly second: Int32Array;
  /** By instruction and class of characters. */
  private readonly accepted: Uint8Array;
  private tried = new Uint32Array(1024);
  private generation = 0;
  /** Pairs to try: (instruction, place), or (−1 − slot, the value it had). */
  private readonly stack: number[] = [];

  constructor(program: Program, holds: Holds) {
    const { instructions } = program;
    this.program = program;
    this.holds = holds;
    this.classes = classesOf(program);
    this.operations = Uint8Array.from(instructions, ({ kind }) => operation[kind]);
    this.first = new Int32Array(instructions.length);
    this.second = new Int32Array(instructions.length);
    this.accepted = new Uint8Array(instructions.length * this.classes.count);
    instructions.forEach((instruction, at) => {
      if (instruction.kind === "split") {
        this.first[at] = instruction.first;
        this.second[at] = instruction.second;
      } else if (instruction.kind === "jump") this.first[at] = instruction.to;
      else if (instruction.kind === "save") this.first[at] = instruction.slot;
      else if (instruction.kind === "characters")
        this.classes.samples.forEach((sample, index) => {
          this.accepted[at * this.classes.count + index] = Number(accepts(instruction, sample));
        });
    });
  }

  /** Whether what is left of a text fits the table. */
  runs(characters: number): boolean {
    return (characters + 1) * this.operations.length <= triedMax;
  }

  /** The first match that starts at or after `from`. */
  find(text: string, from: number): Int32Array | null {
    const size = (text.length - from + 1) * this.operations.length;
    if (size > this.tried.length) {
      this.tried = new Uint32Array(Math.min(triedMax, size * 2));
      this.generation = 0;
    }
    // What was tried from one start need not be tried from the next: it failed.
    this.generation++;
    const slots = new Int32Array(2 * this.program.groups + 2).fill(-1);
    for (let start = from; start <= text.length; start++) {
      if (this.explore(text, start, from, slots)) {
        slots[0] = start;
        return slots;
      }
      if (text.charCodeAt(start) >= 0xd800 && text.codePointAt(start)! > 0xffff) start++;
    }
    return null;
  }

  private explore(text: string, start: number, from: number, slots: Int32Array): boolean {
    const { stack } = this;
    stack.length = 0;
    stack.push(0, start);
    while (stack.length > 0) {
      const at = stack.pop()!;
      const instruction = stack.pop()!;
      if (instruction < 0) slots[-1 - instruction] = at;
      else if (this.follow(text, { instruction, at, from }, slots)) return true;
    }
    return false;
  }

  /** One way until it matches or fails; what else could be tried is left on the stack. */
  private follow(
    text: string,
    begin: { readonly instruction: number; readonly at: number; readonly from: number },
    slots: Int32Array,
  ): boolean {
    const { operations, first, tried, generation, classes, accepted, stack } = this;
    const width = text.length - begin.from + 1;
    let { instruction, at } = begin;
    for (;;) {
      const entry = instruction * width + at - begin.from;
      if (tried[entry] === generation) return false;
      tried[entry] = generation;
      switch (operations[instruction]) {
        case operation.characters: {
          if (at >= text.length) return false;
          let point = text.charCodeAt(at);
          if (point >= 0xd800 && point <= 0xdbff) point = text.codePointAt(at)!;
          if (accepted[instruction * classes.count + classes.of(point)] === 0) return false;
          at += point > 0xffff ? 2 : 1;
          instruction++;
          break;
        }
        case operation.split:
          stack.push(this.second[instruction], at);
          instruction = first[instruction];
          break;
        case operation.jump:
          instruction = first[instruction];
          break;
        case operation.save: {
          const slot = first[instruction];
          stack.push(-1 - slot, slots[slot]);
          slots[slot] = at;
          instruction++;
          break;
        }
        case operation.assertion: {
          const asserted = this.program.instructions[instruction];
          if (asserted.kind !== "assertion" || !this.holds(asserted.assertion, text, at)) return false;
          instruction++;
          break;
        }
        default:
          slots[1] = at;
          return true;
      }
    }
  }
}
