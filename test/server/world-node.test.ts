/** The real disk against a real folder: the memory disk of the simulation promises the same. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { World } from "#schemas/world";
import { realWorld } from "#server/world-node";

let folder: string;
let world: World;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "freshet-world-"));
  world = realWorld({ folder, log: () => {} });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the disk", () => {
  test("writes whole files and leaves nothing beside them", async () => {
    const chunks = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
    await world.disk.writeAtomic("a/b/file", chunks);
    await world.disk.writeAtomic("a/b/file", [Uint8Array.of(9), ...chunks]);
    expect([...(await world.disk.read("a/b/file"))]).toEqual([9, 1, 2, 3]);
    expect(await world.disk.list("a/b")).toEqual(["file"]);
    expect(await world.disk.list("nowhere")).toEqual([]);
    expect(await world.disk.exists("a/b")).toBe(true);
  });

  test("writes more chunks than one call takes", async () => {
    const chunks = Array.from({ length: 3000 }, (_, at) => Uint8Array.of(at & 255, at >> 8));
    await world.disk.writeAtomic("many", chunks);
    expect(Buffer.concat(chunks).equals(await world.disk.read("many"))).toBe(true);
  });

  test("appends, cuts back and goes on over a reopening", async () => {
    const file = await world.disk.openAppend("log/one");
    await file.append([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    await file.sync();
    await file.truncate(2);
    await file.close();
    const again = await world.disk.openAppend("log/one");
    expect(again.bytes).toBe(2);
    await again.append([Uint8Array.of(7)]);
    await again.close();
    expect([...(await world.disk.read("log/one"))]).toEqual([1, 2, 7]);
  });

  test("reads at positions, into shared memory too, and names a file that is too short", () => {
    writeFileSync(join(folder, "short"), "0123456789");
    const file = world.disk.openRead("short");
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const target = new Uint8Array(buffer, 8, 4);
    file.readInto(target, 3);
    expect([...target]).toEqual([51, 52, 53, 54]);
    expect(() => file.readInto(target, 8)).toThrow("short");
    file.close();
    expect(() => world.disk.openRead("missing")).toThrow("missing");
  });

  test("says when it is full", async () => {
    symlinkSync("/dev/full", join(folder, "full"));
    const file = await world.disk.openAppend("full");
    await expect(file.append([Uint8Array.of(1)])).rejects.toMatchObject({
      code: "DISK_FULL",
      detail: { at: "full" },
    });
    await file.close();
  });

  test("removes what may not be there, and stays inside its folder", async () => {
    await world.disk.remove("never/was");
    await expect(async () => world.disk.read("../outside")).rejects.toThrow("inside the data folder");
  });
});

test("a sleeper wakes when it is aborted", async () => {
  const stop = new AbortController();
  const asleep = world.clock.sleep(60_000, stop.signal);
  stop.abort(new Error("enough"));
  await expect(asleep).rejects.toThrow("enough");
});
