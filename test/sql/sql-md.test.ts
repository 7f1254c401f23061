/** SQL.md says what the code does: its options, its aggregates, its statements. UPDATE_GOLDEN=1 prints the table. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bindOptions } from "#broker/bind/options";
import { aggregates } from "#schemas/aggregates/registry";
import { limits } from "#schemas/limits";
import { parse, parseExpressionText } from "#schemas/sql/parse";

const path = new URL("../../SQL.md", import.meta.url);
const text = readFileSync(path, "utf8");

const begin = "<!-- aggregates: printed by test/sql/sql-md.test.ts -->\n";
const end = "<!-- end of aggregates -->";

function table(): string {
  const rows = aggregates.map(({ name, aliases, documentation, example }) => {
    const also = aliases.length === 0 ? "" : ` (also ${aliases.map((alias) => `\`${alias}\``).join(", ")})`;
    return `| \`${name}\`${also} | ${documentation} | \`${example}\` |`;
  });
  return `\n| Aggregate | Answers | Example |\n|---|---|---|\n${rows.join("\n")}\n\n`;
}

describe("SQL.md", () => {
  it("lists every aggregate", () => {
    const from = text.indexOf(begin) + begin.length;
    const until = text.indexOf(end);
    expect(from).toBeGreaterThan(begin.length);
    if (process.env["UPDATE_GOLDEN"] === "1") {
      writeFileSync(path, text.slice(0, from) + table() + text.slice(until));
    } else {
      expect(text.slice(from, until)).toBe(table());
    }
  });

  it("has examples of aggregates that parse", () => {
    for (const { example } of aggregates)
      expect(() => parseExpressionText(example, limits), example).not.toThrow();
  });

  it("lists every option, and only those", () => {
    const defaults = { timeoutMs: 1, timeoutMsMax: 1, dialect: "pinot", timeZone: "UTC" } as const;
    const options = bindOptions({ settings: [], options: [] }, "", defaults);
    const section = text.slice(text.indexOf("### Options"), text.indexOf("## Aggregates"));
    const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(Object.keys(options).toSorted());
  });

  it("has statements that parse", () => {
    const statements = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1]);
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) expect(() => parse(statement, limits), statement).not.toThrow();
  });
});
