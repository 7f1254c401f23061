/** Pieces that the API's types are made of. A type written with them is checked, derived and described from one place. */
import { z } from "zod";
import { idSchema, keyFault, keySchema } from "#schemas/api/ids";

/** An object that nobody changes once it is made. */
export const shape = <Fields extends z.core.$ZodShape>(fields: Fields) => z.object(fields).readonly();

/** A list that nobody changes once it is made. */
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

export const names = list(z.string());

/** Values by name. */
export const byName = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value).readonly();

export const count = z.number().int().min(0);

/** Milliseconds since 1970, UTC. */
export const instantMs = z.number().describe("Milliseconds since 1970, UTC");

/** A 64-bit integer as text: a JSON parser of doubles would round it. */
export const digits = z.string().regex(/^-?\d+$/);

/** The id of a document, as editors are told it; that it is one is checked where it is new (`checkId`). */
export const documentId = z.string().meta(idSchema);

/** A text that a program makes up to name something of its own. */
export const key = z
  .string()
  .check(({ value, issues }) => {
    const message = keyFault(value);
    if (message !== null) issues.push({ code: "custom", message, input: value });
  })
  .meta(keySchema);
