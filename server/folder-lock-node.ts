/**
 * One process per data folder. The lock file holds the process id and when that process started, so a lock that a
 * killed process left behind is told from a living one even after its id was given to another program.
 */
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, StoreError } from "#schemas/errors";

export interface FolderLock {
  release(): void;
}

const lockName = "lock";

/** Start time of a process in clock ticks since boot; "" when there is none or the system does not tell. */
function startedAt(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses, which may hold anything; the start time is the 20th after it.
    return status.slice(status.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isAlive(content: string): boolean {
  const [pidText, started = ""] = content.trim().split(" ");
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== "EPERM") return false;
  }
  return started === "" || startedAt(pid) === started;
}

const refuse = (folder: string, content: string): never => {
  throw new StoreError(
    "START_FAILED",
    `the data folder ${folder} is in use by process ${content.trim().split(" ")[0]}; stop it or choose another --data`,
    { at: folder },
  );
};

/** Moves a dead process's lock away; whoever meanwhile made a new one keeps it. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another process was quicker
  }
  if (readFileSync(aside, "utf8") !== stale) linkSync(aside, path);
  unlinkSync(aside);
}

/** Takes the folder, or START_FAILED with the process that has it, or that it cannot be written. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, lockName);
  const mine = `${process.pid} ${startedAt(process.pid)}\n`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      return {
        release: () => {
          if (readFileSync(path, "utf8") === mine) unlinkSync(path);
        },
      };
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST")
        throw new StoreError("START_FAILED", `cannot write the data folder ${folder}: ${messageOf(error)}`, {
          at: folder,
          cause: error,
        });
    }
    const found = readFileSync(path, "utf8");
    if (isAlive(found)) refuse(folder, found);
    takeAway(path, found);
  }
  return refuse(folder, readFileSync(path, "utf8"));
}
