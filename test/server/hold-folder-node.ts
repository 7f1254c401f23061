/** A process that takes a data folder, says so, and keeps it until it is killed. */
import { lockFolderPatiently } from "#server/folder-lock-node";

const [folder = "", waitMs = "0"] = process.argv.slice(2);
try {
  await lockFolderPatiently(folder, { waitMs: Number(waitMs), log: () => {} });
  process.stdout.write("held\n");
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(`refused: ${(error as Error).message}\n`);
}
