/** JSON Schema of a zod type, as it travels: what our types say beside JSON is left out. */
import { z } from "zod";

type Override = NonNullable<Parameters<typeof z.toJSONSchema>[1]>["override"];

const asJson: Override = ({ zodSchema, jsonSchema }) => {
  const { type, catchall } = zodSchema._zod.def as { readonly type: string; readonly catchall?: unknown };
  // 64-bit integers are digits in text.
  if (type === "bigint") Object.assign(jsonSchema, { type: "string", pattern: "^-?\\d+$" });
  // Ours are never changed in memory; in JSON Schema the word means "only in answers".
  if (type === "readonly") delete jsonSchema.readOnly;
  // Only strict objects refuse keys: the others may get more of them.
  if (type === "object" && catchall === undefined) delete jsonSchema.additionalProperties;
  if (jsonSchema.type === "integer" && jsonSchema.maximum === Number.MAX_SAFE_INTEGER)
    delete jsonSchema.maximum;
  if (jsonSchema.type === "integer" && jsonSchema.minimum === Number.MIN_SAFE_INTEGER)
    delete jsonSchema.minimum;
};

/** `io` says whether keys with a default are optional (input) or there (output). */
export const jsonSchema = (type: z.ZodType, io: "input" | "output") =>
  z.toJSONSchema(type, { io, unrepresentable: "any", override: asJson });
