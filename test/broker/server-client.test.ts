/** A broker and servers over real sockets: many questions on one connection, cancel, deadline, and servers that go away. */
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { TcpServerClient } from "#broker/server-client-node";
import { StoreError } from "#schemas/errors";
import { type Limits, limits } from "#schemas/limits";
import type { Fragment } from "#schemas/plan/plan";
import type { Executed, ExecuteOptions, ServerClient } from "#schemas/plan/server-client";
import type { SnapshotInfo } from "#schemas/plan/snapshot";
import type { Clock } from "#schemas/world";
import { type Listener, listenFrames } from "#server/listen-node";
import { aggregateFragment, messages, rowsFragment } from "#test/schemas/wire/examples";

const executed = (messages["executed-rows"] as { readonly executed: Executed }).executed;
const info = (messages["held"] as { readonly info: SnapshotInfo }).info;

const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, delayMs);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

/** Answers what it is told to, and remembers what it was asked. */
class FakeServer implements ServerClient {
  readonly name = "fake";
  readonly released: string[] = [];
  readonly asked: { readonly fragment: Fragment; readonly options: ExecuteOptions }[] = [];
  aborted = 0;
  run: (signal: AbortSignal) => Promise<Executed> = async () => executed;

  async snapshot(tables: readonly string[]): Promise<SnapshotInfo> {
    if (tables.includes("nope"))
      throw new StoreError("TABLE_UNKNOWN", 'there is no table "nope"', { at: "nope" });
    return info;
  }

  release(id: string): void {
    this.released.push(id);
  }

  execute(_: string, fragment: Fragment, options: ExecuteOptions, signal: AbortSignal): Promise<Executed> {
    this.asked.push({ fragment, options });
    signal.addEventListener("abort", () => this.aborted++);
    return this.run(signal);
  }

  async explain(): Promise<readonly string[]> {
    return ["SCAN"];
  }

  async close(): Promise<void> {}
}

const untilAborted = (signal: AbortSignal): Promise<Executed> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function listen(server: ServerClient, port = 0, bounds: Limits = limits): Promise<Listener> {
  const listener = await listenFrames({
    server,
    host: "127.0.0.1",
    port,
    limits: bounds,
    clock: realClock,
    log: () => undefined,
  });
  opened.push(listener);
  return listener;
}

function clientOf(port: number, bounds: Limits = limits): TcpServerClient {
  const client = new TcpServerClient(
    { name: "far", host: "127.0.0.1", port },
    { limits: bounds, clock: realClock },
  );
  opened.push(client);
  return client;
}

const options = (timeoutMs = 10_000): ExecuteOptions => ({
  deadlineMs: Date.now() + timeoutMs,
  useCache: false,
  queryBytes: 1,
  timeZone: "UTC",
  nowMs: 1,
  sole: true,
});
const never = new AbortController().signal;

