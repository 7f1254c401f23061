/**
 * SQL text → tokens. Words, "quoted names", 'text', numbers and operators with their spans; comments (`--` to the
 * line's end and nested `/* *\/`) and white space are dropped. Every failure is SQL_SYNTAX at its position.
 */
import { type Span, StoreError } from "#schemas/errors";

type TokenKind =
  | "word"
  | "quoted"
  | "text"
  | "integer"
  | "decimal"
  | "bytes"
  | "operator"
  /** After the last token; its span is empty. */
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** A word, number or operator as written; the content of a quoted name or text. */
  readonly text: string;
  /** Of a word: in upper case. Of anything else: empty. */
  readonly upper: string;
  readonly span: Span;
}

const wordStart = /[\p{L}_$]/u;
const wordPattern = /[\p{L}\p{N}_$]+/uy;
const numberPattern = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const blankPattern = /[\s\u00a0\ufeff]+/y;
const commentMark = /\/\*|\*\//g;
const lineComment = /--[^\n]*/y;
const operatorSet = new Set("<> != <= >= || :: == ( ) , . ; = < > + - * / % [ ] { }".split(" "));

/** "line 2, column 5" of a position. */
export function placeOf(sql: string, position: number): string {
  const before = sql.slice(0, position);
  const line = before.split("\n").length;
  return `line ${line}, column ${position - before.lastIndexOf("\n")}`;
}

/** A SQL_SYNTAX error that says what was expected and what stands there instead. */
export function syntaxError(
  sql: string,
  span: Span,
  wanted: { readonly expected: string; readonly found: string; readonly hint?: string },
): StoreError {
  const { expected, found, hint = "" } = wanted;
  const message = `expected ${expected} but found ${found} at ${placeOf(sql, span.start)}${hint}`;
  return new StoreError("SQL_SYNTAX", message, { position: span, expected, found });
}

function matchAt(pattern: RegExp, sql: string, position: number): string {
  pattern.lastIndex = position;
  return pattern.exec(sql)?.[0] ?? "";
}

/** The position after a comment that may hold others. */
function endOfComment(sql: string, start: number): number {
  commentMark.lastIndex = start;
  let depth = 0;
  for (let mark = commentMark.exec(sql); mark !== null; mark = commentMark.exec(sql)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return commentMark.lastIndex;
  }
  const span = { start, end: sql.length };
  throw syntaxError(sql, span, { expected: '"*/" to close the comment', found: "the end" });
}

/** Text in quotes, a doubled quote standing for one. */
function quotedAt(
  sql: string,
  start: number,
  quote: string,
): { readonly text: string; readonly end: number } {
  let position = start + 1;
  let text = "";
  for (;;) {
    const close = sql.indexOf(quote, position);
    if (close < 0) {
      const span = { start, end: sql.length };
      throw syntaxError(sql, span, { expected: `a closing ${quote}`, found: "the end" });
    }
    text += sql.slice(position, close);
    if (sql[close + 1] !== quote) return { text, end: close + 1 };
    text += quote;
    position = close + 2;
  }
}

function token(kind: TokenKind, text: string, start: number, end: number): Token {
  return { kind, text, upper: kind === "word" ? text.toUpperCase() : "", span: { start, end } };
}

function numberAt(sql: string, start: number): Token {
  const text = matchAt(numberPattern, sql, start);
  const end = start + text.length;
  const follower = String.fromCodePoint(sql.codePointAt(end) ?? 32);
  if (wordStart.test(follower)) {
    const found = `"${text}${matchAt(wordPattern, sql, end)}"`;
    throw syntaxError(sql, { start, end: end + 1 }, { expected: "a number", found });
  }
  return token(/^\d+$/.test(text) ? "integer" : "decimal", text, start, end);
}

function bytesAt(sql: string, start: number): Token {
  const { text, end } = quotedAt(sql, start + 1, "'");
  if (text.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw syntaxError(sql, { start, end }, { expected: "pairs of hexadecimal digits", found: `'${text}'` });
  }
  return token("bytes", text.toLowerCase(), start, end);
}

function operatorAt(sql: string, start: number): Token {
  const two = sql.slice(start, start + 2);
  if (two.length === 2 && operatorSet.has(two))
    return token("operator", two === "!=" ? "<>" : two === "==" ? "=" : two, start, start + 2);
  if (operatorSet.has(two[0])) return token("operator", two[0], start, start + 1);
  const found = String.fromCodePoint(sql.codePointAt(start) ?? 0);
  const span = { start, end: start + found.length };
  throw syntaxError(sql, span, { expected: "a SQL token", found: JSON.stringify(found) });
}

function tokenAt(sql: string, start: number): Token {
  const character = sql[start];
  if (character === "'" || character === '"') {
    const { text, end } = quotedAt(sql, start, character);
    if (character === '"' && text === "") {
      throw syntaxError(sql, { start, end }, { expected: "a name", found: '""' });
    }
    return token(character === "'" ? "text" : "quoted", text, start, end);
  }
  if ((character === "x" || character === "X") && sql[start + 1] === "'") return bytesAt(sql, start);
  const digit = character >= "0" && character <= "9";
  if (digit || (character === "." && /\d/.test(sql[start + 1] ?? ""))) return numberAt(sql, start);
  if (wordStart.test(String.fromCodePoint(sql.codePointAt(start) ?? 0))) {
    const text = matchAt(wordPattern, sql, start);
    return token("word", text, start, start + text.length);
  }
  return operatorAt(sql, start);
}

/** The tokens of a text, one after another; the last one, of kind "end", again and again. */
export class Lexer {
  readonly #sql: string;
  #position = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  next(): Token {
    const sql = this.#sql;
    for (;;) {
      this.#position += matchAt(blankPattern, sql, this.#position).length;
      if (this.#position >= sql.length) return token("end", "", sql.length, sql.length);
      if (sql.startsWith("--", this.#position)) {
        this.#position += matchAt(lineComment, sql, this.#position).length;
      } else if (sql.startsWith("/*", this.#position)) {
        this.#position = endOfComment(sql, this.#position);
      } else {
        const next = tokenAt(sql, this.#position);
        this.#position = next.span.end;
        return next;
      }
    }
  }
}
