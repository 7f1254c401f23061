import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import { connectCalls, type Port, postEvent, serveCalls } from "#schemas/wire/calls";

function channel(): [Port, Port, () => void] {
  const { port1, port2 } = new MessageChannel();
  const side = (port: typeof port1): Port => ({
    post: (message) => port.postMessage(message),
    listen: (handler) => void port.on("message", handler),
  });
  return [side(port1), side(port2), () => port1.close()];
}

interface Service {
  add(left: bigint, right: bigint): Promise<bigint>;
  refuse(): Promise<void>;
  break(): Promise<void>;
  never(): Promise<void>;
}

const service: Service = {
  add: async (left, right) => left + right,
  refuse: async () => {
    throw new StoreError("DISK_FULL", "no space left", { at: "a/b" });
  },
  break: async () => {
    throw new TypeError("our bug");
  },
  never: () => new Promise(() => {}),
};

test("calls, errors and events cross in both directions", async () => {
  const [here, there, close] = channel();
  const events: unknown[] = [];
  const { remote } = connectCalls<Service>(here, (name, value) => events.push([name, value]));
  const { remote: back } = connectCalls<Service>(there);
  serveCalls(there, service);
  serveCalls(here, service);
  postEvent(there, "hello", 5n);
  expect(await remote.add(2n ** 62n, 1n)).toBe(2n ** 62n + 1n);
  expect(await back.add(1n, 1n)).toBe(2n);
  await expect(remote.refuse()).rejects.toMatchObject({ code: "DISK_FULL", detail: { at: "a/b" } });
  await expect(remote.break()).rejects.toMatchObject({ name: "AssertionError", message: "our bug" });
  expect(events).toEqual([["hello", 5n]]);
  close();
});

test("calls that wait fail when the other side is gone", async () => {
  const [here, there, close] = channel();
  const connection = connectCalls<Service>(here);
  serveCalls(there, service);
  const waiting = connection.remote.never();
  connection.fail(new StoreError("SHUTTING_DOWN", "gone"));
  await expect(waiting).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
  await expect(connection.remote.add(1n, 1n)).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
  close();
});
