/**
 * Whether a regular expression matches anywhere in a text: its states determined lazily, one table lookup a
 * character. The tables are dropped when they grow past a bound, so memory and time stay linear.
 */

import { serverBounds } from "#schemas/limits";
import {
  accepts,
  type CharacterClasses,
  classesOf,
  type Program,
} from "#server/execute/functions/regex-program";

interface State {
  /** Instructions waiting for a character, and end assertions not yet met. */
  readonly waiting: readonly number[];
  readonly isMatch: boolean;
  readonly isMatchAtEnd: boolean;
  /** Next state by class. */
  readonly next: (State | undefined)[];
}

const tableMax = serverBounds.regexTableEntries;

export class Searcher {
  readonly #program: Program;
  readonly #classes: CharacterClasses;
  #states = new Map<string, State>();
  #first: State | null = null;

  constructor(program: Program) {
    this.#program = program;
    this.#classes = classesOf(program);
  }

  /** Lines and words need the neighbouring characters, which these states do not know. */
  static runs(program: Program): boolean {
    return program.instructions.every(
      (instruction) =>
        instruction.kind !== "assertion" ||
        instruction.assertion === "start" ||
        instruction.assertion === "end",
    );
  }

  /** Follows everything that takes no character. */
  #closure(
    starts: Iterable<number>,
    options: { readonly atStart: boolean; readonly atEnd: boolean },
  ): Set<number> {
    const reached = new Set<number>();
    const open = [...starts];
    while (open.length > 0) {
      const at = open.pop()!;
      if (reached.has(at)) continue;
      reached.add(at);
      const instruction = this.#program.instructions[at];
      if (instruction.kind === "split") open.push(instruction.first, instruction.second);
      else if (instruction.kind === "jump") open.push(instruction.to);
      else if (instruction.kind === "save") open.push(at + 1);
      else if (instruction.kind === "assertion")
        if (instruction.assertion === "start" ? options.atStart : options.atEnd) open.push(at + 1);
    }
    return reached;
  }

  #has(reached: ReadonlySet<number>): boolean {
    return reached.has(this.#program.instructions.length - 1);
  }

  #state(starts: Iterable<number>, atStart: boolean): State {
    const reached = this.#closure(starts, { atStart, atEnd: false });
    const { instructions } = this.#program;
    const waiting = [...reached].filter((at) => {
      const instruction = instructions[at];
      return (
        instruction.kind === "characters" ||
        (instruction.kind === "assertion" && instruction.assertion === "end")
      );
    });
    waiting.sort((left, right) => left - right);
    const isMatch = this.#has(reached);
    const key = `${atStart ? "^" : ""}${isMatch ? "!" : ""}${waiting.join(",")}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size * this.#classes.count >= tableMax) {
      this.#states = new Map();
      this.#first = null;
    }
    const isMatchAtEnd = isMatch || this.#has(this.#closure(waiting, { atStart, atEnd: true }));
    const state: State = { waiting, isMatch, isMatchAtEnd, next: new Array(this.#classes.count) };
    this.#states.set(key, state);
    return state;
  }

  #step(state: State, characterClass: number): State {
    const point = this.#classes.samples[characterClass];
    const starts = [0];
    for (const at of state.waiting) if (accepts(this.#program.instructions[at], point)) starts.push(at + 1);
    const next = this.#state(starts, false);
    state.next[characterClass] = next;
    return next;
  }

  matches(text: string): boolean {
    let state = (this.#first ??= this.#state([0], true));
    for (let at = 0; at < text.length; at++) {
      if (state.isMatch) return true;
      let point = text.charCodeAt(at);
      if (point >= 0xd800 && point <= 0xdbff) {
        point = text.codePointAt(at)!;
        if (point > 0xffff) at++;
      }
      const characterClass = this.#classes.of(point);
      state = state.next[characterClass] ?? this.#step(state, characterClass);
    }
    return state.isMatchAtEnd;
  }
}
