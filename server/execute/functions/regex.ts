/**
 * Regular expressions in linear time. `Regex.test` runs determined states; `find` backtracks over short texts, trying
 * nothing twice, and over long ones keeps the places of groups for all states at once (Pike).
 */

import { serverBounds } from "#schemas/limits";
import { Backtracker } from "#server/execute/functions/regex-backtrack";
import { type Assertion, parseRegex } from "#server/execute/functions/regex-parse";
import { accepts, compileProgram, type Program } from "#server/execute/functions/regex-program";
import { Searcher } from "#server/execute/functions/regex-search";
import { contains, wordCharacters } from "#server/execute/functions/regex-set";

/** Places in the text: [start, end) of the match, then of each group; −1 where a group took no part. */
export type Match = Int32Array;

interface Threads {
  readonly places: number[];
  readonly slots: Int32Array[];
  /** The generation in which each instruction was last reached. */
  readonly seen: Float64Array;
  generation: number;
}

const isWordAt = (text: string, at: number): boolean =>
  at >= 0 && at < text.length && contains(wordCharacters, text.charCodeAt(at));

const isNewlineAt = (text: string, at: number): boolean => /[\n\r\u2028\u2029]/.test(text[at] ?? "");

function holds(assertion: Assertion, text: string, at: number): boolean {
  switch (assertion) {
    case "start":
      return at === 0;
    case "end":
      return at === text.length;
    case "lineStart":
      return at === 0 || isNewlineAt(text, at - 1);
    case "lineEnd":
      return at === text.length || isNewlineAt(text, at);
    case "word":
      return isWordAt(text, at - 1) !== isWordAt(text, at);
    case "notWord":
      return isWordAt(text, at - 1) === isWordAt(text, at);
  }
}

export class Regex {
  readonly #program: Program;
  readonly #searcher: Searcher | null;
  readonly #backtracker: Backtracker;
  #now: Threads;
  #next: Threads;

  constructor(pattern: string, flags: string) {
    this.#program = compileProgram(parseRegex(pattern, flags));
    this.#searcher = Searcher.runs(this.#program) ? new Searcher(this.#program) : null;
    this.#backtracker = new Backtracker(this.#program, holds);
    const threads = (): Threads => ({
      places: [],
      slots: [],
      seen: new Float64Array(this.#program.instructions.length),
      generation: 0,
    });
    this.#now = threads();
    this.#next = threads();
  }

  /** Number of capturing groups. */
  get groups(): number {
    return this.#program.groups;
  }

  /** The number of a named group, or −1. */
  groupNamed(name: string): number {
    return this.#program.names.get(name) ?? -1;
  }

  test(text: string): boolean {
    return this.#searcher === null ? this.find(text, 0) !== null : this.#searcher.matches(text);
  }

  /** The first match that starts at or after `from`. */
  find(text: string, from: number): Match | null {
    if (this.#backtracker.runs(text.length - from)) return this.#backtracker.find(text, from);
    return this.findByStates(text, from);
  }

  /** The same in memory that does not grow with the text. */
  findByStates(text: string, from: number): Match | null {
    let best: Match | null = null;
    this.#clear(this.#now);
    for (let at = from; ; ) {
      if (best === null)
        this.#follow(this.#now, 0, new Int32Array(2 * this.#program.groups + 2).fill(-1), text, at);
      if (this.#now.places.length === 0 && best !== null) return best;
      best = this.#finished(at) ?? best;
      if (at >= text.length) return best;
      const point = text.codePointAt(at)!;
      const after = at + (point > 0xffff ? 2 : 1);
      this.#clear(this.#next);
      this.#now.places.forEach((place, thread) => {
        if (accepts(this.#program.instructions[place], point))
          this.#follow(this.#next, place + 1, this.#now.slots[thread], text, after);
      });
      [this.#now, this.#next] = [this.#next, this.#now];
      at = after;
    }
  }

  /** All matches, each behind the last; an empty match moves on by one character. */
  *findAll(text: string, from = 0): Generator<Match> {
    for (let at = from; at <= text.length; ) {
      const match = this.find(text, at);
      if (match === null) return;
      yield match;
      at = match[1] > match[0] ? match[1] : match[1] + ((text.codePointAt(match[1]) ?? 0) > 0xffff ? 2 : 1);
    }
  }

  #clear(threads: Threads): void {
    threads.places.length = 0;
    threads.slots.length = 0;
    threads.generation++;
  }

  /** The best thread's match among those that are done; threads less preferred are cut off. */
  #finished(at: number): Match | null {
    const { places, slots } = this.#now;
    const last = this.#program.instructions.length - 1;
    const done = places.indexOf(last);
    if (done < 0) return null;
    const match = slots[done].slice();
    match[1] = at;
    places.length = done;
    slots.length = done;
    return match;
  }

  /** Adds a place and all that it leads to without a character, in order of preference. */
  #follow(threads: Threads, place: number, slots: Int32Array, text: string, at: number): void {
    const { generation } = threads;
    const open: [number, Int32Array][] = [[place, slots]];
    const { instructions } = this.#program;
    while (open.length > 0) {
      const [here, own] = open.pop()!;
      if (threads.seen[here] === generation) continue;
      threads.seen[here] = generation;
      const instruction = instructions[here];
      switch (instruction.kind) {
        case "jump":
          open.push([instruction.to, own]);
          break;
        case "split":
          open.push([instruction.second, own], [instruction.first, own]);
          break;
        case "save": {
          const saved = own.slice();
          saved[instruction.slot] = at;
          open.push([here + 1, saved]);
          break;
        }
        case "assertion":
          if (holds(instruction.assertion, text, at)) open.push([here + 1, own]);
          break;
        default: {
          let started = own;
          if (own[0] < 0) {
            started = own.slice();
            started[0] = at;
          }
          threads.places.push(here);
          threads.slots.push(started);
        }
      }
    }
  }
}

const known = new Map<string, Regex>();
const knownMax = serverBounds.regexKept;

/** The compiled expression, kept for the next use. */
export function regexOf(pattern: string, flags: string): Regex {
  const key = `${flags}/${pattern}`;
  let regex = known.get(key);
  if (regex === undefined) {
    regex = new Regex(pattern, flags);
    if (known.size >= knownMax) known.clear();
    known.set(key, regex);
  }
  return regex;
}
