import { describe, expect, test } from "vitest";
import { Meter } from "#broker/live/meter";
import type { LiveMessage } from "#schemas/api/live";
import { StoreError } from "#schemas/errors";
import { FakeLive, subscribe } from "#test/broker/live/fake-live";

describe("subscribing", () => {
  test("answers hello, then a snapshot, then a delta when the table changed", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(subscribe("p"));
    await live.timers.advance(20);
    expect(page.kinds()).toEqual(["hello", "snapshot"]);
    live.rows = () => [
      ["a", 2],
      ["b", 1],
    ];
    live.change();
    await live.timers.advance(250);
    expect(page.messages.at(-1)).toMatchObject({
      kind: "delta",
      sequence: 2,
      at: [0, 1],
      rows: [
        ["a", 2],
        ["b", 1],
      ],
      rowCount: 2,
      watermark: { rows: 101 },
    });
  });

  test("binds :from, :to and :zone to the moving range", async () => {
    const live = new FakeLive();
    const { client } = live.page();
    client.receive(
      subscribe("p", "SELECT ':from' FROM t WHERE at >= :from AND at < :to AND z = :zone", 1000),
    );
    await live.timers.advance(20);
    expect(live.asked).toEqual([
      "SELECT ':from' FROM t WHERE at >= 1699999999020 AND at < 1700000000020 AND z = 'UTC'",
    ]);
  });

  test("a faulty statement is an error of that subscription only", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(subscribe("bad", "SELECT 1"));
    page.client.receive(subscribe("good"));
    await live.timers.advance(20);
    expect(page.kinds()).toEqual(["hello", "error", "snapshot"]);
    expect(page.messages[1]).toMatchObject({ id: "bad", exceptions: [{ code: "SQL_SYNTAX" }] });
  });

  test("an unknown zone and too many subscriptions are refused with their limit", async () => {
    const live = new FakeLive({ liveSubscriptions: 1 });
    const page = live.page();
    page.client.receive({ ...subscribe("a"), zone: "Mars/Olympus" });
    page.client.receive(subscribe("b"));
    page.client.receive(subscribe("c"));
    await live.timers.advance(20);
    const refused = page.messages.flatMap((message) => (message.kind === "error" ? message.exceptions : []));
    expect(refused.map(({ code }) => code)).toEqual(["OPTION_VALUE", "RATE_LIMITED"]);
    expect(refused[1]!.message).toContain("liveSubscriptions");
  });

  test("too many pages are refused", () => {
    const live = new FakeLive({ liveClients: 1 });
    live.page();
    expect(() => live.page()).toThrow(/liveClients/);
  });
});

describe("sharing", () => {
  test("identical questions of many pages run once; different ones share one snapshot", async () => {
    const live = new FakeLive();
    const pages = [live.page(), live.page(), live.page()];
    for (const { client } of pages) client.receive(subscribe("p"));
    pages[0]!.client.receive(subscribe("q", "SELECT v FROM t"));
    await live.timers.advance(20);
    expect(live.asked.toSorted()).toEqual(["SELECT k, v FROM t", "SELECT v FROM t"]);
    expect(live.snapshots).toEqual(["t"]);
    expect(live.released).toBe(1);
    expect(live.hub.counts()).toEqual({ clients: 3, queries: 2 });
    for (const { client } of pages) client.close();
    expect(live.hub.counts()).toEqual({ clients: 0, queries: 0 });
  });

  test("one who comes later gets the known result at once", async () => {
    const live = new FakeLive();
    live.page().client.receive(subscribe("p"));
    await live.timers.advance(20);
    const late = live.page();
    late.client.receive(subscribe("x"));
    expect(late.kinds()).toEqual(["hello", "snapshot"]);
    expect(live.asked).toHaveLength(1);
  });

  test("tables are apart: a change of one does not run the other's queries", async () => {
    const live = new FakeLive();
    const { client } = live.page();
    client.receive(subscribe("p"));
    client.receive(subscribe("q", "SELECT k FROM other"));
    await live.timers.advance(20);
    live.asked.length = 0;
    live.change("other");
    await live.timers.advance(300);
    expect(live.asked).toEqual(["SELECT k FROM other"]);
  });
});

