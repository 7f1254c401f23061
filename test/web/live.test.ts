import { describe, expect, test } from "vitest";
import type { LiveMessage, LiveRequest } from "#schemas/api/live";
import { FakeTimers } from "#test/broker/live/fake-live";
import { LiveConnection } from "../../web/live.ts";
import type { Socket } from "../../web/live-world.ts";

const question = { sql: "SELECT 1 FROM t", range: { kind: "last", ms: 1000 }, zone: "UTC" } as const;
const statistics = {
  timeUsedUs: 1,
  segmentsQueried: 1,
  segmentsProcessed: 1,
  segmentsCached: 0,
  rowsScanned: 1,
  rowsTotal: 1,
};
const range = { fromMs: 0, toMs: 1 };
const watermark = { eventMs: 5, takenMs: 6, rows: 7 };

class FakeSocket implements Socket {
  readonly sent: LiveRequest[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as LiveRequest);
  }
  close(): void {
    this.onclose?.();
  }
  take(message: LiveMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  kinds(): readonly string[] {
    return this.sent.map(({ kind }) => kind);
  }
}

function setUp(dice = 0.5) {
  const timers = new FakeTimers();
  const sockets: FakeSocket[] = [];
  const frames: (() => void)[] = [];
  const connection = new LiveConnection({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    nowMs: timers.nowMs,
    random: () => dice,
    after: timers.after,
    frame: (callback) => frames.push(callback),
  });
  const draw = () => {
    for (const callback of frames.splice(0)) callback();
  };
  return { timers, sockets, connection, draw, socket: () => sockets.at(-1)! };
}

const snapshot = (sequence = 1): LiveMessage => ({
  kind: "snapshot",
  id: "s1",
  sequence,
  result: {
    columnNames: ["v"],
    columnTypes: ["LONG"],
    rows: [[1], [2]],
    partial: false,
    gaps: [],
    statistics,
  },
  range,
  watermark,
});

