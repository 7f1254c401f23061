/**
 * One process per data folder. What decides is a lock of the operating system on `owner.sqlite`, which a process holds
 * until its very end, whichever container it runs in: SQLite's exclusive transaction, never ended. Beside it the file
 * `lock` has the process id and when that process started, for people, and for processes of before that had no other.
 * `owner.sqlite` is never removed: a second process would then lock another file of that name.
 */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { messageOf, StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { Log } from "#schemas/world";

export interface FolderLock {
  release(): void;
}

const lockName = "lock";
const ownerName = "owner.sqlite";
const retryMs = serverBounds.folderRetryMs;

/** The state and start time (clock ticks since boot) of a process; null when there is none or the system does not tell. */
function statusOf(pid: number): { readonly state: string; readonly started: string } | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses, which may hold anything; the start time is the 20th after it.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", started: fields[19] ?? "" };
  } catch {
    return null;
  }
}

/** Whether the process that wrote a lock file still runs here. One that only waits to be reaped has ended. */
function isAlive(content: string): boolean {
  const [pidText, started = ""] = content.trim().split(" ");
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== "EPERM") return false;
  }
  const status = statusOf(pid);
  if (status?.state === "Z" || status?.state === "X") return false;
  return started === "" || status?.started === started;
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

const cannotWrite = (folder: string, error: unknown): StoreError =>
  new StoreError("START_FAILED", `cannot write the data folder ${folder}: ${messageOf(error)}`, {
    at: folder,
    cause: error,
  });

/** Who has the folder, as its lock file says: of another container, it is that container's number. */
function inUse(folder: string, content: string | null): StoreError {
  const pid = content?.trim().split(" ")[0] ?? "";
  const owner = pid === "" ? "another process" : `process ${pid}`;
  const elsewhere = content === null || isAlive(content) ? "" : ", in another container it seems";
  const message = `the data folder ${folder} is in use by ${owner}${elsewhere}; stop it or choose another --data`;
  return new StoreError("START_FAILED", message, { at: folder });
}

/** The operating system's lock, or null when another process has it. */
function takeOwner(folder: string): SqliteDatabase.Database | null {
  let database: SqliteDatabase.Database | null = null;
  try {
    database = new SqliteDatabase(join(folder, ownerName), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    const code = String((error as { code?: unknown }).code);
    if (code.startsWith("SQLITE_BUSY")) return null;
    if (code !== "SQLITE_NOTADB") throw cannotWrite(folder, error);
    const message = `${join(folder, ownerName)} is not Freshet's; remove it when no Freshet runs on this folder`;
    throw new StoreError("START_FAILED", message, { at: folder, cause: error });
  }
}

/** The lock, or the error that says who has it. */
function tryLock(folder: string): FolderLock | StoreError {
  const path = join(folder, lockName);
  const mine = `${process.pid} ${statusOf(process.pid)?.started ?? ""}\n`;
  const owner = takeOwner(folder);
  if (owner === null) return inUse(folder, contentOf(path));
  try {
    const found = contentOf(path);
    if (found !== null && found !== mine && isAlive(found)) {
      owner.close();
      return inUse(folder, found);
    }
    // Readers find the whole line of one process or of the other.
    writeFileSync(`${path}.new`, mine);
    renameSync(`${path}.new`, path);
  } catch (error) {
    owner.close();
    throw cannotWrite(folder, error);
  }
  return {
    release: () => {
      if (contentOf(path) === mine) unlinkSync(path);
      owner.close();
    },
  };
}

/** Takes the folder, or START_FAILED with the process that has it, or that it cannot be written. */
export function lockFolder(folder: string): FolderLock {
  const taken = tryLock(folder);
  if (taken instanceof StoreError) throw taken;
  return taken;
}

/** The same for a process that takes another's place: one that was killed may need a moment to end. */
export async function lockFolderPatiently(
  folder: string,
  options: { readonly waitMs: number; readonly log: Log },
): Promise<FolderLock> {
  const untilMs = performance.now() + options.waitMs;
  for (let isTold = false; ; isTold = true) {
    const taken = tryLock(folder);
    if (!(taken instanceof StoreError)) return taken;
    if (performance.now() >= untilMs) throw taken;
    if (!isTold) options.log("warn", `${taken.message}. Waiting up to ${options.waitMs} ms for its end`);
    await sleep(retryMs);
  }
}
