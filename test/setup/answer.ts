/** Answers as objects, however large. */
import type { Answer } from "#broker/broker";
import { responseOf as steps } from "#broker/response/json";
import type { QueryResponse } from "#schemas/api/query";
import { atOnce } from "#schemas/turns";

const unbounded = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY, words: "an answer" };

export const responseOf = (answer: Answer): QueryResponse => atOnce(steps(answer, unbounded));
