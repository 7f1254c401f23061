/** LIKE and regular expressions against JavaScript's own engine, and patterns that make that one hang. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { likeBytesMatcher, likeMatcher } from "#server/execute/functions/like";
import { Regex } from "#server/execute/functions/regex";
import { runExample } from "#test/server/functions/example";

describe("LIKE", () => {
  // Letters whose other case is longer, or several: İ, ß and ẞ, the ligature fi, the Kelvin sign, three sigmas.
  const odd = ["İ", "i", "ß", "ẞ", "ﬁ", "k", "K", "\u212a", "Σ", "σ", "ς", "ſ", "s"];
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "%", "_", "😀", "B", ...odd), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom("a", "b", "B", "😀", "\n", ...odd), maxLength: 10 });

  test.each([false, true])("as the regular expression it means, ignoreCase %s", (ignoreCase) => {
    fc.assert(
      fc.property(pattern, text, (like, value) => {
        const source = Array.from(like, (point) => (point === "%" ? ".*" : point === "_" ? "." : point)).join(
          "",
        );
        const wanted = new RegExp(`^${source}$`, ignoreCase ? "sui" : "su").test(value);
        const options = { ignoreCase, escape: "\\" };
        expect(likeMatcher(like, options)(value)).toBe(wanted);
        const bytes = new TextEncoder().encode(`x${value}y`);
        expect(likeBytesMatcher(like, options)(bytes, 1, bytes.length - 1)).toBe(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  test("escapes", () => {
    expect(runExample("like('50%', '50\\%')")).toBe("true");
    expect(runExample("like('500', '50\\%')")).toBe("false");
    expect(runExample("like('a_b', 'a!_b', false, '!')")).toBe("true");
    expect(runExample("like('a\\', 'a\\')")).toBe("true");
  });
});

/** Patterns of the syntax both engines share, as text. */
const atom = fc.constantFrom(
  "a",
  "b",
  "c",
  ".",
  "[ab]",
  "[^a]",
  "\\w",
  "\\d",
  "(a|b)",
  "(?:ab|c)",
  "(a*)",
  "\\b",
  "^",
  "$",
);
const quantifier = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?", "??", "{0,2}?");
const branch = fc
  .array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.map(([one, times]) => (/^(\\b|\^|\$)$/.test(one) ? one : one + times)).join(""));
const regex = fc.oneof(
  branch,
  fc.tuple(branch, branch).map(([left, right]) => `${left}|${right}`),
  branch.map((inner) => `(b${inner})+c`),
);
const subject = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", " ", "😀"), maxLength: 12 });

describe("regular expressions", () => {
  test("match where JavaScript's do", () => {
    fc.assert(
      fc.property(regex, subject, fc.constantFrom("", "i"), (pattern, text, flags) => {
        const native = new RegExp(pattern, `u${flags}`).exec(text);
        const own = new Regex(pattern, flags);
        expect(own.test(text)).toBe(native !== null);
        const found = own.find(text, 0);
        expect(found === null ? null : text.slice(found[0], found[1])).toBe(
          native === null ? null : native[0],
        );
        expect(found?.[0]).toBe(native?.index);
      }),
      { numRuns: 2000 },
    );
  });

  test("short texts and long ones are matched alike, groups too", () => {
    fc.assert(
      fc.property(regex, subject, fc.nat(3), (pattern, text, start) => {
        const own = new Regex(pattern, "");
        const from = Math.min(start, text.length);
        if (from > 0 && (text.codePointAt(from - 1) ?? 0) > 0xffff) return;
        expect(own.find(text, from)).toEqual(own.findByStates(text, from));
      }),
      { numRuns: 2000 },
    );
  });

  test("groups of a few patterns", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["(\\w+)@(\\w+)\\.com", "mail jo@site.com now"],
      ["(a+)(b+)?", "xaab"],
      ["(?<year>\\d{4})-(\\d{2})", "on 2026-11-20"],
      ["(a|ab)(c|bcd)(d*)", "abcd"],
      ["^(.*?),(.*)$", "a,b,c"],
    ];
    for (const [pattern, text] of cases) {
      const native = new RegExp(pattern, "u").exec(text)!;
      const own = new Regex(pattern, "");
      const found = own.find(text, 0)!;
      const groups = Array.from({ length: own.groups + 1 }, (_, group) =>
        found[2 * group] < 0 ? undefined : text.slice(found[2 * group], found[2 * group + 1]),
      );
      expect(groups).toEqual([...native]);
    }
  });

  test("what backtracking takes years for", () => {
    const started = process.cpuUsage().user;
    const text = "a".repeat(20_000);
    for (const pattern of ["(a+)+$b", "(a|aa)+$b", "(a*)*b", "(.*)*x", "(a?){50}a{50}b", "(\\w+\\s?)*!"]) {
      expect(new Regex(pattern, "").test(text)).toBe(false);
      expect(new Regex(`${pattern}|\\bnever\\b`, "").test("a".repeat(2000))).toBe(false);
    }
    // Generous: a backtracking engine would not come back at all.
    expect(process.cpuUsage().user - started).toBeLessThan(20e6);
  });

  test("tables stay bounded where states are many", () => {
    const own = new Regex("a[ab]{14}c", "");
    let seed = 7;
    const text = Array.from({ length: 50_000 }, () =>
      (seed = (seed * 48271) % 2147483647) % 2 === 0 ? "a" : "b",
    ).join("");
    expect(own.test(text)).toBe(false);
    expect(own.test(`${text}aaaaaaaaaaaaaaac`)).toBe(true);
  });

  test.each([
    "(",
    "a)",
    "[a",
    "a**",
    "(?=a)",
    "(a)\\1",
    "a{2,1}",
    "\\y",
    "*a",
    "a++",
    "(?<!b)a",
    "a{9999}",
    "(a{1000}){1000}",
    "\\p{Nope}",
    "[z-a]",
  ])("%s is refused", (pattern) => {
    expect(() => new Regex(pattern, "")).toThrow(expect.objectContaining({ code: "VALUE_SYNTAX" }));
  });

  test("classes, flags and inline flags", () => {
    const yes: readonly (readonly [string, string, string])[] = [
      ["^\\p{L}+$", "", "naïve"],
      ["(?i)mango", "", "MANGO"],
      ["a(?i:b)c", "", "aBc"],
      ["^b$", "m", "a\nb\nc"],
      ["a.b", "s", "a\nb"],
      ["\\Qa.b\\E", "", "xa.b"],
      ["[\\d-]+", "", "-5"],
      ["\\u0041\\x42\\t", "", "AB\t"],
      ["^[^A]$", "i", "b"],
    ];
    for (const [pattern, flags, text] of yes)
      expect(`${pattern} ${new Regex(pattern, flags).test(text)}`).toBe(`${pattern} true`);
    expect(new Regex("^[^A]$", "i").test("a")).toBe(false);
    expect(new Regex("a(?i:b)c", "").test("aBC")).toBe(false);
  });

  test("replacing", () => {
    expect(runExample("regexpReplace('2026-11-20', '(\\d+)-(\\d+)', '$2/$1')")).toBe("'11/2026-20'");
    expect(runExample("regexpReplace('aaa', 'a', 'b', 1)")).toBe("'abb'");
    expect(runExample("regexpReplace('aaa', 'a', 'b', 0, 1)")).toBe("'aba'");
    expect(runExample("regexpReplace('abc', '', '-')")).toBe("'-a-b-c-'");
    expect(runExample("regexpExtract('abc', '(x)?b', 1, 'none')")).toBe("'none'");
  });
});
