/**
 * The answer in the format that the client accepts. Only JSON can say that an answer has faults, so whatever has
 * exceptions is JSON, in any format that was asked for.
 */
import type { Answer } from "#broker/broker";
import { resultArrow } from "#broker/response/arrow";
import { responseJson } from "#broker/response/json";
import { resultCsv, resultNdjson } from "#broker/response/text";
import { errorCodes } from "#schemas/errors";

export interface EncodedAnswer {
  readonly contentType: string;
  readonly body: string | Uint8Array;
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

/** Bytes or text of the answer, with its content type. */
export function encode(answer: Answer, accept: string): EncodedAnswer {
  const { result, exceptions } = answer;
  const [first] = exceptions;
  if (first !== undefined || result === null) {
    const code = first?.code as keyof typeof errorCodes | undefined;
    // Rows beside exceptions are an answer, if a partial one.
    const status = result !== null || code === undefined ? 200 : errorCodes[code].status;
    return { ...json(answer), errorCode: first?.errorCode ?? -1, status };
  }
  const plain = { errorCode: -1, status: 200 };
  switch (formatOf(accept)) {
    case "json":
      return { ...json(answer), ...plain };
    case "csv":
      return { contentType: "text/csv; charset=utf-8; header=present", body: resultCsv(result), ...plain };
    case "ndjson":
      return { contentType: "application/x-ndjson; charset=utf-8", body: resultNdjson(result), ...plain };
    case "arrow":
      return { contentType: "application/vnd.apache.arrow.stream", body: resultArrow(result), ...plain };
  }
}

const json = (answer: Answer) => ({
  contentType: "application/json; charset=utf-8",
  body: responseJson(answer),
});