describe("a table dropped and made anew", () => {
  const version = { incarnation: "a", definition: 1, generation: 4, growing: [], validity: 0 };

  test.each([
    ["incarnation", { incarnation: "b" }],
    ["generation", { generation: 5 }],
    ["definition", { definition: 2 }],
  ] as const)("another %s with as many rows is run again", async (_, change) => {
    const live = new FakeLive();
    const page = live.page();
    live.moment = (moment) => ({ ...moment, rows: 100, version });
    page.client.receive(subscribe("q", "SELECT k, v FROM t"));
    await live.timers.advance(300);
    live.change();
    await live.timers.advance(300);
    // Equal versions: the answer is known.
    expect(live.asked).toHaveLength(1);
    live.rows = () => [["new", 2]];
    live.moment = (moment) => ({ ...moment, rows: 100, version: { ...version, ...change } });
    live.change();
    await live.timers.advance(300);
    expect(live.asked).toHaveLength(2);
    expect(page.messages.at(-1)).toMatchObject({ kind: "delta", rows: [["new", 2]] });
  });

  test("panels of one tick read one snapshot of all their tables; one that is gone fails alone", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(subscribe("q", "SELECT k, v FROM t"));
    page.client.receive(subscribe("r", "SELECT k, v FROM u"));
    await live.timers.advance(300);
    expect(live.snapshots).toEqual(["t,u"]);
    expect(page.kinds()).toEqual(["hello", "snapshot", "snapshot"]);
  });
});

describe("pace", () => {
  test("runs are at least liveTickMs apart, however often rows come", async () => {
    const live = new FakeLive({ liveTickMs: 200 });
    live.page().client.receive(subscribe("p"));
    await live.timers.advance(20);
    live.asked.length = 0;
    for (let step = 0; step < 100; step++) {
      live.change();
      await live.timers.advance(10);
    }
    expect(live.asked.length).toBeGreaterThanOrEqual(4);
    expect(live.asked.length).toBeLessThanOrEqual(6);
  });

  test("work takes a third of the time at most", async () => {
    const live = new FakeLive({ liveTickMs: 200 });
    live.workMs = 500;
    live.page().client.receive(subscribe("p"));
    for (let step = 0; step < 100; step++) {
      live.change();
      await live.timers.advance(100);
    }
    expect(live.asked.length).toBeLessThanOrEqual(10);
  });

  test("a heavy question runs less often and does not hold up cheap ones", async () => {
    const live = new FakeLive({ liveTickMs: 200 });
    const { client } = live.page();
    client.receive(subscribe("cheap"));
    client.receive(subscribe("one", "SELECT heavy1 FROM t"));
    client.receive(subscribe("two", "SELECT heavy2 FROM t"));
    await live.timers.advance(20);
    live.asked.length = 0;
    for (let step = 0; step < 300; step++) {
      live.change();
      await live.timers.advance(50);
    }
    const times = (part: string) => live.asked.filter((sql) => sql.includes(part)).length;
    expect(times("k, v")).toBeGreaterThan(30);
    expect(times("heavy1")).toBeGreaterThan(3);
    expect(Math.abs(times("heavy1") - times("heavy2"))).toBeLessThanOrEqual(1);
    expect((times("heavy1") + times("heavy2")) * 500).toBeLessThan(15_000 / 2);
  });

  test("a question asked while others rest is answered at once", async () => {
    const live = new FakeLive({ liveTickMs: 200 });
    live.workMs = 2000;
    const { client, messages } = live.page();
    client.receive(subscribe("p"));
    await live.timers.advance(20);
    live.change();
    live.workMs = 0;
    client.receive(subscribe("q", "SELECT v FROM t"));
    await live.timers.advance(20);
    expect(messages.at(-1)).toMatchObject({ kind: "snapshot", id: "q" });
  });

  test("nothing changed: nothing runs but the moving range, every five seconds", async () => {
    const live = new FakeLive();
    live.page().client.receive(subscribe("p", "SELECT k, v FROM t WHERE at > :from"));
    await live.timers.advance(20);
    live.asked.length = 0;
    await live.timers.advance(20_000);
    expect(live.asked.length).toBeGreaterThanOrEqual(3);
    expect(live.asked.length).toBeLessThanOrEqual(4);
  });

  test("an absolute range over unchanged rows is never run again", async () => {
    const live = new FakeLive();
    const { client } = live.page();
    client.receive({ ...subscribe("p"), range: { kind: "between", fromMs: 0, toMs: 10 } });
    await live.timers.advance(30_000);
    expect(live.asked).toHaveLength(1);
  });
});

