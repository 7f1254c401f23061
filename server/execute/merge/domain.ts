/**
 * A domain numbers the values of one key over all slices of a query: each slice's local codes map to common codes, 0
 * being NULL. Text columns keep their domain and the mapping of each segment between queries (`dictionaries.ts`).
 */
import type { Vector } from "#schemas/batch";
import type { Stepwise } from "#schemas/turns";
import type { Views } from "#server/arena/arena";
import type { InternedValues } from "#server/execute/scan/intern";
import type { KeyPlan, PlainDictionary } from "#server/execute/task";

/** A segment's dictionary and its mapping so far: `remap[id]` is the common code, or `unmapped`. */
export interface DictionaryPart {
  readonly views: Views;
  readonly dictionary: PlainDictionary;
  readonly remap: Uint32Array;
}

export const unmapped = 0xffff_ffff;

/** What a slice's codes stand for. */
export interface LocalKey {
  readonly plan: KeyPlan;
  readonly values: InternedValues | null;
  /** For plans by dictionary ids. */
  readonly part: DictionaryPart | null;
}

export interface Domain {
  readonly card: number;
  bytes(): number;
  /** Common codes of local ones (`shift` is added to integer values: HOP's windows). */
  map(local: LocalKey, codes: Uint32Array, shift: bigint): Stepwise<Uint32Array>;
  /** The values of common codes. */
  vector(codes: Uint32Array): Stepwise<Vector>;
  /** A set's states for the wire: 64-bit words, or texts. */
  words(codes: Uint32Array): BigInt64Array | Uint8Array[];
}