describe("over TCP", () => {
  test("questions are answered as in process", async () => {
    const server = new FakeServer();
    const client = clientOf((await listen(server)).port);
    expect(await client.snapshot(["purchases"])).toEqual(info);
    expect(await client.execute("p-1", aggregateFragment, options(), never)).toEqual(executed);
    expect(server.asked[0].fragment).toEqual(aggregateFragment);
    expect(Math.abs(server.asked[0].options.deadlineMs - (Date.now() + 10_000))).toBeLessThan(5000);
    expect(await client.explain("p-1", rowsFragment)).toEqual(["SCAN"]);
    client.release("p-1");
    await client.snapshot(["purchases"]);
    expect(server.released).toEqual(["p-1"]);
  });

  test("errors keep their code and detail", async () => {
    const client = clientOf((await listen(new FakeServer())).port);
    await expect(client.snapshot(["nope"])).rejects.toMatchObject({
      code: "TABLE_UNKNOWN",
      detail: { at: "nope" },
    });
  });

  test("many questions share a connection, and answers find theirs", async () => {
    const server = new FakeServer();
    let turn = 0;
    server.run = async () => {
      const own = turn++;
      await realClock.sleep((own * 7) % 20);
      return { ...executed, stats: { ...executed.stats, rowsTotal: own } };
    };
    const client = clientOf((await listen(server)).port);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => client.execute("p", rowsFragment, options(), never)),
    );
    expect(answers.map(({ stats }) => stats.rowsTotal)).toEqual(answers.map((_, at) => at));
  });

  test("cancel reaches the server", async () => {
    const server = new FakeServer();
    server.run = untilAborted;
    const client = clientOf((await listen(server)).port);
    const abort = new AbortController();
    const answer = client.execute("p", rowsFragment, options(), abort.signal);
    await expect.poll(() => server.asked.length).toBe(1);
    abort.abort(new StoreError("QUERY_CANCELLED", "enough"));
    await expect(answer).rejects.toMatchObject({ code: "QUERY_CANCELLED", message: "enough" });
    await expect.poll(() => server.aborted).toBe(1);
    expect(await client.explain("p", rowsFragment)).toEqual(["SCAN"]);
  });

  test("a deadline is kept even when the server is not", async () => {
    const server = new FakeServer();
    server.run = () => new Promise(() => undefined);
    const client = clientOf((await listen(server)).port);
    await expect(client.execute("p", rowsFragment, options(50), never)).rejects.toMatchObject({
      code: "QUERY_DEADLINE",
    });
    await expect.poll(() => server.aborted).toBe(1);
  });

  test("a connection that ends stops what it asked for", async () => {
    const server = new FakeServer();
    server.run = untilAborted;
    const client = clientOf((await listen(server)).port);
    const answer = client.execute("p", rowsFragment, options(), never);
    await expect.poll(() => server.asked.length).toBe(1);
    await client.close();
    await expect(answer).rejects.toMatchObject({ code: "SERVER_MISSING" });
    await expect.poll(() => server.aborted).toBe(1);
  });

  test("a result past the bound is an error, not a broken connection", async () => {
    const small = { ...limits, frameBytes: 256 };
    const client = clientOf((await listen(new FakeServer(), 0, small)).port);
    await expect(
      client.execute(
        "p",
        { kind: "rows", table: "t", filter: null, hop: null, project: [], order: [], rows: 1 },
        options(),
        never,
      ),
    ).rejects.toMatchObject({ code: "RESULT_BYTES" });
  });
});

describe("a server that is not there", () => {
  test("is missing, and found again when it comes back", async () => {
    const listener = await listen(new FakeServer());
    const { port } = listener;
    const client = clientOf(port);
    expect(await client.snapshot(["purchases"])).toEqual(info);
    await listener.close();
    await expect(client.snapshot(["purchases"])).rejects.toMatchObject({ code: "SERVER_MISSING" });
    await expect(client.execute("p", rowsFragment, options(), never)).rejects.toMatchObject({
      code: "SERVER_MISSING",
    });
    client.release("p");
    await listen(new FakeServer(), port);
    expect(await client.snapshot(["purchases"])).toEqual(info);
  });

  test("a running question fails when its server dies", async () => {
    const server = new FakeServer();
    server.run = () => new Promise(() => undefined);
    const listener = await listen(server);
    const answer = clientOf(listener.port).execute("p", rowsFragment, options(), never);
    await expect.poll(() => server.asked.length).toBe(1);
    await Promise.all([listener.close(), expect(answer).rejects.toMatchObject({ code: "SERVER_MISSING" })]);
  });

  async function listenOther(talk: (socket: Socket) => void): Promise<number> {
    const sockets: Socket[] = [];
    const other = createServer((socket) => {
      sockets.push(socket);
      talk(socket);
    });
    opened.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        other.close();
      },
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  test("a port that talks something else is refused", async () => {
    const port = await listenOther((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(clientOf(port).snapshot(["t"])).rejects.toMatchObject({ code: "FRAME_CORRUPT" });
  });

  test("a port that says nothing is missing in time", async () => {
    const client = clientOf(await listenOther(() => undefined), { ...limits, queryMs: 50 });
    await expect(client.snapshot(["t"])).rejects.toMatchObject({ code: "SERVER_MISSING" });
    await client.close();
  });

  test("a broker that sends no frames is cut off", async () => {
    const { port } = await listen(new FakeServer());
    const socket = connect({ host: "127.0.0.1", port });
    opened.push({ close: () => socket.destroy() });
    const ended = new Promise((resolve) => socket.on("close", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await ended;
  });

  test("a taken port is START_FAILED", async () => {
    const { port } = await listen(new FakeServer());
    await expect(listen(new FakeServer(), port)).rejects.toMatchObject({ code: "START_FAILED" });
  });
});
