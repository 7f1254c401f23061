import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dashboard, type Panel, parseDashboard } from "#schemas/api/dashboards";
import { appLimits } from "#schemas/limits";
import { withoutPanel } from "../../web/dashboard/edit.ts";
import { changed, editsOf, redone, undone } from "../../web/dashboard/edits.ts";
import { mergeDashboards } from "../../web/dashboard/merge.ts";

const panel = (id: string, y: number): Panel => ({
  id,
  title: id,
  table: "t",
  sql: `SELECT ${id} FROM t`,
  chart: { kind: "bar" },
  at: { x: 0, y, w: 6, h: 4 },
});
const base: Dashboard = {
  id: "d",
  title: "D",
  from: "now-1h",
  to: "now",
  panels: [panel("a", 0), panel("b", 4), panel("c", 8)],
  version: 9,
  updatedMs: 1,
};
const change = (dashboard: Dashboard, id: string, next: Partial<Panel>): Dashboard => ({
  ...dashboard,
  panels: dashboard.panels.map((one) => (one.id === id ? { ...one, ...next } : one)),
});
const theirs = (dashboard: Dashboard): Dashboard => ({ ...dashboard, version: 10, updatedMs: 2 });

describe("two windows on one dashboard", () => {
  test("what does not touch the same part is put together", () => {
    const mine = change({ ...base, title: "Mine" }, "a", { title: "A" });
    const other = theirs({
      ...change(base, "b", { sql: "SELECT 2 FROM t" }),
      panels: [...change(base, "b", { sql: "SELECT 2 FROM t" }).panels, panel("e", 12)],
    });
    const merge = mergeDashboards(base, mine, other);
    expect(merge.conflicts).toEqual([]);
    const { title, version, panels } = merge.resolve({});
    expect({ title, version }).toEqual({ title: "Mine", version: 10 });
    expect(panels.map(({ id, title: name, sql }) => [id, name, sql])).toEqual([
      ["a", "A", "SELECT a FROM t"],
      ["b", "b", "SELECT 2 FROM t"],
      ["c", "c", "SELECT c FROM t"],
      ["e", "e", "SELECT e FROM t"],
    ]);
  });

  test("one moves a panel while another changes its statement: both hold", () => {
    const mine = change(base, "a", { at: { x: 6, y: 0, w: 6, h: 4 } });
    const merge = mergeDashboards(base, mine, theirs(change(base, "a", { sql: "SELECT 1 FROM t" })));
    expect(merge.conflicts).toEqual([]);
    expect(merge.resolve({}).panels[0]).toMatchObject({ sql: "SELECT 1 FROM t", at: { x: 6 } });
  });

  test("both changed the same: each is said, and either can be had", () => {
    const mine = change({ ...base, title: "Mine" }, "a", { sql: "mine" });
    const other = theirs(withoutPanel({ ...base, title: "Theirs" }, "a"));
    const merge = mergeDashboards(base, mine, other);
    expect(merge.conflicts.map(({ key, mine: own, theirs: their }) => [key, own, their])).toEqual([
      ["title", "Mine", "Theirs"],
      ["panel a", "changed: statement", "taken off"],
    ]);
    expect(merge.resolve({}).panels.map(({ id }) => id)).toContain("a");
    expect(merge.resolve({ "panel a": "theirs", title: "theirs" })).toMatchObject({
      title: "Theirs",
      panels: [{ id: "b" }, { id: "c" }],
    });
  });

  const sides = fc.array(
    fc.record({
      id: fc.constantFrom("a", "b", "c"),
      what: fc.constantFrom("title", "sql", "gone", "at"),
      to: fc.nat(2),
    }),
    { maxLength: 4 },
  );
  const applied = (deeds: readonly { readonly id: string; readonly what: string; readonly to: number }[]) =>
    deeds.reduce((so, { id, what, to }) => {
      if (what === "gone") return withoutPanel(so, id);
      if (what === "at") return change(so, id, { at: { x: 0, y: 20 + 4 * to, w: 6, h: 4 } });
      return change(so, id, { [what]: `${what} ${to}` });
    }, base);

  test("nothing that one of them did is lost unseen, and panels never lie over each other", () => {
    fc.assert(
      fc.property(sides, sides, (own, others) => {
        const mine = applied(own);
        const other = theirs(applied(others));
        const merge = mergeDashboards(base, mine, other);
        const result = merge.resolve({});
        expect(parseDashboard(JSON.parse(JSON.stringify(result))).version).toBe(10);
        for (const [at, one] of result.panels.entries())
          for (const two of result.panels.slice(at + 1))
            expect(one.at.y + one.at.h <= two.at.y || two.at.y + two.at.h <= one.at.y).toBe(true);
        for (const { id } of base.panels) {
          if (merge.conflicts.some(({ key }) => key === `panel ${id}`)) continue;
          const [first, wanted, their, got] = [base, mine, other, result].map(({ panels }) =>
            panels.find((one) => one.id === id),
          );
          for (const name of ["title", "sql"] as const) {
            for (const side of [wanted, their])
              if (side?.[name] !== first?.[name]) expect(got?.[name]).toBe(side?.[name]);
          }
        }
      }),
    );
  });
});

describe("undo", () => {
  test("goes back step by step and forward again; a word is one step; a new change ends the forward", () => {
    let edits = editsOf("");
    for (const text of ["S", "Sa", "Sal"]) edits = changed(edits, text, "title");
    edits = changed(edits, "panel gone");
    expect(undone(edits).now).toBe("Sal");
    expect(undone(undone(edits)).now).toBe("");
    expect(undone(undone(undone(edits))).now).toBe("");
    expect(redone(undone(edits)).now).toBe("panel gone");
    expect(changed(undone(edits), "other").future).toEqual([]);
  });

  test("keeps a hundred steps", () => {
    let edits = editsOf(0);
    for (let step = 1; step <= 250; step++) edits = changed(edits, step);
    expect(edits.past).toHaveLength(appLimits.undoSteps);
  });
});
