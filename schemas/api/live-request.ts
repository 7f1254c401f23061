/** Checks what a page sends over /live: the one place where its bytes become a LiveRequest. */
import { z } from "zod";
import type { LiveRequest } from "#schemas/api/live";
import { key as id } from "#schemas/api/shape";
import { StoreError } from "#schemas/errors";

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
    sql: z.string().min(1),
    range,
    zone: z.string().max(100),
  }),
  z.object({ kind: z.literal("watch"), id, table: id.nullable() }),
  z.object({ kind: z.literal("unsubscribe"), id }),
  z.object({ kind: z.literal("pause") }),
  z.object({ kind: z.literal("resume") }),
  z.object({ kind: z.literal("ack"), id, sequence: z.number().int().nonnegative() }),
]);

/** What a frame says; a fault names the subscription that it is about, where that can be told. */
export type ReadRequest =
  | { readonly kind: "request"; readonly request: LiveRequest }
  | { readonly kind: "fault"; readonly id: string; readonly error: StoreError };

/** A request from a frame's text; BODY_SYNTAX says what does not fit. */
export function readLiveRequest(text: string): ReadRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const message = `a live request is JSON, not ${JSON.stringify(text.slice(0, 40))}`;
    return { kind: "fault", id: "", error: new StoreError("BODY_SYNTAX", message) };
  }
  const parsed = request.safeParse(value);
  if (parsed.success) return { kind: "request", request: parsed.data };
  const [issue] = parsed.error.issues;
  const at = issue?.path.join(".") ?? "";
  const message = `live request: ${at === "" ? "" : `${at}: `}${issue?.message}`;
  const named = id.safeParse((value as { readonly id?: unknown } | null)?.id);
  return { kind: "fault", id: named.data ?? "", error: new StoreError("BODY_SYNTAX", message, { at }) };
}
