/** Statements as far as the console must know them: where each is, how it is laid out, what time it is about. */
import { clauseWords, quoteName, reservedWords } from "#schemas/sql/keywords";

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Texts, quoted names and comments whole, casts, words and parameters, then whatever else, one at a time. */
const token =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|::|:?[A-Za-z_$][\w$]*|\s+|[^'"A-Za-z_$\s]/g;
/** Its first word or sign, comments left out; undefined when there is none. */
const beginOf = (text: string): string | undefined =>
  text.match(token)?.find((found) => !/^(?:\s|--|\/\*)/.test(found));

/** Where statements are, without the `;` that ends them. A SET belongs to the statement that it stands before. */
function spansOf(text: string): readonly Span[] {
  const ends = [...text.matchAll(token)].filter(([found]) => found === ";").map(({ index }) => index);
  const spans: Span[] = [];
  let from = 0;
  let begun = 0;
  for (const to of [...ends, text.length]) {
    const piece = text.slice(begun, to);
    begun = to + 1;
    if (beginOf(piece)?.toUpperCase() === "SET") continue;
    if (beginOf(text.slice(from, to)) !== undefined) spans.push({ from, to });
    from = begun;
  }
  return spans;
}

/** The statement that a position is in or just behind; all of the text when it holds no more than one. */
export function statementAt(text: string, position: number): Span {
  const spans = spansOf(text);
  const all = { from: 0, to: text.length };
  if (spans.length < 2) return all;
  const span = spans.find(({ to }) => position <= to + 1) ?? spans.at(-1) ?? all;
  const blank = /^\s*/.exec(text.slice(span.from, span.to))?.[0].length ?? 0;
  return { from: span.from + blank, to: span.to };
}

/** What may follow a WHERE. */
const afterWhere = new Set(["GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "OPTION", ";"]);

/** Where a statement's own WHERE is, not one within brackets, and where what may follow it begins. */
function whereOf(sql: string): { readonly where: number | null; readonly end: number } {
  let depth = 0;
  let isFrom = false;
  let where: number | null = null;
  for (const { 0: found, index } of sql.matchAll(token)) {
    const word = found.toUpperCase();
    if (word === "(") depth++;
    else if (word === ")") depth--;
    else if (depth > 0) continue;
    else if (word === "FROM") isFrom = true;
    else if (word === "WHERE") where = index;
    else if (isFrom && afterWhere.has(word)) return { where, end: index };
  }
  return { where, end: sql.length };
}

/** The condition of a statement, without its WHERE; empty when it has none. */
export function conditionOf(sql: string): string {
  const { where, end } = whereOf(sql);
  return where === null ? "" : sql.slice(where + "WHERE".length, end).trim();
}

/** The statement about a dashboard's time range alone, by a column of instants. */
export function withinRange(sql: string, column: string): string {
  const { where, end } = whereOf(sql);
  const name = quoteName(column);
  const range = `WHERE ${name} >= :from AND ${name} < :to`;
  const known = conditionOf(sql);
  // On lines of its own: a comment at the end of a line would swallow the bracket.
  const both = known === "" ? range : `${range} AND (\n${known}\n)`;
  return `${sql.slice(0, where ?? end).trimEnd()}\n${both}\n${sql.slice(end)}`.trimEnd();
}

/** Laid-out SQL in our grammar's terms: its reserved words are upper case, names stay as they are, calls are close. */
export function polished(text: string): string {
  const tokens = text.match(token) ?? [];
  const isWord = (word: string) => reservedWords.has(word.toUpperCase());
  const isCall = (at: number): boolean => {
    const name = tokens[at - 1] ?? "";
    const upper = name.toUpperCase();
    return /^[A-Za-z_$]/.test(name) && !reservedWords.has(upper) && !clauseWords.has(upper);
  };
  return tokens
    .map((found, at) => {
      if (found === " " && tokens[at + 1] === "(" && isCall(at)) return "";
      return isWord(found) ? found.toUpperCase() : found;
    })
    .join("");
}
