/**
 * Regular expressions as a tree. The syntax that Java, PCRE and JavaScript share and that a finite automaton can run:
 * no backreferences, no lookaround, no possessive or atomic groups.
 *
 * Pattern => branch (| branch)*        branch => (atom quantifier?)*
 * quantifier => [*+?] or {n} {n,} {n,m}, with ? behind it for the shortest match first
 * atom => . | [class] | ( … ) (?: … ) (?<name> … ) (?flags) (?flags: … ) | ^ $ \A \z \Z \b \B | escape | character
 */
import { StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import {
  type CharacterSet,
  complementOf,
  digits,
  everything,
  notNewline,
  propertySet,
  setOf,
  spaces,
  withBothCases,
  wordCharacters,
} from "#server/execute/functions/regex-set";

export type Assertion = "start" | "end" | "lineStart" | "lineEnd" | "word" | "notWord";

export type Node =
  | { readonly kind: "characters"; readonly set: CharacterSet }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "group"; readonly node: Node; readonly index: number }
  | {
      readonly kind: "repeat";
      readonly node: Node;
      readonly least: number;
      /** Infinity without a bound. */
      readonly most: number;
      readonly greedy: boolean;
    };

export interface Parsed {
  readonly node: Node;
  /** Capturing groups. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiline: boolean;
}

const repeatMax = serverBounds.regexRepeat;
const nestingMax = serverBounds.regexNesting;
/** Characters of a pattern that an error shows. */
const patternShown = 200;

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, v: 11, a: 7, e: 27 };

const classes: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  D: complementOf(digits),
  w: wordCharacters,
  W: complementOf(wordCharacters),
  s: spaces,
  S: complementOf(spaces),
};

class Parser {
  readonly #pattern: string;
  #at = 0;
  #groups = 0;
  #nesting = 0;
  #flags: Flags;
  readonly names = new Map<string, number>();

  constructor(pattern: string, flags: Flags) {
    this.#pattern = pattern;
    this.#flags = flags;
  }

  get groups(): number {
    return this.#groups;
  }

