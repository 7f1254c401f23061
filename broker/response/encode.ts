/**
 * The answer in the format that the client accepts. Only JSON can say that an answer has faults, so whatever has
 * exceptions is JSON, in any format that was asked for.
 */
import type { Answer } from "#broker/broker";
import { resultArrow } from "#broker/response/arrow";
import { responseJson } from "#broker/response/json";
import { resultCsv, resultNdjson } from "#broker/response/text";
import type { Body } from "#broker/response/text-sink";
import { errorCodes } from "#schemas/errors";
import type { Stepwise } from "#schemas/turns";

export interface EncodedAnswer {
  readonly contentType: string;
  readonly body: Body;
  /** The first exception's Pinot number, or −1. */
  readonly errorCode: number;
  /** The first exception's HTTP status, or 200. */
  readonly status: number;
}

type Format = "json" | "csv" | "ndjson" | "arrow";

const formats: readonly (readonly [type: string, format: Format])[] = [
  ["application/json", "json"],
  ["text/csv", "csv"],
  ["application/x-ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/vnd.apache.arrow.stream", "arrow"],
];

/** The best known format of an Accept header; JSON when it names none. */
export function formatOf(accept: string): Format {
  let best: Format = "json";
  let bestQuality = 0;
  for (const part of accept.split(",")) {
    const [type, ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const found = formats.find(([name]) => name === type);
    const quality = Number(parameters.find((text) => text.startsWith("q="))?.slice(2) ?? 1);
    if (found !== undefined && quality > bestQuality) [best, bestQuality] = [found[1], quality];
  }
  return best;
}

/** `Accept: text/csv; guard=formulas`, as the app's downloads ask. */
const isGuarded = (accept: string): boolean => /text\/csv[^,]*;\s*guard=formulas/i.test(accept);

/** The answer's text or bytes, with its content type. */
export function* encode(answer: Answer, accept: string): Stepwise<EncodedAnswer> {
  const { result, exceptions } = answer;
  const [first] = exceptions;
  if (first !== undefined || result === null) {
    const code = first?.code as keyof typeof errorCodes | undefined;
    // Rows beside exceptions are an answer, if a partial one.
    const status = result !== null || code === undefined ? 200 : errorCodes[code].status;
    return { ...(yield* json(answer)), errorCode: first?.errorCode ?? -1, status };
  }
  const plain = { errorCode: -1, status: 200 };
  switch (formatOf(accept)) {
    case "json":
      return { ...(yield* json(answer)), ...plain };
    case "csv":
      return {
        contentType: "text/csv; charset=utf-8; header=present",
        body: yield* resultCsv(result, { guarded: isGuarded(accept) }),
        ...plain,
      };
    case "ndjson":
      return {
        contentType: "application/x-ndjson; charset=utf-8",
        body: yield* resultNdjson(result),
        ...plain,
      };
    case "arrow":
      return {
        contentType: "application/vnd.apache.arrow.stream",
        body: yield* resultArrow(result),
        ...plain,
      };
  }
}

function* json(answer: Answer): Stepwise<{ readonly contentType: string; readonly body: Body }> {
  return { contentType: "application/json; charset=utf-8", body: yield* responseJson(answer) };
}
