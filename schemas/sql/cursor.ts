/** A position in the tokens, and the errors that name what was expected there. */

import { assert, type Span, StoreError } from "#schemas/errors";
import type { SqlExpression } from "#schemas/sql/ast";
import { keywords, reservedWords } from "#schemas/sql/keywords";
import { placeOf, syntaxError, type Token, tokenize } from "#schemas/sql/lexer";
import { nearest } from "#schemas/suggest";

/** What the parser may build before it refuses. */
export interface ParseLimits {
  readonly sqlBytes: number;
  /** Of nested expressions and parentheses. */
  readonly sqlDepth: number;
}

/** The rule for expressions; operands call it through the cursor, because each is made of the other. */
export type ExpressionRule = (cursor: Cursor, least: number) => SqlExpression;

export class Cursor {
  readonly sql: string;
  readonly #rule: ExpressionRule;
  readonly #tokens: readonly Token[];
  readonly #depthMax: number;
  #index = 0;
  #depth = 0;

  constructor(sql: string, limits: ParseLimits, rule: ExpressionRule) {
    this.sql = sql;
    this.#rule = rule;
    this.#tokens = tokenize(sql);
    this.#depthMax = limits.sqlDepth;
  }

  /** An expression; `least` is the weakest operator that may be taken. */
  expression(least = 0): SqlExpression {
    if (++this.#depth > this.#depthMax) throw this.tooDeep(this.peek().span);
    const node = this.#rule(this, least);
    this.#depth--;
    return node;
  }

  /** Comma-separated expressions. */
  expressions(): SqlExpression[] {
    const nodes = [this.expression()];
    while (this.accept(",")) nodes.push(this.expression());
    return nodes;
  }

  /** The next token, or the one `ahead` of it. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)];
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#index++;
    return token;
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
    this.#index += words.length;
    return true;
  }

  accept(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.#index++;
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
    assert(this.#index > 0, "a token was taken");
    return { start, end: this.#tokens[this.#index - 1].span.end };
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

  tooDeep(span: Span): StoreError {
    const expected = `at most ${this.#depthMax} nested expressions (limit sqlDepth)`;
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
    const before = this.#tokens[this.#index - 1];
    if (before?.kind === "word" && before.upper === "TOP") return "; write LIMIT at the end instead of TOP";
    for (const word of [before, token]) {
      if (word?.kind !== "word" || word.text.length < 3 || keywords.includes(word.upper)) continue;
      const best = nearest(word.text, keywords);
      if (best !== null) return `; did you mean ${best} instead of ${word.text}?`;
    }
    return "";
  }
}
