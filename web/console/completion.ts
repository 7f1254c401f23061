/** What the editor proposes: pure, from the text before the cursor and what the server knows. */
import type { FunctionInfo } from "../api.ts";

export interface KnownTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface Proposal {
  readonly label: string;
  readonly type: "table" | "column" | "function" | "keyword";
  readonly detail?: string;
  readonly info?: string;
  /** Higher comes first. */
  readonly boost: number;
}

const keywords = (
  "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET AND OR NOT IN BETWEEN LIKE ILIKE IS NULL AS ASC DESC DISTINCT " +
  "CASE WHEN THEN ELSE END CAST FILTER INTERVAL TRUE FALSE NULLS FIRST LAST SET OPTION EXPLAIN PLAN FOR HOP"
).split(" ");

const wordBefore = /[A-Za-z_$][A-Za-z0-9_$]*$/;

/** Tables that the statement names after FROM. */
function tablesIn(sql: string, tables: readonly KnownTable[]): readonly KnownTable[] {
  const named = [...sql.matchAll(/\bFROM\s+(?:HOP\s*\(\s*)?"?([A-Za-z_][A-Za-z0-9_]*)/gi)].map((match) =>
    match[1]!.toLowerCase(),
  );
  return tables.filter((table) => named.includes(table.name.toLowerCase()));
}

/** Where the proposal begins, and what it offers; null inside a quoted text or a number. */
export function proposalsAt(
  sql: string,
  position: number,
  tables: readonly KnownTable[],
  functions: readonly FunctionInfo[],
): { readonly from: number; readonly proposals: readonly Proposal[] } | null {
  const before = sql.slice(0, position);
  if ((before.match(/'/g)?.length ?? 0) % 2 === 1) return null;
  const word = wordBefore.exec(before)?.[0] ?? "";
  const from = position - word.length;
  if (/[0-9.]$/.test(before.slice(0, from)) && word === "") return null;
  const isTable = /\b(?:FROM|HOP\s*\()\s*$/i.test(before.slice(0, from));
  const named = tablesIn(sql, tables);
  const columns = new Map<string, Proposal>();
  for (const table of named.length === 0 ? tables : named) {
    for (const { name, type } of table.columns) {
      if (!columns.has(name))
        columns.set(name, { label: name, type: "column", detail: type, boost: named.length === 0 ? 0 : 3 });
    }
  }
  const tableProposals = tables.map(
    (table): Proposal => ({ label: table.name, type: "table", detail: "table", boost: isTable ? 5 : 1 }),
  );
  if (isTable) return { from, proposals: tableProposals };
  const proposals: Proposal[] = [...columns.values(), ...tableProposals];
  for (const { name, usage, doc } of functions) {
    proposals.push({ label: name, type: "function", detail: usage, info: doc, boost: 0 });
  }
  for (const keyword of keywords) proposals.push({ label: keyword, type: "keyword", boost: -1 });
  return { from, proposals };
}
