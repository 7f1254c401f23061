import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "#schemas/limits";
import type { SegmentRecord } from "#schemas/segment";
import { expired, type MergePolicy, planMerge } from "#server/sealing/merge-plan";

const record = (at: number, rows: number, times: readonly [number, number] | null = [at * 10, at * 10 + 9]) =>
  ({
    id: `t__0__${at}`,
    table: "t",
    tableVersion: 1,
    rows,
    bytes: rows * 10,
    path: "",
    ranges: [{ partition: 0, start: BigInt(at), end: BigInt(at + 1) }],
    lineage: [],
    contentHash: "",
    timeMinMs: times === null ? null : BigInt(times[0]),
    timeMaxMs: times === null ? null : BigInt(times[1]),
    createdMs: 0,
  }) satisfies SegmentRecord;

const policy = (changes: Partial<MergePolicy> = {}): MergePolicy => ({
  limits: { ...limits, segmentRows: 1000 },
  retainFromMs: null,
  segmentsMin: 3,
  segmentsMax: 8,
  ...changes,
});

const idsOf = (records: readonly SegmentRecord[] | undefined) => records?.map(({ id }) => id);

describe("a merge", () => {
  test("takes neighbours in time, whatever order they were committed in", () => {
    const plan = planMerge([record(3, 100), record(1, 100), record(2, 100)], policy());
    expect(idsOf(plan?.inputs)).toEqual(["t__0__1", "t__0__2", "t__0__3"]);
  });

  test("leaves too few and large ones alone", () => {
    expect(planMerge([record(1, 100), record(2, 100)], policy())).toBeNull();
    expect(
      planMerge(
        [1, 2, 3].map((at) => record(at, 600)),
        policy(),
      ),
    ).toBeNull();
  });

  test("does not rewrite a large one for a few small neighbours", () => {
    expect(planMerge([record(1, 400), record(2, 10), record(3, 10)], policy())).toBeNull();
  });

  test("falls back on the stream's order for tables without time", () => {
    const plan = planMerge(
      [3, 1, 2].map((at) => record(at, 5, null)),
      policy(),
    );
    expect(idsOf(plan?.inputs)).toEqual(["t__0__1", "t__0__2", "t__0__3"]);
  });

  test("rewrites a segment alone once most of its time is expired", () => {
    const old = record(1, 900, [0, 1000]);
    expect(planMerge([old], policy({ retainFromMs: 400n }))).toBeNull();
    const plan = planMerge([old], policy({ retainFromMs: 600n }));
    expect(idsOf(plan?.inputs)).toEqual(["t__0__1"]);
    expect(plan?.keepFromMs).toBe(600n);
  });
});

test("merging ends, within the limits, after few rewrites of each row", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 60 }), (sizes) => {
      let records: SegmentRecord[] = sizes.map((rows, at) => record(at, rows));
      const total = sizes.reduce((sum, rows) => sum + rows, 0);
      let rewritten = 0;
      for (let plan = planMerge(records, policy()); plan !== null; plan = planMerge(records, policy())) {
        const { inputs } = plan;
        const rows = inputs.reduce((sum, one) => sum + one.rows, 0);
        expect(rows).toBeLessThanOrEqual(1000);
        rewritten += rows;
        const merged = { ...inputs[0]!, id: `${inputs[0]!.id}+`, rows, bytes: rows * 10 };
        records = [...records.filter((one) => !inputs.includes(one)), merged];
      }
      expect(records.reduce((sum, one) => sum + one.rows, 0)).toBe(total);
      expect(rewritten).toBeLessThanOrEqual(total * 10);
    }),
  );
});

test("a segment expires when its newest row has", () => {
  const records = [record(1, 5, [0, 99]), record(2, 5, [50, 100]), record(3, 5, null)];
  expect(idsOf(expired(records, 100n))).toEqual(["t__0__1"]);
  expect(expired(records, null)).toEqual([]);
});
