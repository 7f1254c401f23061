/** How wide stored values are. */

/** Bytes of a stored unsigned value. */
export type Width = 1 | 2 | 4;
/** Bytes of a stored value; 8 is signed. */
export type AnyWidth = 1 | 2 | 4 | 8;
/** Bytes of a group id: u32, or u64 when the radix product is past 2^32 (then they are keys for `hashIntern`). */
export type GidWidth = 4 | 8;
