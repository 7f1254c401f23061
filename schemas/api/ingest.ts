/** What POST /ingest takes beside rows. */
import { z } from "zod";

export const ingestParameters = z.object({
  sync: z
    .enum(["true", "false"])
    .exactOptional()
    .meta({
      description: "true: answer when the rows can be queried, not only when they are durable",
      examples: ["true"],
    }),
});

export const ingestHeaders = z.object({
  "idempotency-key": z
    .string()
    .exactOptional()
    .describe("Makes a repeat safe: the same key and body are taken once and answered alike"),
});

/** Rows as one JSON array: values by column. */
export const rowsAsJson = z.array(z.record(z.string(), z.unknown())).meta({ id: "Rows" });
