/** What the catalog, the broker's router and a segment file's footer know of a segment. */

/** Offsets [start, end) of one partition of the table's stream. */
export interface SourceRange {
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
}

export type SegmentState = "consuming" | "sealing" | "sealed" | "dropped";

/** A sealed segment as the catalog has it. */
export interface SegmentRecord {
  readonly id: string;
  readonly table: string;
  readonly tableVersion: number;
  readonly rows: number;
  readonly bytes: number;
  readonly path: string;
  readonly ranges: readonly SourceRange[];
  /** Ids of the segments this one was merged from. */
  readonly lineage: readonly string[];
  /** Order-free hash of the rows: replicas and tests compare it. */
  readonly contentHash: string;
  readonly timeMinMs: bigint | null;
  readonly timeMaxMs: bigint | null;
  readonly createdMs: number;
}

/** A stretch of the stream that is not there and never will be: recorded, visible in every response over it. */
export interface Gap {
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly reason: string;
  readonly foundMs: number;
}

/**
 * Which stream a partition reads, and how our offsets lie against its own. They only grow, so a topic that was made
 * anew and begins at 0 again is moved behind what was read of the one before.
 */
export interface SourcePlace {
  /** The source's name for it, from `Source.identity`; null: not known (yet). */
  readonly id: string | null;
  /** Ours minus the source's. */
  readonly shift: bigint;
}

export const unplaced: SourcePlace = { id: null, shift: 0n };

/**
 * Offsets that an embedded stream may have given to pushes. Its log is where they are: a log without that file, or a
 * later one, has lost some of them, and they must not be given again.
 */
export interface Reservation {
  /** No offset from here on was given. */
  readonly end: bigint;
  /** Sequence number of the log file that was the newest. */
  readonly file: number;
  /** Rows before this offset were acknowledged: a log that ends earlier has lost some. */
  readonly durable: bigint;
}
