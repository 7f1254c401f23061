/** A position in the tokens, and the errors that name what was expected there. */

import { assert, type Span, StoreError } from "#schemas/errors";
import type { SqlExpression } from "#schemas/sql/ast";
import { keywords, reservedWords } from "#schemas/sql/keywords";
import { Lexer, placeOf, syntaxError, type Token } from "#schemas/sql/lexer";
import { nearest } from "#schemas/suggest";
import type { Stepwise } from "#schemas/turns";

/** What the parser may build before it refuses. */
export interface ParseLimits {
  readonly sqlBytes: number;
  /** Of nested expressions and parentheses. */
  readonly sqlDepth: number;
  /** Of expressions, all of a statement, but the literals of lists. */
  readonly sqlNodes: number;
  readonly selectItems: number;
  readonly groupKeys: number;
  readonly orderKeys: number;
  readonly listItems: number;
}

/** The limits that count what stands between commas. */
export type ItemLimit = "selectItems" | "groupKeys" | "orderKeys" | "listItems";

/** The rule for expressions; operands call it through the cursor, because each is made of the other. */
export type ExpressionRule = (cursor: Cursor, least: number) => Stepwise<SqlExpression>;

/** Nodes between two steps: each costs about a microsecond. */
const stepNodes = 512;

export class Cursor {
  readonly sql: string;
  readonly #rule: ExpressionRule;
  readonly #lexer: Lexer;
  readonly #limits: ParseLimits;
  /** Tokens read but not taken; never more than the grammar looks ahead. */
  readonly #ahead: Token[] = [];
  /** Taken last. */
  #last: Token | null = null;
  #depth = 0;
  #nodes = 0;

  constructor(sql: string, limits: ParseLimits, rule: ExpressionRule) {
    this.sql = sql;
    this.#rule = rule;
    this.#lexer = new Lexer(sql);
    this.#limits = limits;
  }

  /** An expression; `least` is the weakest operator that may be taken. */
  *expression(least = 0): Stepwise<SqlExpression> {
    if (this.count()) yield;
    if (++this.#depth > this.#limits.sqlDepth) throw this.#tooDeep(this.peek().span);
    const node = yield* this.#rule(this, least);
    this.#depth--;
    return node;
  }

  /** Comma-separated expressions, so many at most. */
  *expressions(limit: ItemLimit | null = null): Stepwise<SqlExpression[]> {
    const nodes: SqlExpression[] = [];
    do {
      if (limit !== null) this.checkItems(limit, nodes.length);
      const literal = limit === "listItems" ? this.#literal() : null;
      nodes.push(literal ?? (yield* this.expression()));
      if (nodes.length % stepNodes === 0) yield;
    } while (this.accept(","));
    return nodes;
  }

  /** A literal that is a whole item of a list: they come by the million. */
  #literal(): SqlExpression | null {
    const { kind, text, span } = this.peek();
    if (kind !== "integer" && kind !== "decimal" && kind !== "text") return null;
    if (!this.isOperator(",", 1) && !this.isOperator(")", 1)) return null;
    this.next();
    return kind === "text" ? { kind, value: text, span } : { kind, text, span };
  }

  /** Refuses one more item behind so many. */
  checkItems(limit: ItemLimit, count: number): void {
    const most = this.#limits[limit];
    if (count < most) return;
    const expected = `at most ${most} of them (limit ${limit})`;
    throw syntaxError(this.sql, this.peek().span, { expected, found: "one more" });
  }

  /** One more node; true when it is time for a step. */
  count(): boolean {
    const { sqlNodes } = this.#limits;
    if (++this.#nodes > sqlNodes) {
      const expected = `at most ${sqlNodes} expressions in a statement (limit sqlNodes)`;
      throw syntaxError(this.sql, this.peek().span, { expected, found: "one more" });
    }
    return this.#nodes % stepNodes === 0;
  }

  /** The next token, or the one `ahead` of it. */
  peek(ahead = 0): Token {
    while (this.#ahead.length <= ahead) this.#ahead.push(this.#lexer.next());
    return this.#ahead[ahead];
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#take(1);
    return token;
  }

  #take(count: number): void {
    this.#last = this.#ahead[count - 1];
    if (count === 1) this.#ahead.shift();
    else this.#ahead.splice(0, count);
  }

  isWord(word: string, ahead = 0): boolean {
    return this.peek(ahead).upper === word;
  }

  isOperator(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "operator" && token.text === text;
  }

  /** Takes the words if they all stand here. */
  acceptWords(...words: readonly string[]): boolean {
    if (!words.every((word, ahead) => this.isWord(word, ahead))) return false;
    this.#take(words.length);
    return true;
  }

  accept(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.#take(1);
    return true;
  }

  expectWord(word: string): Token {
    if (!this.isWord(word)) throw this.expected(word);
    return this.next();
  }

  expect(operator: string): Token {
    if (!this.isOperator(operator)) throw this.expected(`"${operator}"`);
    return this.next();
  }

  /** The span from a start to the end of the token taken last. */
  since(start: number): Span {
    assert(this.#last !== null, "a token was taken");
    return { start, end: this.#last.span.end };
  }

  /** The error that something else should stand here. */
  expected(expected: string): StoreError {
    const token = this.peek();
    const found = this.#describe(token);
    return syntaxError(this.sql, token.span, { expected, found, hint: this.#hint(token, expected) });
  }

  /** The error for what a later version may bring. */
  unsupported(span: Span, sentence: string): StoreError {
    const found = this.sql.slice(span.start, span.end);
    const message = `${sentence} (${placeOf(this.sql, span.start)})`;
    return new StoreError("SQL_UNSUPPORTED", message, { position: span, found });
  }

  #tooDeep(span: Span): StoreError {
    const expected = `at most ${this.#limits.sqlDepth} nested expressions (limit sqlDepth)`;
    const found = "a deeper one";
    return syntaxError(this.sql, span, { expected, found });
  }

  #describe(token: Token): string {
    if (token.kind === "end") return "the end";
    const text = this.sql.slice(token.span.start, token.span.end);
    return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  }

  /** A misspelt keyword: the word before, if it was read as a name or an alias, or the one here. */
  #hint(token: Token, expected: string): string {
    if (token.kind === "word" && reservedWords.has(token.upper)) {
      const named = /expression|name|table|alias/.test(expected);
      return named ? `; write "${token.text}" in double quotes if it is a name` : "";
    }
    const before = this.#last;
    if (before?.kind === "word" && before.upper === "TOP") return "; write LIMIT at the end instead of TOP";
    for (const word of [before, token]) {
      if (word?.kind !== "word" || word.text.length < 3 || keywords.includes(word.upper)) continue;
      const best = nearest(word.text, keywords);
      if (best !== null) return `; did you mean ${best} instead of ${word.text}?`;
    }
    return "";
  }
}
