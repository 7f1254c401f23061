/** Comments are read as prose: no line of a sentence ends early, as a re-wrap to another width leaves them. */
import { expect, test } from "vitest";
import { readSources } from "#test/setup/sources-node";

/** A line whose successor's first word would have ended before this column is broken in the middle. */
const earlyColumns = 100;

const commentLine = /^(\s*(?:\*|\/\/)) (\S.*)$/;
const sentenceEnd = /[.:;!?|]$/;
/** Lists, tables, grammars and drawings stand as they are. */
const drawn = /=>|^\s*[-|@#]|^\d+\. | {2,}|\|$/;
const goesOn = /^[a-z0-9`(]/;

/** Numbers of the lines, counted from 1, that end early in the middle of a sentence. */
function brokenLines(text: string): number[] {
  const lines = text.split("\n").map((line) => ({ line, match: commentLine.exec(line) }));
  return lines.slice(1).flatMap(({ match: next }, at) => {
    const { line, match } = lines[at];
    if (match === null || next === null || match[1] !== next[1]) return [];
    const [said, then] = [match[2] as string, next[2] as string];
    const [word] = then.split(" ");
    const fits = line.length + 1 + (word as string).length <= earlyColumns;
    const isProse = !(sentenceEnd.test(said) || drawn.test(said) || drawn.test(then));
    return fits && isProse && goesOn.test(then) ? [at + 1] : [];
  });
}

test("no comment is broken in the middle of a sentence", () => {
  const broken = readSources().flatMap(({ path, text }) =>
    brokenLines(text).map((line) => `${path}:${line}`),
  );
  expect(broken).toEqual([]);
});

test("what a re-wrap leaves is found, what is meant is not", () => {
  const comment = (...lines: readonly string[]) =>
    ["/**", ...lines.map((line) => ` * ${line}`), " */"].join("\n");
  expect(
    brokenLines(comment("Its version grows with every", "result that", "differs from the last.")),
  ).toEqual([2, 3]);
  const long =
    "a line that is as long as a line of prose usually becomes before it has to be continued below, yes";
  expect(
    brokenLines(comment(long, "and goes on here. A second sentence.", "Begins where it likes.")),
  ).toEqual([]);
  expect(brokenLines(comment("State => sum:f64", "then a count"))).toEqual([]);
});
