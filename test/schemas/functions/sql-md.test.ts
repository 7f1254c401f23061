/** SQL.md's function reference is printed from the signature table. UPDATE_GOLDEN=1 writes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { usageOf } from "#schemas/functions/resolve";
import type { FunctionGroup, Signature } from "#schemas/functions/signature";
import { functionTable } from "#schemas/functions/table";
import { root } from "#test/setup/sources-node";

const begin = "<!-- functions: printed by test/schemas/functions/sql-md.test.ts -->";
const end = "<!-- end of functions -->";

const titles: Readonly<Record<FunctionGroup, string>> = {
  operator: "Operators",
  logic: "Logic and NULL",
  number: "Numbers",
  text: "Text",
  bytes: "Bytes",
  time: "Times",
  json: "JSON",
};

/** A call in a table's cell. */
const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;

function line(signature: Signature): string {
  const names = signature.aliases.length === 0 ? "" : ` Also ${signature.aliases.map(code).join(", ")}.`;
  const examples = signature.examples.map(([call, result]) => `${code(call)} → ${code(result)}`).join("<br>");
  return `| ${code(usageOf(signature))} | ${signature.doc.replaceAll("|", "\\|")}${names} | ${examples} |`;
}

function reference(): string {
  const groups = Object.entries(titles).map(([group, title]) => {
    const lines = functionTable.filter((signature) => signature.group === group).map(line);
    return [`### ${title}`, "", "| Call | What it gives | Examples |", "|---|---|---|", ...lines, ""].join(
      "\n",
    );
  });
  return `${begin}\n\n${groups.join("\n")}\n${end}`;
}

test("the function reference is the table's", () => {
  const path = join(root, "SQL.md");
  const text = readFileSync(path, "utf8");
  const [from, until] = [text.indexOf(begin), text.indexOf(end)];
  expect(from >= 0 && until > from).toBe(true);
  const wanted = text.slice(0, from) + reference() + text.slice(until + end.length);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, wanted);
  else expect(text).toBe(wanted);
});
