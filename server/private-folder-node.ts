/**
 * The data folder is its owner's alone: definitions in it hold the passwords of streams. Folders are 0700 and files
 * 0600, whoever writes them (SQLite makes its own), and what an earlier version left readable is closed at start.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { messageOf, StoreError } from "#schemas/errors";
import type { Log } from "#schemas/world";

const ownerOnly = 0o077;

/** Level by level: mkdir's own recursion never ends where a parent exists but takes no folders, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Takes the rights of everybody else away, below and including `path`; links are left alone. */
function close(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  if ((found.mode & ownerOnly) !== 0) chmodSync(path, found.mode & ~ownerOnly & 0o7777);
  if (found.isDirectory()) for (const name of readdirSync(path)) close(join(path, name));
}

/** Makes the folder, or closes the one there is. Files that are another user's cannot be closed: that is said. */
export function prepareFolder(folder: string, log: Log): void {
  // Threads share their process's mask and may not set it.
  if (isMainThread) process.umask(ownerOnly);
  try {
    makeFolder(folder);
  } catch (error) {
    throw new StoreError("START_FAILED", `cannot make the data folder ${folder}: ${messageOf(error)}`, {
      at: folder,
    });
  }
  try {
    close(folder);
  } catch (error) {
    log(
      "warn",
      `others may read the data folder ${folder}: ${messageOf(error)}; it holds passwords of streams`,
    );
  }
}
