/** ERRORS.md says what the code says. UPDATE_GOLDEN=1 writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorDocs } from "#schemas/error-docs";
import { type ErrorCode, errorCodes } from "#schemas/errors";
import { root } from "#test/setup/sources-node";

const head = `# Errors

Every error has a code. A request that is refused is answered with the HTTP status below and \`{"code", "error",
"errorCode", …, "exceptions"}\`. A statement at fault answers 200 with \`exceptions[]\`, as Pinot does
(\`Pinot-Use-Http-Status-For-Errors: true\` changes that), each with Pinot's number, our code, and where it applies
\`position\`, \`expected\` and \`found\`.

| code | Pinot | HTTP | what it means | what to do |
|---|---|---|---|---|
`;

const row = (code: ErrorCode) => {
  const { pinot, status } = errorCodes[code];
  const { meaning, remedy } = errorDocs[code];
  return `| \`${code}\` | ${pinot} | ${status} | ${meaning} | ${remedy} |`;
};

test("ERRORS.md lists every code", () => {
  const text = `${head}${(Object.keys(errorCodes) as ErrorCode[]).map(row).join("\n")}\n`;
  const path = join(root, "ERRORS.md");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  expect(readFileSync(path, "utf8")).toBe(text);
});
