/** Segments along time, in lanes. */
import type { SegmentSummary } from "#schemas/api/tables";

interface Timed {
  readonly segment: SegmentSummary;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Segments without overlap share a lane; a few lanes show how far time is mixed. */
export function lanesOf(segments: readonly SegmentSummary[], lanesMax = 8): readonly (readonly Timed[])[] {
  const timed = segments
    .flatMap((segment): Timed[] =>
      segment.timeMinMs === null || segment.timeMaxMs === null
        ? []
        : [{ segment, fromMs: segment.timeMinMs, toMs: segment.timeMaxMs }],
    )
    .toSorted((left, right) => left.fromMs - right.fromMs);
  const lanes: Timed[][] = [];
  for (const item of timed) {
    const free = lanes.find((lane) => lane.at(-1)!.toMs <= item.fromMs);
    if (free !== undefined) free.push(item);
    else if (lanes.length < lanesMax) lanes.push([item]);
    else lanes.at(-1)!.push(item);
  }
  return lanes;
}
