/** Functions on text and bytes. Positions and lengths count characters (Unicode code points), not bytes. */
import { typeFor } from "#schemas/functions/coerce";
import { type SignatureEntry, signaturesOf, type Typing } from "#schemas/functions/signature";
import type { SqlType } from "#schemas/types";

const text = (
  name: string,
  parameters: string,
  result: SqlType,
  doc: string,
  examples: SignatureEntry["examples"],
  more: Partial<SignatureEntry> = {},
): SignatureEntry => ({ name, parameters, result, doc, examples, ...more });

/** BYTES stay bytes; anything else counts as the text it is written as. */
const sized: Typing = (args) => {
  const type = args[0].type === "BYTES" ? "BYTES" : typeFor("text", args[0]);
  return type === null ? null : { type: "INT", arguments: [type] };
};

/** repeat(text, times) or repeat(text, separator, times). */
const repeated: Typing = (args) => {
  const times = typeFor("integer", args[args.length - 1]);
  if (times === null) return null;
  const texts = args.slice(0, -1).map((argument) => typeFor("text", argument) ?? "STRING");
  return { type: "STRING", arguments: [...texts, times] };
};

const texts: readonly SignatureEntry[] = [
  text(
    "like",
    "text: text, pattern: text, ignoreCase?: boolean!, escape?: text!",
    "BOOLEAN",
    "Whether the whole text matches: % is any text, _ any one character, \\ takes the next one as it is. " +
      "ILIKE, and LIKE in the pinot dialect, ignore case.",
    [
      ["like('Mango', 'M%o')", "true"],
      ["like('mango', 'M_ngo', true)", "true"],
    ],
    { syntax: "text [I]LIKE pattern [ESCAPE escape]" },
  ),
  text(
    "regexpLike",
    "text: text, pattern: text, flags?: text",
    "BOOLEAN",
    "Whether the regular expression matches somewhere in the text; flag 'i' ignores case. Runs in linear time: " +
      "no backreferences, no lookaround.",
    [
      ["regexpLike('mango', '^m.*o$')", "true"],
      ["regexpLike('Mango', 'MAN', 'i')", "true"],
    ],
  ),
  text(
    "regexpExtract",
    "text: text, pattern: text, group?: integer, otherwise?: text",
    "STRING",
    "The first match, or one of its groups; an empty text (or `otherwise`) when there is none.",
    [["regexpExtract('id=42;', '(\\w+)=(\\d+)', 2)", "'42'"]],
  ),
  text(
    "regexpReplace",
    "text: text, pattern: text, replacement: text, start?: integer, occurrence?: integer, flags?: text",
    "STRING",
    "Every match (from position `start`, or only the occurrence numbered from 0) replaced; $1 is the first group.",
    [["regexpReplace('a1b22', '[0-9]+', '#')", "'a#b#'"]],
  ),
  text("regexpCount", "text: text, pattern: text", "INT", "How many times the regular expression matches.", [
    ["regexpCount('a1b22', '[0-9]')", "3"],
  ]),
  text("upper", "text: text", "STRING", "Text in upper case.", [["upper('Mint')", "'MINT'"]], {
    aliases: ["ucase"],
  }),
  text("lower", "text: text", "STRING", "Text in lower case.", [["lower('Mint')", "'mint'"]], {
    aliases: ["lcase"],
  }),
  text(
    "initcap",
    "text: text",
    "STRING",
    "The first letter of every word in upper case, the others in lower.",
    [["initcap('green SMOOTHIE')", "'Green Smoothie'"]],
  ),
  text("reverse", "text: text", "STRING", "Characters in opposite order.", [["reverse('abc')", "'cba'"]]),
  text(
    "trim",
    "text: text, characters?: text",
    "STRING",
    "Without spaces (or the given characters) at both ends.",
    [["trim('  a ')", "'a'"]],
    { aliases: ["btrim"] },
  ),
  text(
    "ltrim",
    "text: text, characters?: text",
    "STRING",
    "Without spaces (or the given characters) at its start.",
    [["ltrim('  a ')", "'a '"]],
  ),
  text(
    "rtrim",
    "text: text, characters?: text",
    "STRING",
    "Without spaces (or the given characters) at its end.",
    [["rtrim('  a ')", "'  a'"]],
  ),
  text(
    "length",
    "text: any",
    "INT",
    "Number of characters; of bytes for BYTES.",
    [["length('naïve')", "5"]],
    { aliases: ["charLength", "characterLength", "len"], typing: sized },
  ),
  text("octetLength", "text: any", "INT", "Number of bytes in UTF-8.", [["octetLength('naïve')", "6"]], {
    typing: sized,
  }),
  text(
    "substr",
    "text: text, begin: integer, end?: integer",
    "STRING",
    "Characters from `begin` (from 0) up to, not including, `end`; to the text's end when that is -1 or left out.",
    [
      ["substr('mango', 1, 3)", "'an'"],
      ["substr('mango', 2)", "'ngo'"],
    ],
  ),
  text(
    "substring",
    "text: text, begin: integer, count?: integer",
    "STRING",
    "Characters from `begin` (from 1), at most `count` of them.",
    [["substring('mango', 2, 3)", "'ang'"]],
  ),
  text(
    "left",
    "text: text, count: integer",
    "STRING",
    "The first characters.",
    [["left('mango', 2)", "'ma'"]],
    { aliases: ["leftSubStr"] },
  ),
  text(
    "right",
    "text: text, count: integer",
    "STRING",
    "The last characters.",
    [["right('mango', 2)", "'go'"]],
    { aliases: ["rightSubStr"] },
  ),
  text(
    "concat",
    "texts: text...",
    "STRING",
    "Texts one after the other, NULLs left out. As in Pinot, of exactly three the third stands between the others.",
    [
      ["concat('a', 'b')", "'ab'"],
      ["concat('a', 'b', '-')", "'a-b'"],
      ["concat('a', 'b', 'c', 'd')", "'abcd'"],
    ],
    { strict: false },
  ),
  text(
    "concatWS",
    "separator: text, texts: text...",
    "STRING",
    "Texts with the separator between them, NULLs left out.",
    [["concatWS('-', 'a', NULL, 'b')", "'a-b'"]],
    { strict: false },
  ),
  text("replace", "text: text, find: text, with: text", "STRING", "Every occurrence of `find` replaced.", [
    ["replace('a-b-c', '-', '')", "'abc'"],
  ]),
  text("remove", "text: text, find: text", "STRING", "Without any occurrence of `find`.", [
    ["remove('a-b-c', '-')", "'abc'"],
  ]),
  text(
    "translate",
    "text: text, from: text, to: text",
    "STRING",
    "Each character of `from` replaced by the one of `to` at its place, or dropped.",
    [["translate('abc', 'ab', 'x')", "'xc'"]],
  ),
  text("lpad", "text: text, length: integer, pad?: text", "STRING", "Filled up at its start.", [
    ["lpad('7', 3, '0')", "'007'"],
  ]),
  text("rpad", "text: text, length: integer, pad?: text", "STRING", "Filled up at its end.", [
    ["rpad('7', 3, '.')", "'7..'"],
  ]),
  text(
    "repeat",
    "text: text, separatorOrTimes: any, times?: integer",
    "STRING",
    "The text a number of times, with a separator between when one is given.",
    [
      ["repeat('ab', 2)", "'abab'"],
      ["repeat('a', '-', 3)", "'a-a-a'"],
    ],
    { typing: repeated },
  ),
  text("startsWith", "text: text, prefix: text", "BOOLEAN", "Whether the text begins so.", [
    ["startsWith('mango', 'man')", "true"],
  ]),
  text("endsWith", "text: text, suffix: text", "BOOLEAN", "Whether the text ends so.", [
    ["endsWith('mango', 'go')", "true"],
  ]),
  text("contains", "text: text, find: text", "BOOLEAN", "Whether `find` is part of the text.", [
    ["contains('mango', 'ng')", "true"],
  ]),
  text(
    "strpos",
    "text: text, find: text, nth?: integer",
    "INT",
    "Where `find` (its nth occurrence) begins, from 0; -1 when it does not occur.",
    [
      ["strpos('mango', 'n')", "2"],
      ["strpos('banana', 'a', 2)", "3"],
    ],
  ),
  text(
    "strrpos",
    "text: text, find: text",
    "INT",
    "Where the last `find` begins, from 0; -1 when it does not occur.",
    [["strrpos('banana', 'a')", "5"]],
  ),
  text(
    "splitPart",
    "text: text, separator: text, index: integer",
    "STRING",
    "The part at that place, from 0, of the text cut at every separator; NULL when there are fewer.",
    [["splitPart('a/b/c', '/', 1)", "'b'"]],
  ),
  text("chr", "codepoint: integer", "STRING", "The character with that Unicode number.", [
    ["chr(65)", "'A'"],
  ]),
  text(
    "codepoint",
    "text: text",
    "INT",
    "The Unicode number of the first character.",
    [["codepoint('A')", "65"]],
    { aliases: ["ascii"] },
  ),
  text(
    "strcmp",
    "left: text, right: text",
    "INT",
    "-1, 0 or 1: the order of two texts by their UTF-8 bytes.",
    [["strcmp('a', 'b')", "-1"]],
  ),
  text(
    "levenshteinDistance",
    "left: text, right: text",
    "INT",
    "Single-character edits between two texts.",
    [
      ["levenshteinDistance('mango', 'tango')", "1"],
      ["levenshteinDistance('x😀y', 'xy')", "1"],
    ],
    { aliases: ["levenshtein"] },
  ),
  text(
    "urlEncode",
    "text: text",
    "STRING",
    "Text as it may stand in a URL.",
    [["urlEncode('a b&c')", "'a%20b%26c'"]],
    { aliases: ["encodeUrl"] },
  ),
  text(
    "urlDecode",
    "text: text",
    "STRING",
    "The text behind a URL's escapes.",
    [["urlDecode('a%20b')", "'a b'"]],
    { aliases: ["decodeUrl"] },
  ),
];

