import { describe, expect, test } from "vitest";
import { FakeLive } from "#test/broker/live/fake-live";

const watch = (id: string, table: string | null = null) => ({ kind: "watch", id, table }) as const;

const told = (page: ReturnType<FakeLive["page"]>) =>
  page.messages.filter(({ kind }) => kind === "tables" || kind === "table");

describe("watching all tables", () => {
  test("answers at once, then what changed, and nothing while nothing does", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(watch("w"));
    await live.timers.advance(0);
    expect(told(page)).toMatchObject([
      { kind: "tables", id: "w", sequence: 1, names: ["a", "b"], changed: [{ name: "a" }, { name: "b" }] },
    ]);
    live.tables.set("b", { rows: 7, freshnessMs: 2 });
    await live.timers.advance(1000);
    expect(told(page)[1]).toMatchObject({
      sequence: 2,
      takenMs: live.timers.nowMs(),
      names: ["a", "b"],
      changed: [{ name: "b", rows: 7, freshnessMs: 2 }],
    });
    live.tables.set("b", { rows: 7, freshnessMs: 9002 });
    await live.timers.advance(20_000);
    expect(told(page)).toHaveLength(2);
  });

  test("tables that come and go are told", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(watch("w"));
    await live.timers.advance(0);
    live.tables.delete("a");
    await live.timers.advance(1000);
    expect(told(page).at(-1)).toMatchObject({ names: ["b"], changed: [] });
    live.tables.set("c", {});
    await live.timers.advance(1000);
    expect(told(page).at(-1)).toMatchObject({ names: ["b", "c"], changed: [{ name: "c" }] });
  });

  test("at most once every liveTablesMs, looked at once for all pages", async () => {
    const live = new FakeLive({ liveTablesMs: 1000 });
    const pages = [live.page(), live.page(), live.page()];
    for (const { client } of pages) client.receive(watch("w"));
    for (let rows = 1; rows <= 100; rows++) {
      live.tables.set("a", { rows });
      await live.timers.advance(100);
    }
    expect(live.looks).toBeLessThanOrEqual(12);
    for (const page of pages) {
      expect(told(page).length).toBeGreaterThanOrEqual(9);
      expect(told(page).length).toBeLessThanOrEqual(11);
    }
  });

  test("nobody looks: nothing is looked at; resuming catches up", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(watch("w"));
    await live.timers.advance(0);
    page.client.receive({ kind: "pause" });
    live.tables.set("a", { rows: 50 });
    await live.timers.advance(1000);
    const { looks } = live;
    await live.timers.advance(30_000);
    expect(live.looks).toBe(looks);
    expect(told(page)).toHaveLength(1);
    page.client.receive({ kind: "resume" });
    await live.timers.advance(1000);
    expect(told(page).at(-1)).toMatchObject({ changed: [{ name: "a", rows: 50 }] });
    page.client.receive({ kind: "unsubscribe", id: "w" });
    const after = live.looks;
    await live.timers.advance(30_000);
    expect(live.looks).toBeLessThanOrEqual(after + 1);
  });

  test("a slow page gets the newest state when it is ready, nothing in between", async () => {
    const live = new FakeLive();
    const page = live.page(true);
    page.client.receive(watch("w"));
    await live.timers.advance(0);
    for (let rows = 2; rows <= 9; rows++) {
      live.tables.set("a", { rows });
      await live.timers.advance(1000);
    }
    expect(told(page)).toHaveLength(1);
    page.client.receive({ kind: "ack", id: "w", sequence: 1 });
    expect(told(page)).toHaveLength(2);
    expect(told(page)[1]).toMatchObject({ sequence: 2, changed: [{ name: "a", rows: 9 }] });
  });
});

describe("watching one table", () => {
  test("is told the fields that changed", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(watch("w", "a"));
    await live.timers.advance(0);
    expect(told(page)).toMatchObject([{ kind: "table", sequence: 1, changed: { name: "a", segments: [] } }]);
    live.tables.set("a", { rows: 8, freshnessMs: 1 });
    await live.timers.advance(1000);
    expect(told(page)[1]).toMatchObject({ sequence: 2, changed: { rows: 8, freshnessMs: 1 } });
    expect(told(page)[1]).not.toHaveProperty("changed.segments");
  });

  test("one that is not there is an error, told once, until it is", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(watch("w", "new"));
    await live.timers.advance(5000);
    const errors = page.messages.filter(({ kind }) => kind === "error");
    expect(errors).toMatchObject([{ id: "w", exceptions: [{ code: "TABLE_UNKNOWN" }] }]);
    live.tables.set("new", {});
    await live.timers.advance(1000);
    expect(told(page)).toMatchObject([{ sequence: 1, changed: { name: "new" } }]);
  });

  test("looking takes a small part of the time, however long it takes", async () => {
    const live = new FakeLive();
    live.page().client.receive(watch("w", "a"));
    await live.timers.advance(0);
    live.workMs = 500;
    live.looks = 0;
    for (let step = 0; step < 100; step++) await live.timers.advance(1000);
    expect(live.looks).toBeGreaterThan(5);
    expect(live.looks * live.workMs).toBeLessThan(100_000 / 10);
  });

  test("counts against liveSubscriptions, with the name of the limit", async () => {
    const live = new FakeLive({ liveSubscriptions: 1 });
    const page = live.page();
    page.client.receive(watch("w", "a"));
    page.client.receive(watch("x", "b"));
    page.client.receive(watch("w", "b"));
    await live.timers.advance(0);
    const refused = page.messages.flatMap((message) => (message.kind === "error" ? message.exceptions : []));
    expect(refused.map(({ message }) => message)).toEqual([expect.stringContaining("liveSubscriptions")]);
    expect(told(page).at(-1)).toMatchObject({ id: "w", sequence: 1, changed: { name: "b" } });
  });

  test("a page that goes leaves nothing behind", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(watch("w", "a"));
    await live.timers.advance(0);
    page.client.close();
    live.looks = 0;
    live.tables.set("a", { rows: 3 });
    await live.timers.advance(10_000);
    expect(live.looks).toBe(0);
    expect(told(page)).toHaveLength(1);
  });
});
