/** Checks what a page sends over /live: the one place where its bytes become a LiveRequest. */
import { z } from "zod";
import type { LiveRequest } from "#schemas/api/live";
import { StoreError } from "#schemas/errors";

const id = z.string().min(1).max(200);
const instant = z.number().min(-8.64e15).max(8.64e15);

const range = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("last"), ms: z.number().positive().max(8.64e15) }),
  z.object({ kind: z.literal("between"), fromMs: instant, toMs: instant }),
  z.object({ kind: z.literal("today") }),
  z.object({ kind: z.literal("all") }),
]);

const request = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("subscribe"),
    id,
    sql: z.string().min(1).max(100_000),
    range,
    zone: z.string().max(100),
  }),
  z.object({ kind: z.literal("watch"), id, table: z.string().min(1).max(200).nullable() }),
  z.object({ kind: z.literal("unsubscribe"), id }),
  z.object({ kind: z.literal("pause") }),
  z.object({ kind: z.literal("resume") }),
  z.object({ kind: z.literal("ack"), id, sequence: z.number().int().nonnegative() }),
]);

/** A request from a frame's text; BODY_SYNTAX says what does not fit. */
export function parseLiveRequest(text: string): LiveRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StoreError("BODY_SYNTAX", `a live request is JSON, not ${JSON.stringify(text.slice(0, 40))}`);
  }
  const parsed = request.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join(".") ?? "";
  throw new StoreError("BODY_SYNTAX", `live request: ${at === "" ? "" : `${at}: `}${issue?.message}`, { at });
}