describe("slow and paused pages", () => {
  test("a slow page gets the newest state when it is ready, nothing in between", async () => {
    const live = new FakeLive();
    const page = live.page(true);
    page.client.receive(subscribe("p"));
    await live.timers.advance(20);
    for (let value = 2; value <= 9; value++) {
      live.rows = () => [["a", value]];
      live.change();
      await live.timers.advance(250);
    }
    const results = () => page.messages.filter(({ kind }) => kind === "snapshot" || kind === "delta");
    expect(results()).toHaveLength(1);
    page.client.receive({ kind: "ack", id: "p", sequence: 1 });
    expect(results()).toHaveLength(2);
    expect(results()[1]).toMatchObject({ kind: "delta", sequence: 2, rows: [["a", 9]] });
  });

  test("nobody looks: nothing runs, but the row count goes on; resuming catches up", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(subscribe("p"));
    await live.timers.advance(20);
    page.client.receive({ kind: "pause" });
    live.asked.length = 0;
    live.rows = () => [["a", 7]];
    for (let step = 0; step < 10; step++) live.change();
    await live.timers.advance(1500);
    expect(live.asked).toEqual([]);
    expect(page.messages.at(-1)).toMatchObject({ kind: "tick", tables: { t: { rows: 110 } } });
    page.client.receive({ kind: "resume" });
    await live.timers.advance(300);
    expect(page.messages.at(-1)).toMatchObject({ kind: "delta", rows: [["a", 7]] });
  });

  test("what is asked while paused is answered once", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive({ kind: "pause" });
    page.client.receive(subscribe("p"));
    await live.timers.advance(20);
    expect(page.kinds()).toEqual(["hello", "snapshot"]);
    live.rows = () => [["a", 5]];
    live.change();
    await live.timers.advance(900);
    expect(live.asked).toHaveLength(1);
  });

  test("silence is broken by a tick within five seconds", async () => {
    const live = new FakeLive();
    const page = live.page();
    await live.timers.advance(5000);
    expect(page.kinds()).toContain("tick");
  });
});

describe("faults while running", () => {
  test("are told once, keep the last result, and heal", async () => {
    const live = new FakeLive();
    const page = live.page();
    page.client.receive(subscribe("p"));
    await live.timers.advance(20);
    live.fault = new StoreError("QUERY_MEMORY", "too much");
    for (let step = 0; step < 5; step++) {
      live.change();
      await live.timers.advance(300);
    }
    expect(page.kinds().filter((kind) => kind === "error")).toHaveLength(1);
    live.fault = null;
    live.change();
    await live.timers.advance(300);
    expect(page.messages.at(-1)).toMatchObject({ kind: "delta", at: [], sequence: 2 });
  });

  test("closing stops timers and forgets everybody", async () => {
    const live = new FakeLive();
    live.page().client.receive(subscribe("p"));
    await live.timers.advance(20);
    live.hub.close();
    live.asked.length = 0;
    live.change();
    await live.timers.advance(10_000);
    expect(live.asked).toEqual([]);
  });
});

describe("a subscription fails alone", () => {
  test("when its message cannot be made: an error frame, then its next result whole", async () => {
    const live = new FakeLive();
    const page = live.page();
    const { client } = page;
    const { send } = client;
    let broken = true;
    Object.assign(client, {
      send: (message: LiveMessage) => {
        if (broken && message.kind === "snapshot" && message.id === "bad")
          throw new RangeError("Invalid string length");
        send(message);
      },
    });
    client.receive(subscribe("bad"));
    client.receive(subscribe("good", "SELECT k, v FROM u"));
    await live.timers.advance(20);
    const about = (id: string) => page.messages.filter((message) => "id" in message && message.id === id);
    expect(about("bad")).toMatchObject([{ kind: "error", exceptions: [{ code: "QUERY_MEMORY" }] }]);
    expect(about("good")).toMatchObject([{ kind: "snapshot" }]);
    broken = false;
    live.rows = () => [["a", 2]];
    live.change();
    await live.timers.advance(250);
    expect(about("bad").map(({ kind }) => kind)).toEqual(["error", "snapshot"]);
    expect(live.logged).toEqual([]);
  });

  test("the statements of a page have a bound together", async () => {
    const live = new FakeLive({ liveSqlBytes: 50 });
    const page = live.page();
    page.client.receive(subscribe("a"));
    page.client.receive(subscribe("b", `SELECT k, v FROM t -- ${"x".repeat(40)}`));
    await live.timers.advance(20);
    expect(page.messages.find(({ kind }) => kind === "error")).toMatchObject({
      id: "b",
      exceptions: [{ code: "RATE_LIMITED", message: expect.stringContaining("liveSqlBytes") }],
    });
  });
});

test("a page that sends too much in a second is told the limit", () => {
  const meter = new Meter({ liveMessagesPerSecond: 2, liveBytesPerSecond: 100 });
  meter.take(10, 0);
  meter.take(10, 999);
  expect(() => meter.take(10, 999)).toThrow(/liveMessagesPerSecond = 2/);
  meter.take(100, 1000);
  expect(() => meter.take(1, 1001)).toThrow(/liveBytesPerSecond = 100/);
});
