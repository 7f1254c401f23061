/** Versions of snapshot sets: every part of one counts, and nothing else does. */
import { expect, test } from "vitest";
import {
  type SnapshotInfo,
  type SnapshotSet,
  type TableVersion,
  versionOf,
  wholeMoment,
} from "#schemas/plan/snapshot";
import { infoOf, momentOf } from "#test/setup/snapshots";

const version: TableVersion = {
  incarnation: "a1",
  definition: 1,
  generation: 2,
  growing: [
    { partition: 0, rows: 3 },
    { partition: 1, rows: 4 },
  ],
  validity: 0,
};

const setOf = (...infos: readonly SnapshotInfo[]): SnapshotSet => ({
  nowMs: 5,
  parts: infos.map((info, at) => ({ kind: "held", server: { name: `s${at}` }, info })),
});

const setWith = (change: Partial<TableVersion>, run = "r1"): SnapshotSet =>
  setOf({ ...infoOf(momentOf("t", 7, { version: { ...version, ...change } })), run });

const text = (set: SnapshotSet) => versionOf(set, ["t"]);

test.each([
  ["incarnation", { incarnation: "b2" }],
  ["definition", { definition: 2 }],
  ["generation", { generation: 3 }],
  [
    "rows of a partition",
    {
      growing: [
        { partition: 0, rows: 4 },
        { partition: 1, rows: 4 },
      ],
    },
  ],
  [
    "which partition has them",
    {
      growing: [
        { partition: 0, rows: 4 },
        { partition: 1, rows: 3 },
      ],
    },
  ],
  ["a partition", { growing: [{ partition: 0, rows: 3 }] }],
  ["validity", { validity: 1 }],
] as const)("another %s is another version", (_, change) => {
  expect(text(setWith(change))).not.toBe(text(setWith({})));
});

test("another life of the server, another server and a missing one are other versions; time is not", () => {
  const base = text(setWith({}));
  expect(text(setWith({}, "r2"))).not.toBe(base);
  const part = infoOf(momentOf("t", 7, { version }));
  expect(text(setOf(part, part))).not.toBe(text(setOf(part)));
  const missing = { kind: "missing", server: { name: "s1" }, reason: "gone" } as const;
  expect(text({ ...setOf(part), parts: [...setOf(part).parts, missing] })).not.toBe(text(setOf(part)));
  expect(text({ ...setWith({}), nowMs: 6 })).toBe(base);
  expect(text(setOf({ ...infoOf(momentOf("t", 7, { version })), run: "r1", id: "other", takenMs: 9 }))).toBe(
    base,
  );
});

test("only the tables that are asked count, whatever else the set holds", () => {
  const other = (rows: number) => momentOf("u", rows);
  const both = (rows: number) => setOf(infoOf(momentOf("t", 7, { version }), other(rows)));
  expect(versionOf(both(1), ["t"])).toBe(versionOf(both(2), ["t"]));
  expect(versionOf(both(1), ["t", "u"])).not.toBe(versionOf(both(2), ["t", "u"]));
  expect(versionOf(setOf(infoOf()), ["t"])).not.toBe(versionOf(setOf(infoOf(momentOf("t", 0))), ["t"]));
});

test("a table over several servers is the sum of what they hold; none has it: null", () => {
  const gap = { partition: 0, start: 1n, end: 2n, reason: "gone", foundMs: 3 };
  const set = setOf(
    { ...infoOf(momentOf("t", 5, { gaps: [gap], newestEventMs: 7n })), takenMs: 2 },
    { ...infoOf(momentOf("t", 6, { newestEventMs: 9n })), takenMs: 1 },
    infoOf(momentOf("u", 100)),
  );
  expect(wholeMoment(set, "t")).toEqual({ rows: 11, gaps: [gap], newestEventMs: 9n, takenMs: 1 });
  expect(wholeMoment(set, "v")).toBeNull();
});
