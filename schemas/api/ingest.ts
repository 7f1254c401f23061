/** What POST /ingest takes beside rows. */
import { z } from "zod";
import { key } from "#schemas/api/shape";

export const ingestParameters = z.object({
  sync: z
    .enum(["true", "false"])
    .exactOptional()
    .meta({
      description: "true: answer when the rows can be queried, not only when they are durable",
      examples: ["true"],
    }),
  delimiter: z
    .string()
    .exactOptional()
    .describe(
      "CSV: the character between fields, or comma, tab, semicolon, pipe, space; told from the rows if left out",
    ),
  header: z
    .enum(["present", "absent"])
    .exactOptional()
    .describe("CSV: whether the first line names the columns; told from the rows if left out"),
  columns: z
    .string()
    .exactOptional()
    .describe(
      "CSV: the columns of the fields, in their order and as a line of CSV, instead of the header's names",
    ),
  nulls: z
    .string()
    .exactOptional()
    .describe(
      "CSV: words, as a line of CSV, that mean a missing value in every column; numbers know NA, NULL, \\N …",
    ),
});

export const ingestHeaders = z.object({
  "idempotency-key": key
    .exactOptional()
    .describe("Makes a repeat safe: the same key and body are taken once and answered alike"),
});

/** Rows as one JSON array: values by column. */
export const rowsAsJson = z.array(z.record(z.string(), z.unknown())).meta({ id: "Rows" });
