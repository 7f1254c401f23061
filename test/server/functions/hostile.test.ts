/** Any text as a pattern, a path, a format or a value: an answer or an error of ours, never anything else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import { call, literal, run } from "#test/server/functions/example";

const piece = fc.constantFrom(
  ..."ab01()[]{}|*+?.^$\\-,:<>=!&%_'\"/ \n",
  "😀",
  "\\d",
  "\\p{L}",
  "(?:",
  "(?i)",
  "{2}",
  "yyyy",
  "MM",
  "'T'",
  "$.",
  "1:",
  "DAYS",
  "EPOCH",
);
const text = fc.oneof(fc.string({ unit: piece, maxLength: 12 }), fc.string({ unit: "binary", maxLength: 8 }));
const of = (value: string) => literal("STRING", value);

const calls: readonly (readonly [string, (a: string, b: string) => ReturnType<typeof call>])[] = [
  ["regexpLike", (a, b) => call("regexpLike", [of(a), of(b)])],
  ["regexpReplace", (a, b) => call("regexpReplace", [of(a), of(b), of(a)])],
  ["regexpExtract", (a, b) => call("regexpExtract", [of(a), of(b), literal("LONG", 1n)])],
  ["like", (a, b) => call("like", [of(a), of(b), literal("BOOLEAN", true)])],
  ["jsonExtractScalar", (a, b) => call("jsonExtractScalar", [of(a), of(b), of("STRING")])],
  ["fromDateTime", (a, b) => call("fromDateTime", [of(a), of(b)])],
  ["toDateTime", (a) => call("toDateTime", [literal("TIMESTAMP", 0n), of(a)])],
  ["dateTimeConvert", (a, b) => call("dateTimeConvert", [literal("LONG", 1n), of(a), of(b), of("1:DAYS")])],
  ["dateTrunc", (a, b) => call("dateTrunc", [of(a), literal("LONG", 1n), of("MILLISECONDS"), of(b)])],
  ["ago", (a) => call("ago", [of(a)])],
  ["CAST AS TIMESTAMP", (a) => ({ kind: "call", name: "cast", type: "TIMESTAMP", args: [of(a)] })],
  ["CAST AS BIG_DECIMAL", (a) => ({ kind: "call", name: "cast", type: "BIG_DECIMAL", args: [of(a)] })],
  ["CAST AS LONG", (a) => ({ kind: "call", name: "cast", type: "LONG", args: [of(a)] })],
  ["urlDecode", (a) => call("urlDecode", [of(a)])],
  ["fromBase64", (a) => call("fromBase64", [of(a)])],
  ["translate", (a, b) => call("translate", [of(a), of(b), of(a)])],
];

test.each(calls)("%s", (_, make) => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      try {
        run(make(a, b));
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
      }
    }),
    { numRuns: 300 },
  );
});
