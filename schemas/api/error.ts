/** The one shape in which every route says no. What a statement did wrong, its answer says in `exceptions`. */
import { z } from "zod";
import { queryException, span } from "#schemas/api/query";
import { count, list, shape } from "#schemas/api/shape";
import { errorDocs } from "#schemas/error-docs";
import { type ErrorCode, errorCodes } from "#schemas/errors";

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];
const meanings = codes.map(
  (code) => `- \`${code}\` (${errorCodes[code].status}): ${errorDocs[code].meaning}`,
);

export const errorAnswer = shape({
  code: z.number().int().describe("The HTTP status again, as Pinot has it"),
  error: z.string().describe("What was expected, what was found, where, and what to do"),
  errorCode: z.enum(codes).describe(`Each with its status:\n${meanings.join("\n")}`),
  position: span.exactOptional(),
  expected: z.string().exactOptional(),
  found: z.string().exactOptional(),
  at: z.string().exactOptional().describe("A JSON path, a file, a table: where the fault lies"),
  suggestion: z.string().exactOptional().describe("What to write instead, such as a name that is free"),
  faults: list(shape({ at: z.string(), message: z.string(), found: z.string().exactOptional() }))
    .exactOptional()
    .describe("All that is wrong with a definition, when it is more than one thing"),
  exceptions: list(queryException).describe("The error once more, as an answer to a statement has it"),
  numServersQueried: count.describe("0, for clients that show a message only when they find this"),
  numServersResponded: count,
}).meta({
  id: "Error",
  examples: [
    {
      code: 404,
      error: 'there is no table "purchase". Did you mean "purchases"?',
      errorCode: "TABLE_UNKNOWN",
      exceptions: [
        {
          errorCode: 190,
          message: 'there is no table "purchase". Did you mean "purchases"?',
          code: "TABLE_UNKNOWN",
        },
      ],
      numServersQueried: 0,
      numServersResponded: 0,
    },
  ],
});
export type ErrorAnswer = z.infer<typeof errorAnswer>;

/** Statuses after which the same request may succeed: their answers say when to try again. */
export const isBusyStatus = (status: number): boolean => status === 429 || status === 503;
