/** SQL types: how each is named, held in a column, and written on the wire. One table, so no layer invents its own. */

/**
 * How a type's values lie in a column.
 * "int": a 64-bit signed integer (narrowed by a base where it fits); "double": an IEEE double;
 * "text": bytes behind dictionary ids or offsets.
 */
export type Layout = "int" | "double" | "text";

interface TypeEntry {
  readonly layout: Layout;
  /** Tag on the wire and in files; never reused. */
  readonly tag: number;
  /** Inclusive bounds of an integer type. */
  readonly range?: readonly [bigint, bigint];
}

const int64Range = [-(2n ** 63n), 2n ** 63n - 1n] as const;

export const sqlTypes = {
  INT: { layout: "int", tag: 1, range: [-(2n ** 31n), 2n ** 31n - 1n] },
  LONG: { layout: "int", tag: 2, range: int64Range },
  FLOAT: { layout: "double", tag: 3 }, // a double holding exactly a 32-bit float
  DOUBLE: { layout: "double", tag: 4 },
  BIG_DECIMAL: { layout: "text", tag: 5 }, // canonical plain decimal text
  BOOLEAN: { layout: "int", tag: 6, range: [0n, 1n] },
  TIMESTAMP: { layout: "int", tag: 7, range: int64Range }, // milliseconds since 1970 UTC
  STRING: { layout: "text", tag: 8 }, // UTF-8
  JSON: { layout: "text", tag: 9 }, // UTF-8 text of one JSON value
  BYTES: { layout: "text", tag: 10 },
  DATE: { layout: "int", tag: 12, range: [-100_000_000n, 100_000_000n] }, // days since 1970-01-01, no zone
  UNKNOWN: { layout: "int", tag: 11 }, // the type of a bare NULL
} as const satisfies Record<string, TypeEntry>;

export type SqlType = keyof typeof sqlTypes;

/** Types that a column may have: all but the bare NULL's, and DATE, which Pinot's schemas do not know. */
export const columnTypes = (Object.keys(sqlTypes) as SqlType[]).filter(
  (type) => type !== "UNKNOWN" && type !== "DATE",
);

export const layoutOf = (type: SqlType): Layout => sqlTypes[type].layout;

/**
 * One value outside a column: INT, LONG, TIMESTAMP, DATE → bigint; FLOAT, DOUBLE → number; BOOLEAN → boolean;
 * STRING, JSON, BIG_DECIMAL → string; BYTES → Uint8Array; NULL → null.
 */
export type Value = bigint | number | boolean | string | Uint8Array | null;