describe("a page", () => {
  test("connects on the first subscription, shows once a frame, acknowledges what it showed", () => {
    const { connection, socket, draw } = setUp();
    const handle = connection.subscribe(question);
    let shown = 0;
    handle.watch(() => shown++);
    socket().onopen?.();
    expect(socket().sent).toEqual([{ kind: "subscribe", id: "s1", ...question }]);
    socket().take(snapshot());
    socket().take({
      kind: "delta",
      id: "s1",
      sequence: 2,
      at: [1],
      rows: [[9]],
      rowCount: 2,
      range,
      statistics,
      watermark,
    });
    expect(shown).toBe(0);
    draw();
    expect(shown).toBe(1);
    expect(handle.read().result?.rows).toEqual([[1], [9]]);
    expect(socket().sent.at(-1)).toEqual({ kind: "ack", id: "s1", sequence: 2 });
  });

  test("keeps old rows when it asks something else, and while it is disconnected", async () => {
    const { connection, socket, draw, timers, sockets } = setUp();
    const handle = connection.subscribe(question);
    socket().onopen?.();
    socket().take(snapshot());
    draw();
    handle.ask({ ...question, zone: "Europe/Berlin" });
    expect(handle.read()).toMatchObject({ waiting: true, result: { rows: [[1], [2]] } });
    socket().close();
    expect(connection.page().status).toMatchObject({ kind: "waiting" });
    expect(handle.read().result?.rows).toHaveLength(2);
    await timers.advance(500);
    expect(sockets).toHaveLength(2);
    socket().onopen?.();
    expect(socket().sent).toEqual([{ kind: "subscribe", id: "s1", ...question, zone: "Europe/Berlin" }]);
  });

  test("waits longer after each failure, up to a bound, and tries at once when told to", async () => {
    const { connection, socket, timers, sockets } = setUp();
    connection.subscribe(question);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      socket().close();
      const { status } = connection.page();
      if (status.kind !== "waiting") throw new Error("not waiting");
      waits.push(status.retryAtMs - timers.nowMs());
      await timers.advance(status.retryAtMs - timers.nowMs());
    }
    expect(waits).toEqual([500, 1000, 2000, 3000, 3000, 3000, 3000, 3000]);
    // Minutes later nobody is waiting in front of the page any more.
    for (let attempt = 0; attempt < 200; attempt++) await timers.advance(3000);
    socket().close();
    const { status } = connection.page();
    expect(status.kind === "waiting" && status.retryAtMs - timers.nowMs()).toBe(15_000);
    socket().close();
    const before = sockets.length;
    connection.reconnect();
    expect(sockets.length).toBe(before + 1);
  });

  test("a server that comes back is found within three seconds, whatever the dice say", async () => {
    for (const dice of [0, 0.5, 0.999]) {
      const { connection, socket, timers } = setUp(dice);
      connection.subscribe(question);
      let last = 0;
      const endMs = timers.nowMs() + 60_000;
      while (timers.nowMs() < endMs) {
        socket().close();
        const { status } = connection.page();
        if (status.kind !== "waiting") throw new Error("not waiting");
        last = status.retryAtMs - timers.nowMs();
        expect(last).toBeLessThanOrEqual(3000);
        await timers.advance(last);
      }
      expect(last).toBeGreaterThanOrEqual(1500);
    }
  });

  test("what is pushed is shown together, four times a second; what was asked for at once", async () => {
    const { connection, socket, timers, draw } = setUp();
    const handles = ["a", "b"].map((zone) => connection.subscribe({ ...question, zone }));
    const shown: string[] = [];
    const startedMs = timers.nowMs();
    for (const [at, handle] of handles.entries())
      handle.watch(() => shown.push(`${timers.nowMs() - startedMs} ${at}`));
    socket().onopen?.();
    await timers.advance(1000);
    for (const id of ["s1", "s2"]) socket().take({ ...snapshot(), id } as LiveMessage);
    draw();
    expect(shown).toEqual(["1000 0", "1000 1"]);
    const empty = { at: [], rows: [], rowCount: 2, range, statistics, watermark } as const;
    for (let sequence = 2; sequence <= 11; sequence++) {
      await timers.advance(100);
      draw();
      socket().take({
        kind: "delta",
        id: sequence % 2 === 0 ? "s1" : "s2",
        sequence: Math.floor(sequence / 2) + 1,
        ...empty,
      });
    }
    await timers.advance(300);
    draw();
    const times = [...new Set(shown.map((text) => Number(text.split(" ")[0])))];
    expect(times.length).toBeLessThanOrEqual(6);
    expect(times.length).toBeGreaterThanOrEqual(4);
    handles[0]!.ask({ ...question, zone: "c" });
    draw();
    const before = shown.length;
    socket().take({ ...snapshot(), id: "s1" } as LiveMessage);
    draw();
    expect(shown.length).toBe(before + 1);
  });

  test("takes silence for a lost connection", async () => {
    const { connection, socket, timers } = setUp();
    connection.subscribe(question);
    socket().onopen?.();
    await timers.advance(11_000);
    expect(connection.page().status.kind).toBe("open");
    await timers.advance(2000);
    expect(connection.page().status.kind).not.toBe("open");
  });

  test("asks again when a delta does not follow", () => {
    const { connection, socket } = setUp();
    connection.subscribe(question);
    socket().onopen?.();
    socket().take({
      kind: "delta",
      id: "s1",
      sequence: 5,
      at: [],
      rows: [],
      rowCount: 0,
      range,
      statistics,
      watermark,
    });
    expect(socket().kinds()).toEqual(["subscribe", "subscribe"]);
  });

  test("pauses, counts from there, and a hidden page pauses by itself", () => {
    const { connection, socket } = setUp();
    connection.subscribe(question);
    socket().onopen?.();
    socket().take({ kind: "tick", nowMs: 1, tables: { t: watermark } });
    connection.pause();
    expect(connection.page()).toMatchObject({ paused: true, pausedRows: { t: 7 } });
    socket().take({ kind: "tick", nowMs: 2, tables: { t: { ...watermark, rows: 9 }, u: watermark } });
    expect(connection.page().pausedRows).toEqual({ t: 7, u: 7 });
    connection.resume();
    connection.setHidden(true);
    connection.setHidden(false);
    expect(socket().kinds()).toEqual(["subscribe", "pause", "resume", "pause", "resume"]);
  });

  test("watches tables beside queries, and again after a lost connection", async () => {
    const { connection, socket, draw, timers } = setUp();
    const handle = connection.watch("t", 0, (count: number, message) =>
      message.kind === "table" && message.sequence === 9 ? null : count + 1,
    );
    socket().onopen?.();
    expect(socket().sent).toEqual([{ kind: "watch", id: "s1", table: "t" }]);
    socket().take({ kind: "table", id: "s1", sequence: 1, takenMs: 0, changed: {} });
    draw();
    expect(handle.read()).toBe(1);
    expect(socket().sent.at(-1)).toEqual({ kind: "ack", id: "s1", sequence: 1 });
    socket().take({ kind: "table", id: "s1", sequence: 9, takenMs: 0, changed: {} });
    expect(socket().kinds()).toEqual(["watch", "ack", "watch"]);
    socket().close();
    await timers.advance(500);
    socket().onopen?.();
    expect(socket().kinds()).toEqual(["watch"]);
    handle.end();
    expect(socket().sent.at(-1)).toEqual({ kind: "unsubscribe", id: "s1" });
  });

  test("an error keeps the rows and says what is wrong", () => {
    const { connection, socket } = setUp();
    const handle = connection.subscribe(question);
    socket().onopen?.();
    socket().take(snapshot());
    socket().take({
      kind: "error",
      id: "s1",
      exceptions: [{ errorCode: 245, code: "QUERY_MEMORY", message: "too much" }],
    });
    expect(handle.read()).toMatchObject({
      result: { rows: [[1], [2]] },
      exceptions: [{ message: "too much" }],
    });
    handle.end();
    expect(socket().sent.at(-1)).toEqual({ kind: "unsubscribe", id: "s1" });
  });
});
