import { expect, test } from "vitest";
import { encodeLiveMessage } from "#broker/live/socket-node";
import type { LiveMessage } from "#schemas/api/live";
import type { SegmentSummary } from "#schemas/api/tables";
import { planLines } from "../../web/console/plan-lines.ts";
import { lanesOf } from "../../web/tables/lanes.ts";

const segment = (id: string, timeMinMs: number | null, timeMaxMs: number | null): SegmentSummary => ({
  id,
  state: "sealed",
  rows: 1,
  bytes: 1,
  ranges: [],
  timeMinMs,
  timeMaxMs,
  error: null,
});

test("segments that overlap in time lie in lanes of their own; those without a time in none", () => {
  const lanes = lanesOf([
    segment("c", 5, 15),
    segment("a", 0, 10),
    segment("b", 10, 20),
    segment("d", null, null),
  ]);
  expect(lanes.map((lane) => lane.map((item) => item.segment.id))).toEqual([["a", "b"], ["c"]]);
  expect(
    lanesOf([segment("a", 0, 9), segment("b", 1, 9), segment("c", 2, 9)], 2).map((lane) => lane.length),
  ).toEqual([1, 2]);
});

test("a plan is indented under its parents", () => {
  const rows = [
    ["BROKER_REDUCE()", 0, -1],
    ["GROUP_BY(x)", 1, 0],
    ["SCAN(t)", 2, 1],
    ["OTHER()", 3, 0],
  ];
  expect(planLines(rows).map(({ depth }) => depth)).toEqual([0, 1, 2, 1]);
});

test("64-bit integers travel as digits", () => {
  const gap = {
    partition: 0,
    start: 9007199254740993n,
    end: 2n ** 62n,
    reason: '"\u0000bigint"',
    foundMs: 1,
  };
  const statistics = {
    timeUsedUs: 1,
    segmentsQueried: 1,
    segmentsProcessed: 1,
    segmentsCached: 0,
    rowsScanned: 1,
    rowsTotal: 1,
  };
  const message: LiveMessage = {
    kind: "snapshot",
    id: "p",
    sequence: 1,
    range: { fromMs: 0, toMs: 1 },
    watermark: { eventMs: 1, takenMs: 1, rows: 1 },
    result: { columnNames: [], columnTypes: [], rows: [], partial: true, gaps: [gap], statistics },
  };
  const text = encodeLiveMessage(message);
  expect(text).toContain('"start":9007199254740993,"end":4611686018427387904,');
  expect(JSON.parse(text).result.gaps[0].reason).toBe(gap.reason);
});
