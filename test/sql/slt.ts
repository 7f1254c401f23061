/**
 * Golden files of SQL, in the shape of sqllogictest:
 *
 * File => block…                                    blocks are separated by empty lines; `#` begins a comment line
 * block => create table ⏎ Pinot schema JSON [⏎ ---- ⏎ table config JSON]
 *        | insert NAME ⏎ NDJSON rows
 *        | statement ok ⏎ SQL
 *        | statement error CODE [message part] ⏎ SQL
 *        | query TYPES rowsort|nosort [native] ⏎ SQL ⏎ ---- ⏎ rows, cells separated by tabs
 *        | skip CONFIG reason                        the rest of the file is not for that configuration
 * TYPES: a letter a column: T text, I integer, R number with fraction, B boolean, D time, X bytes, N null only
 */

export type Block =
  | { readonly kind: "create"; readonly line: number; readonly schema: unknown; readonly config: unknown }
  | { readonly kind: "insert"; readonly line: number; readonly table: string; readonly rows: string }
  | { readonly kind: "ok"; readonly line: number; readonly sql: string }
  | {
      readonly kind: "error";
      readonly line: number;
      readonly sql: string;
      readonly code: string;
      readonly part: string;
    }
  | { readonly kind: "skip"; readonly line: number; readonly config: string }
  | QueryBlock;

export interface QueryBlock {
  readonly kind: "query";
  readonly line: number;
  readonly head: string;
  readonly types: string;
  readonly sorted: boolean;
  readonly dialect: "native" | "pinot";
  readonly sql: string;
  readonly rows: readonly string[];
  /** Where the rows stand in the file: lines [from, until). */
  readonly from: number;
  readonly until: number;
}

function splitAt(
  lines: readonly string[],
): readonly [head: readonly string[], tail: readonly string[] | null] {
  const at = lines.indexOf("----");
  return at < 0 ? [lines, null] : [lines.slice(0, at), lines.slice(at + 1)];
}

function blockOf(head: string, body: readonly string[], line: number): Block {
  const [word, ...words] = head.split(" ");
  const [before, after] = splitAt(body);
  const sql = before.join("\n");
  switch (word) {
    case "create": {
      const config = after === null ? null : JSON.parse(after.join("\n"));
      return { kind: "create", line, schema: JSON.parse(sql), config };
    }
    case "insert":
      return { kind: "insert", line, table: words[0], rows: body.join("\n") };
    case "skip":
      return { kind: "skip", line, config: words[0] };
    case "statement":
      if (words[0] === "ok") return { kind: "ok", line, sql };
      return { kind: "error", line, sql, code: words[1], part: words.slice(2).join(" ") };
    case "query": {
      const [types, sort, dialect] = words;
      const from = line + 1 + before.length + 1;
      return {
        kind: "query",
        line,
        head,
        types,
        sorted: sort === "rowsort",
        dialect: dialect === "native" ? "native" : "pinot",
        sql,
        rows: after ?? [],
        from,
        until: from + (after?.length ?? 0),
      };
    }
    default:
      throw new Error(
        `line ${line + 1}: expected create, insert, statement, query or skip but found "${head}"`,
      );
  }
}

/** The blocks of a file, in order; lines count from 0. */
export function parseSlt(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (lines[at].trim() === "" || lines[at].startsWith("#")) continue;
    let end = at;
    while (end < lines.length && lines[end] !== "") end++;
    blocks.push(blockOf(lines[at], lines.slice(at + 1, end), at));
    at = end;
  }
  return blocks;
}

/** What a query answered. */
export interface Update {
  readonly block: QueryBlock;
  readonly types: string;
  readonly rows: readonly string[];
}

/** The file with new types and rows of its queries. */
export function withAnswers(text: string, updates: readonly Update[]): string {
  const lines = text.split("\n");
  for (const { block, types, rows } of updates.toReversed()) {
    const hasMark = lines[block.from - 1] === "----";
    const start = hasMark ? block.from : block.from - 1;
    lines.splice(start, block.until - block.from, ...(hasMark ? [] : ["----"]), ...rows);
    lines[block.line] = block.head.replace(/^query \S+/, `query ${types}`);
  }
  return lines.join("\n");
}
