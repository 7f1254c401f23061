import { expect, test } from "vitest";
import { stepPartition } from "#ingestion/partition-life";
import { isGoing, isKept, isThere, stepTable, type TableLife } from "#server/tables/life";

const life = (kind: TableLife["kind"]): TableLife =>
  kind === "halted" || kind === "fenced" ? { kind, reason: "why" } : { kind };

test("a table's life goes its way, and no other", () => {
  const way = ["creating", "running", "paused", "running", "replacing", "dropped"] as const;
  way.reduce((from, to) => {
    expect(stepTable(life(from), life(to))).toEqual(life(to));
    return to;
  });
  for (const from of ["running", "paused", "halted", "fenced"] as const)
    for (const to of ["replacing", "dropping"] as const)
      expect(stepTable(life(from), life(to))).toEqual(life(to));
  expect(() => stepTable(life("dropping"), life("running"))).toThrow(
    "a table cannot go from dropping to running",
  );
  expect(() => stepTable(life("fenced"), life("running"))).toThrow("cannot go from fenced to running");
  expect(() => stepTable(life("dropped"), life("creating"))).toThrow("cannot go from dropped to creating");
});

test("what is there, what is kept and what goes are read off it", () => {
  const kinds = ["creating", "succeeding", "recovering", "running", "paused", "halted", "fenced"] as const;
  expect(kinds.filter((kind) => !isThere(life(kind)))).toEqual(["creating"]);
  expect(kinds.filter((kind) => !isKept(life(kind)))).toEqual(["fenced"]);
  expect(kinds.filter((kind) => isGoing(life(kind)))).toEqual([]);
  const going = ["replacing", "dropping", "dropped"] as const;
  expect(going.filter((kind) => isThere(life(kind)))).toEqual(["replacing"]);
  expect(going.every((kind) => isGoing(life(kind)) && !isKept(life(kind)))).toBe(true);
});

test("a closed partition stays closed", () => {
  expect(() => stepPartition({ kind: "closed" }, { kind: "consuming" })).toThrow(
    "cannot go from closed to consuming",
  );
});
