/**
 * Which sealed segments to rewrite next: pure, so that tests state the policy. Small neighbours in time (or in the
 * stream, for tables without time) become one; a segment most of whose time has expired is rewritten alone. A group
 * is only taken when its largest member is at most half of it, so each row is rewritten a logarithmic number of
 * times.
 */
import type { Limits } from "#schemas/limits";
import type { SegmentRecord } from "#schemas/segment";
import { compareText } from "#schemas/text";

export interface MergePlan {
  readonly inputs: readonly SegmentRecord[];
  /** Rows before this time are left out; null keeps all. */
  readonly keepFromMs: bigint | null;
}

export interface MergePolicy {
  readonly limits: Limits;
  readonly retainFromMs: bigint | null;
  /** How many neighbours make a merge worth its writing. */
  readonly segmentsMin: number;
  readonly segmentsMax: number;
}

const startOf = (record: SegmentRecord): bigint => record.timeMinMs ?? record.ranges[0]?.start ?? 0n;

const inOrder = (a: SegmentRecord, b: SegmentRecord): number => {
  const first = startOf(a);
  const second = startOf(b);
  return first < second ? -1 : first > second ? 1 : compareText(a.id, b.id);
};

/** Segments all of whose rows are before `retainFromMs`. */
export const expired = (records: readonly SegmentRecord[], retainFromMs: bigint | null): SegmentRecord[] =>
  retainFromMs === null
    ? []
    : records.filter((record) => record.timeMaxMs !== null && record.timeMaxMs < retainFromMs);

function mostlyExpired(record: SegmentRecord, retainFromMs: bigint | null): boolean {
  const { timeMinMs, timeMaxMs } = record;
  if (retainFromMs === null || timeMinMs === null || timeMaxMs === null || timeMinMs >= retainFromMs)
    return false;
  return (retainFromMs - timeMinMs) * 2n > timeMaxMs - timeMinMs;
}

/** The longest run of small neighbours from `from` on that fits one segment. */
function runFrom(records: readonly SegmentRecord[], from: number, policy: MergePolicy): SegmentRecord[] {
  const { limits, segmentsMax } = policy;
  const run: SegmentRecord[] = [];
  let rows = 0;
  let bytes = 0;
  for (const record of records.slice(from, from + segmentsMax)) {
    const small = record.rows * 2 <= limits.segmentRows && record.bytes * 2 <= limits.segmentBytes;
    if (!small || rows + record.rows > limits.segmentRows || bytes + record.bytes > limits.segmentBytes)
      break;
    run.push(record);
    rows += record.rows;
    bytes += record.bytes;
  }
  return run;
}

function worthMerging(run: readonly SegmentRecord[], policy: MergePolicy): boolean {
  if (run.length < policy.segmentsMin) return false;
  const rows = run.reduce((sum, record) => sum + record.rows, 0);
  const largest = run.reduce((most, record) => Math.max(most, record.rows), 0);
  return largest * 2 <= rows || rows === 0;
}

/** The next rewrite, or null when all is well. */
export function planMerge(records: readonly SegmentRecord[], policy: MergePolicy): MergePlan | null {
  const ordered = [...records].sort(inOrder);
  const keepFromMs = policy.retainFromMs;
  for (let from = 0; from < ordered.length; from++) {
    const run = runFrom(ordered, from, policy);
    if (worthMerging(run, policy)) return { inputs: run, keepFromMs };
  }
  const old = ordered.find((record) => mostlyExpired(record, keepFromMs));
  return old === undefined ? null : { inputs: [old], keepFromMs };
}
