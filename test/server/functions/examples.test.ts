/** Every example in the signature table gives the result that SQL.md promises; every function has a kernel. */
import { expect, test } from "vitest";
import { functionTable } from "#schemas/functions/table";
import { kernels, specialForms } from "#server/execute/functions/kernels";
import { runExample } from "#test/server/functions/example";

test.each(functionTable.map((signature) => [signature.name, signature] as const))("%s", (_, signature) => {
  expect(signature.examples.length).toBeGreaterThan(0);
  for (const [call, result] of signature.examples)
    expect(`${call} = ${runExample(call)}`).toBe(`${call} = ${result}`);
});

test("the table and the kernels name the same functions", () => {
  const special: readonly string[] = specialForms;
  const named = functionTable.map((signature) => signature.name).filter((name) => !special.includes(name));
  const made = Object.keys(kernels).filter((name) => !special.includes(name));
  expect(made.sort()).toEqual(named.sort());
});
