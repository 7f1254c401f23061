/** Functions on JSON text. Paths are `$.a.b[0]['c d']`. */
import { castTypeOf } from "#schemas/functions/coerce";
import { type Argument, type SignatureEntry, signaturesOf } from "#schemas/functions/signature";
import type { SqlType } from "#schemas/types";

const named = (args: readonly Argument[]): SqlType => castTypeOf(String(args[2].literal)) ?? "STRING";

const entries: readonly SignatureEntry[] = [
  {
    name: "jsonExtractScalar",
    parameters: "json: text, path: text!, type: text!, otherwise?: any!",
    result: named,
    strict: false,
    doc: "The value at the path, as the type named; `otherwise` (or NULL) where there is none, and `otherwise` where it does not convert. Arrays and objects are their text as it came.",
    examples: [
      [`jsonExtractScalar('{"a":{"b":[1,2]}}', '$.a.b[1]', 'INT')`, "2"],
      [`jsonExtractScalar('{}', '$.a', 'STRING', 'none')`, "'none'"],
    ],
  },
  {
    name: "jsonPathString",
    parameters: "json: text, path: text!, otherwise?: text!",
    result: "STRING",
    strict: false,
    doc: "The value at the path as text.",
    examples: [[`jsonPathString('{"a":"x"}', '$.a')`, "'x'"]],
  },
  {
    name: "jsonPathLong",
    parameters: "json: text, path: text!, otherwise?: integer!",
    result: "LONG",
    strict: false,
    doc: "The value at the path as LONG.",
    examples: [[`jsonPathLong('{"a":9007199254740993}', '$.a')`, "9007199254740993"]],
  },
  {
    name: "jsonPathDouble",
    parameters: "json: text, path: text!, otherwise?: double!",
    result: "DOUBLE",
    strict: false,
    doc: "The value at the path as DOUBLE.",
    examples: [[`jsonPathDouble('{"a":1.5}', '$.a')`, "1.5"]],
  },
  {
    name: "jsonPathExists",
    parameters: "json: text, path: text!",
    result: "BOOLEAN",
    doc: "Whether the path leads to a value.",
    examples: [[`jsonPathExists('{"a":null}', '$.b')`, "false"]],
  },
  {
    name: "jsonFormat",
    parameters: "json: text",
    result: "STRING",
    doc: "The JSON text without spaces between its parts.",
    examples: [[`jsonFormat('{ "a": [1, 2] }')`, `'{"a":[1,2]}'`]],
  },
  {
    name: "isJson",
    parameters: "text: text",
    result: "BOOLEAN",
    doc: "Whether the text is one JSON value.",
    examples: [["isJson('{')", "false"]],
  },
];

export const jsonSignatures = signaturesOf("json", entries);