const bytes: readonly SignatureEntry[] = [
  text("toUtf8", "text: text", "BYTES", "The text's UTF-8 bytes.", [["toUtf8('Az')", "X'417a'"]]),
  text("fromUtf8", "bytes: bytes", "STRING", "The text that these bytes are in UTF-8.", [
    ["fromUtf8(X'417a')", "'Az'"],
  ]),
  text("bytesToHex", "bytes: bytes", "STRING", "Two hexadecimal digits a byte.", [
    ["bytesToHex(X'0aff')", "'0aff'"],
  ]),
  text("hexToBytes", "text: text", "BYTES", "The bytes that hexadecimal digits stand for.", [
    ["hexToBytes('0aff')", "X'0aff'"],
  ]),
  text(
    "toBase64",
    "bytes: bytes",
    "STRING",
    "Bytes as Base64.",
    [["toBase64(toUtf8('mango'))", "'bWFuZ28='"]],
    { aliases: ["base64Encode"] },
  ),
  text(
    "fromBase64",
    "text: text",
    "BYTES",
    "The bytes behind Base64.",
    [["fromBase64('bWFuZ28=')", "X'6d616e676f'"]],
    { aliases: ["base64Decode"] },
  ),
];

export const textSignatures = [...signaturesOf("text", texts), ...signaturesOf("bytes", bytes)];