  fail(message: string): StoreError {
    return new StoreError(
      "VALUE_SYNTAX",
      `the regular expression "${this.#pattern.slice(0, patternShown)}" ${message} (character ${this.#at + 1} of it)`,
      { expected: "what Java's and JavaScript's regular expressions have in common", found: this.#pattern },
    );
  }

  whole(): Node {
    const node = this.#choice();
    if (this.#at < this.#pattern.length)
      throw this.fail('has a ")" without its "("; write "\\)" for the character itself');
    return node;
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? "";
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #point(): number {
    const point = this.#pattern.codePointAt(this.#at);
    if (point === undefined) throw this.fail("ends too early");
    this.#at += point > 0xffff ? 2 : 1;
    return point;
  }

  #characters(set: CharacterSet): Node {
    return { kind: "characters", set: this.#flags.ignoreCase ? withBothCases(set) : set };
  }

  #choice(): Node {
    if (++this.#nesting > nestingMax) throw this.fail("is nested too deep");
    const flags = this.#flags;
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    this.#flags = flags;
    this.#nesting--;
    return nodes.length === 1 ? nodes[0] : { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#pattern.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const atom = this.#atom();
      if (atom !== null) nodes.push(this.#quantified(atom));
    }
    return nodes.length === 1 ? nodes[0] : { kind: "sequence", nodes };
  }

  #quantified(atom: Node): Node {
    let node = atom;
    for (let times = 0; ; times++) {
      const bounds = this.#bounds();
      if (bounds === null) return node;
      if (times > 0) throw this.fail("has a quantifier behind a quantifier");
      if (this.#peek() === "+") throw this.fail("has a possessive quantifier, which is not supported");
      node = { kind: "repeat", node, least: bounds[0], most: bounds[1], greedy: !this.#take("?") };
    }
  }

  #bounds(): readonly [number, number] | null {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const match = /^\{(\d{1,5})(?:(,)(\d{1,5})?)?\}/.exec(this.#pattern.slice(this.#at, this.#at + 16));
    if (match === null) return null;
    const least = Number(match[1]);
    const most =
      match[2] === undefined ? least : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (most < least) throw this.fail("has a quantifier whose end is before its start");
    if (least > repeatMax || (most !== Number.POSITIVE_INFINITY && most > repeatMax))
      throw this.fail(`repeats more than ${repeatMax} times`);
    this.#at += match[0].length;
    return [least, most];
  }

  #atom(): Node | null {
    const character = this.#peek();
    switch (character) {
      case "(":
        this.#at++;
        return this.#group();
      case "[":
        this.#at++;
        return this.#characters(this.#class());
      case ".":
        this.#at++;
        return { kind: "characters", set: this.#flags.dotAll ? everything : notNewline };
      case "^":
        this.#at++;
        return { kind: "assertion", assertion: this.#flags.multiline ? "lineStart" : "start" };
      case "$":
        this.#at++;
        return { kind: "assertion", assertion: this.#flags.multiline ? "lineEnd" : "end" };
      case "*":
      case "+":
      case "?":
        throw this.fail(`has a "${character}" with nothing to repeat`);
      case "\\":
        this.#at++;
        return this.#escape();
      default: {
        const point = this.#point();
        return this.#characters([[point, point]]);
      }
    }
  }

  #group(): Node | null {
    if (!this.#take("?")) return this.#closed(++this.#groups);
    if (this.#take(":")) return this.#closed(0);
    const name = /^P?<([A-Za-z][A-Za-z0-9_]*)>/.exec(this.#pattern.slice(this.#at, this.#at + 64));
    if (name !== null) {
      this.#at += name[0].length;
      this.names.set(name[1], ++this.#groups);
      return this.#closed(this.#groups);
    }
    const flags = /^([a-z]*)(?:-([a-z]+))?([:)])/.exec(this.#pattern.slice(this.#at, this.#at + 16));
    if (flags === null) throw this.fail("uses lookaround or an atomic group, which are not supported");
    this.#at += flags[0].length;
    const before = this.#flags;
    this.#flags = this.#switched(flags[1], flags[2] ?? "");
    if (flags[3] === ")") return null;
    const node = this.#closed(0);
    this.#flags = before;
    return node;
  }

  #switched(on: string, off: string): Flags {
    for (const letter of on + off)
      if (!"ismu".includes(letter)) throw this.fail(`has the unknown flag "${letter}"`);
    const flag = (letter: string, now: boolean) =>
      on.includes(letter) ? true : off.includes(letter) ? false : now;
    return {
      ignoreCase: flag("i", this.#flags.ignoreCase),
      dotAll: flag("s", this.#flags.dotAll),
      multiline: flag("m", this.#flags.multiline),
    };
  }

  #closed(index: number): Node {
    const node = this.#choice();
    if (!this.#take(")")) throw this.fail('has a "(" without its ")"; write "\\(" for the character itself');
    return index === 0 ? node : { kind: "group", node, index };
  }

  #escape(): Node {
    const letter = this.#peek();
    if (/[1-9k]/.test(letter)) throw this.fail("has a backreference, which is not supported");
    const assertion = ({ A: "start", z: "end", Z: "end", b: "word", B: "notWord" } as const)[letter];
    if (assertion !== undefined) {
      this.#at++;
      return { kind: "assertion", assertion };
    }
    if (letter === "Q") return this.#quoted();
    return this.#characters(this.#escapedSet());
  }

  #quoted(): Node {
    const end = this.#pattern.indexOf("\\E", this.#at);
    const text = this.#pattern.slice(this.#at + 1, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    const nodes = Array.from(text, (character) => {
      const point = character.codePointAt(0)!;
      return this.#characters([[point, point]]);
    });
    return { kind: "sequence", nodes };
  }

  /** What stands behind a backslash, as a set of one or more characters. */
  #escapedSet(): CharacterSet {
    const letter = this.#peek();
    if (classes[letter] !== undefined) {
      this.#at++;
      return classes[letter];
    }
    if (letter === "p" || letter === "P") {
      const match = /^[pP](?:\{\^?([A-Za-z_=]+)\}|([A-Z]))/.exec(
        this.#pattern.slice(this.#at, this.#at + 64),
      );
      if (match === null) throw this.fail("has an unfinished \\p");
      this.#at += match[0].length;
      const set = propertySet(match[1] ?? match[2]);
      return letter === "P" ? complementOf(set) : set;
    }
    const point = this.#escapedPoint(letter);
    return [[point, point]];
  }

  #escapedPoint(letter: string): number {
    const hex =
      /^(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\})/.exec(
        this.#pattern.slice(this.#at, this.#at + 10),
      );
    if (hex !== null) {
      this.#at += hex[0].length;
      return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? hex[4], 16);
    }
    if (letter === "0") {
      const octal = /^0[0-7]{0,3}/.exec(this.#pattern.slice(this.#at, this.#at + 4))![0];
      this.#at += octal.length;
      return Number.parseInt(octal, 8);
    }
    if (controls[letter] !== undefined) {
      this.#at++;
      return controls[letter];
    }
    if (/[A-Za-z]/.test(letter)) throw this.fail(`has the unknown escape "\\${letter}"`);
    return this.#point();
  }

  #class(): CharacterSet {
    const isNegated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      if (this.#at >= this.#pattern.length)
        throw this.fail('has a "[" without its "]"; write "\\[" for the character itself');
      if (this.#pattern.startsWith("&&", this.#at))
        throw this.fail("intersects classes, which is not supported");
      ranges.push(...this.#classItem());
    }
    this.#at++;
    const set = setOf(ranges);
    return isNegated ? complementOf(this.#flags.ignoreCase ? withBothCases(set) : set) : set;
  }

  #classItem(): CharacterSet {
    const low = this.#classSet();
    const isRange =
      this.#peek() === "-" && this.#pattern[this.#at + 1] !== "]" && this.#at + 1 < this.#pattern.length;
    if (!isRange || low.length !== 1 || low[0][0] !== low[0][1]) return low;
    this.#at++;
    const high = this.#classSet();
    if (high.length !== 1 || high[0][0] !== high[0][1]) return [...low, [45, 45], ...high];
    if (high[0][0] < low[0][0]) throw this.fail("has a range whose end is before its start");
    return [[low[0][0], high[0][0]]];
  }

  #classSet(): CharacterSet {
    if (this.#take("\\")) {
      if (!this.#take("b")) return this.#escapedSet();
      return [[8, 8]];
    }
    const point = this.#point();
    return [[point, point]];
  }
}

/** The pattern's tree; VALUE_SYNTAX with the place where it is not understood. */
export function parseRegex(pattern: string, flags: string): Parsed {
  for (const letter of flags)
    if (!"icsmg".includes(letter))
      throw new StoreError(
        "VALUE_SYNTAX",
        `a regular expression has the flags i, c, s, m; found "${letter}"`,
      );
  const parser = new Parser(pattern, {
    ignoreCase: flags.includes("i"),
    dotAll: flags.includes("s"),
    multiline: flags.includes("m"),
  });
  const node = parser.whole();
  return { node, groups: parser.groups, names: parser.names };
}
