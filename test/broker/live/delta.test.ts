import fc from "fast-check";
import { expect, test } from "vitest";
import { changedRows, differenceOf, isEmptyChange } from "#broker/live/delta";
import type { LiveResult } from "#schemas/api/live";
import { applyMessage, emptyState } from "../../../web/live-state.ts";

const statistics = {
  timeUsedUs: 0,
  segmentsQueried: 0,
  segmentsProcessed: 0,
  segmentsCached: 0,
  rowsScanned: 0,
  rowsTotal: 0,
};
const resultOf = (rows: LiveResult["rows"]): LiveResult => ({
  columnNames: ["a", "b"],
  columnTypes: ["STRING", "DOUBLE"],
  rows,
  partial: false,
  gaps: [],
  statistics,
});
const range = { fromMs: 0, toMs: 1 };
const watermark = { eventMs: null, takenMs: 0, rows: 0 };
const cell = fc.oneof(fc.constantFrom("x", "y", null, true), fc.double());
const rows = fc.array(fc.tuple(cell, cell), { maxLength: 12 });

test("a page that applies the delta has exactly the new rows", () => {
  fc.assert(
    fc.property(rows, rows, (from, to) => {
      const snapshot = {
        kind: "snapshot",
        id: "p",
        sequence: 1,
        result: resultOf(from),
        range,
        watermark,
      } as const;
      const changes = changedRows(from, to);
      const delta = {
        kind: "delta",
        id: "p",
        sequence: 2,
        ...changes,
        range,
        statistics,
        watermark,
      } as const;
      const before = applyMessage(emptyState, snapshot)!;
      const after = applyMessage(before, delta)!;
      expect(after.result!.rows).toEqual(to);
      expect(before.result!.rows).toEqual(from);
      expect(changes.at.length).toBeLessThanOrEqual(to.length);
    }),
  );
});

test("equal rows make an empty change", () => {
  const same = [["a", Number.NaN]] as const;
  expect(isEmptyChange(changedRows(same, [["a", Number.NaN]]), 1)).toBe(true);
});

test("other columns need the whole result", () => {
  const other = { ...resultOf([]), columnNames: ["a", "c"] };
  expect(differenceOf(resultOf([]), other)).toBeNull();
});

test("a delta out of order is refused, so that the page asks again", () => {
  const delta = {
    kind: "delta",
    id: "p",
    sequence: 7,
    at: [],
    rows: [],
    rowCount: 0,
    range,
    statistics,
    watermark,
  } as const;
  expect(applyMessage(emptyState, delta)).toBeNull();
});
