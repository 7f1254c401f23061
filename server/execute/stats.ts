/** Counting what a query did. */

import type { ScanStats } from "#schemas/plan/server-client";
import type { Query } from "#server/execute/query";
import type { ScanCounts } from "#server/execute/scan/scan-aggregate";
import type { SegmentReader } from "#server/segment/reader";

/** Counts before the scan. */
export function statsOf(segments: readonly SegmentReader[]): ScanStats {
  const consuming = segments.filter((segment) => segment.state === "consuming");
  const fresh = consuming.map((segment) => segment.freshnessMs).filter((ms) => ms > 0);
  return {
    segmentsQueried: segments.length,
    segmentsProcessed: 0,
    segmentsMatched: 0,
    segmentsPruned: 0,
    segmentsCached: 0,
    consumingQueried: consuming.length,
    consumingProcessed: 0,
    consumingMatched: 0,
    rowsScanned: 0,
    rowsMatched: 0,
    rowsTotal: segments.reduce((rows, segment) => rows + segment.rows, 0),
    entriesInFilter: 0,
    entriesPostFilter: 0,
    threadCpuNs: 0,
    bytesAllocated: 0,
    freshnessMs: fresh.length === 0 ? 0 : Math.min(...fresh),
    indexes: [],
  };
}

/** Adds one slice's counts. */
export function addCounts(stats: ScanStats, counts: ScanCounts): void {
  stats.rowsScanned += counts.rowsScanned;
  stats.rowsMatched += counts.rowsMatched;
  stats.entriesInFilter += counts.entriesInFilter;
  stats.entriesPostFilter += counts.entriesPostFilter;
}

/** Which segments had rows that matched. */
export function noteMatched(query: Query, matched: ReadonlySet<string>): void {
  for (const segment of query.segments) {
    if (!matched.has(segment.id)) continue;
    query.stats.segmentsMatched++;
    if (segment.state === "consuming") query.stats.consumingMatched++;
  }
}

/** What a kept answer did when it was made, without the work that was not done again. */
export const statsAgain = (made: ScanStats, now: ScanStats): ScanStats => ({
  ...made,
  segmentsCached: made.segmentsProcessed,
  rowsScanned: 0,
  entriesInFilter: 0,
  entriesPostFilter: 0,
  threadCpuNs: 0,
  bytesAllocated: 0,
  freshnessMs: now.freshnessMs,
});
