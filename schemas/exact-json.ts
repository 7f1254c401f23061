/**
 * JSON that keeps what plain JSON loses: 64-bit integers, bytes, NaN and the infinities. Definitions in the catalog
 * and beside the segments are written so. An object key that begins with "$" gets one more, so nothing is mistaken.
 *
 * Exact => JSON, with bigint as {"$long": "12"}, bytes as {"$bytes": hex}, NaN ±Infinity −0 as {"$double": text}
 */
import { StoreError } from "#schemas/errors";

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length >> 1 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));

function marked(value: unknown): unknown {
  if (typeof value === "bigint") return { $long: value.toString() };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $double: Object.is(value, -0) ? "-0" : String(value) };
  if (value instanceof Uint8Array) return { $bytes: hexOf(value) };
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key.startsWith("$") ? `$${key}` : key, marked(inner)]),
    );
  return value;
}

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [key, inner] = entries[0] ?? ["", null];
  if (entries.length === 1 && typeof inner === "string") {
    if (key === "$long") return BigInt(inner);
    if (key === "$double") return Number(inner);
    if (key === "$bytes") return bytesOf(inner);
  }
  return Object.fromEntries(
    entries.map(([name, item]) => [name.startsWith("$$") ? name.slice(1) : name, unmarked(item)]),
  );
}

/** The value as text; properties that are undefined are left out. */
export const writeExactJson = (value: unknown): string => JSON.stringify(marked(value));

/** What `writeExactJson` wrote; anything else is CATALOG_CORRUPT naming `at`. */
export function readExactJson<T>(text: string, at: string): T {
  try {
    return unmarked(JSON.parse(text)) as T;
  } catch (cause) {
    throw new StoreError("CATALOG_CORRUPT", `expected JSON in ${at}`, { at, cause });
  }
}
