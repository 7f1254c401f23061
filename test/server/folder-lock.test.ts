/** One process per data folder: of this container or another, living, dying or dead. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockFolder, lockFolderPatiently } from "#server/folder-lock-node";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "freshet-lock-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const script = fileURLToPath(new URL("hold-folder-node.ts", import.meta.url));
/** A PID namespace of its own, as a container has: there its first process is number 1. */
const container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** Starts a process that wants the folder; resolves with the first thing it says. */
async function holder(options: { waitMs?: number; inContainer?: boolean } = {}) {
  const line = [process.execPath, script, folder, String(options.waitMs ?? 0)];
  const [command = "", ...args] = options.inContainer === true ? [...container, ...line] : line;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  const said = await new Promise<string>((resolve) => {
    const hear = (data: Buffer) => {
      output += data.toString();
      if (output.includes("\n")) resolve(output);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => resolve(`${output} exit ${code}`));
  });
  return { child, said };
}

describe("in one process", () => {
  test("the folder is taken once, and again when it was given back", () => {
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}`);
    lock.release();
    expect(existsSync(join(folder, "lock"))).toBe(false);
    lockFolder(folder).release();
  });

  test("is taken over from a dead process, and from an id that another program got", () => {
    for (const stale of ["999999999 1", `${process.pid} 1`, "", "nonsense"]) {
      writeFileSync(join(folder, "lock"), stale);
      const lock = lockFolder(folder);
      expect(readFileSync(join(folder, "lock"), "utf8").split(" ")[0]).toBe(String(process.pid));
      lock.release();
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  test("a start waits for an owner that ends, and only so long", async () => {
    const lock = lockFolder(folder);
    const told: string[] = [];
    const log = (_: string, message: string) => void told.push(message);
    const waiting = lockFolderPatiently(folder, { waitMs: 5000, log });
    setTimeout(() => lock.release(), 300);
    const second = await waiting;
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/in use by process \d+.*Waiting up to 5000 ms/);
    await expect(lockFolderPatiently(folder, { waitMs: 150, log: () => {} })).rejects.toMatchObject({
      code: "START_FAILED",
    });
    second.release();
  });

  test("says so when the folder cannot be written", () => {
    expect(() => lockFolder(join(folder, "short", "below"))).toThrow("cannot write the data folder");
    writeFileSync(join(folder, "owner.sqlite"), "nonsense".repeat(1000));
    expect(() => lockFolder(folder)).toThrow(/owner.sqlite is not Freshet's; remove it/);
  });
});

describe("between processes", () => {
  test("of many that start at once one has it", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => holder()));
    expect(all.filter(({ said }) => said === "held\n")).toHaveLength(1);
    const owner = all.find(({ said }) => said === "held\n")?.child.pid;
    for (const { said } of all) if (said !== "held\n") expect(said).toMatch(/refused: .* is in use by /);
    expect(readFileSync(join(folder, "lock"), "utf8")).toMatch(new RegExp(`^${owner} `));
  });

  test("kill -9 and a start in the same breath: it waits for the dying one, again and again", async () => {
    let owner = await holder();
    expect(owner.said).toBe("held\n");
    for (let round = 0; round < 5; round++) {
      owner.child.kill("SIGKILL");
      owner = await holder({ waitMs: 5000 });
      expect(owner.said).toBe("held\n");
    }
  });

  test("containers that share the folder have one owner, though each calls its process number 1", async () => {
    const first = await holder({ inContainer: true });
    expect(first.said).toBe("held\n");
    expect(readFileSync(join(folder, "lock"), "utf8")).toMatch(/^\d /);
    const second = await holder({ inContainer: true });
    expect(second.said).toMatch(/refused: the data folder .* is in use by process \d/);
    const outside = await holder();
    expect(outside.said).toMatch(/refused: the data folder .* is in use by process \d.*another container/);
    first.child.kill("SIGKILL");
    expect((await holder({ inContainer: true, waitMs: 5000 })).said).toBe("held\n");
  });
});
