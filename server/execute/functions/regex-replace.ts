/** What a regular expression found, cut out or replaced. */
import { StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import { type Match, type Regex, regexOf } from "#server/execute/functions/regex";
import { bounded } from "#server/execute/functions/text-bound";

export function regexpExtract(text: string, pattern: string, group = 0, otherwise = ""): string {
  const regex = regexOf(pattern, "");
  const match = group <= regex.groups && group >= 0 ? regex.find(text, 0) : null;
  if (match === null || match[2 * group] < 0) return otherwise;
  return text.slice(match[2 * group], match[2 * group + 1]);
}

/** A replacement's pieces: plain text, or the group that stands there. */
type Replacement = readonly (string | number)[];

const replacements = new WeakMap<Regex, Map<string, Replacement>>();
const replacementsMax = serverBounds.regexReplacementsKept;

/** $1, ${1}, ${name}; \ takes the next character as it is. Kept by expression: a scan asks for the same one again and again. */
function replacementOf(text: string, regex: Regex): Replacement {
  const known = replacements.get(regex) ?? new Map<string, Replacement>();
  replacements.set(regex, known);
  let pieces = known.get(text);
  if (pieces === undefined) {
    pieces = parseReplacement(text, regex);
    if (known.size >= replacementsMax) known.clear();
    known.set(text, pieces);
  }
  return pieces;
}

function parseReplacement(text: string, regex: Regex): Replacement {
  const pieces: (string | number)[] = [];
  let from = 0;
  for (const found of text.matchAll(/\\(.)|\$(?:(\d{1,2})|\{(\w+)\})/gs)) {
    pieces.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    const [, escaped, number, name] = found;
    if (escaped !== undefined) {
      pieces.push(escaped);
      continue;
    }
    const group =
      number !== undefined ? Number(number) : /^\d+$/.test(name) ? Number(name) : regex.groupNamed(name);
    if (group < 0 || group > regex.groups)
      throw new StoreError(
        "VALUE_SYNTAX",
        `the replacement names the group ${name ?? number}, which is not there`,
      );
    pieces.push(group);
  }
  pieces.push(text.slice(from));
  return pieces;
}

function filled(replacement: Replacement, text: string, match: Match): string {
  let result = "";
  for (const piece of replacement) {
    if (typeof piece === "string") result += piece;
    else if (match[2 * piece] >= 0) result += text.slice(match[2 * piece], match[2 * piece + 1]);
  }
  return result;
}

export function regexpReplace(
  text: string,
  pattern: string,
  replacement: string,
  start = 0,
  occurrence = -1,
  flags = "",
): string {
  const regex = regexOf(pattern, flags);
  let result = "";
  let copied = 0;
  let number = 0;
  for (const match of regex.findAll(text, Math.max(0, start))) {
    if (occurrence < 0 || number === occurrence) {
      result += text.slice(copied, match[0]) + filled(replacementOf(replacement, regex), text, match);
      bounded(result.length);
      copied = match[1];
    }
    number++;
  }
  return result + text.slice(copied);
}
