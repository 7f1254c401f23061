// Loaded before freshet.ts (npm start does it), in plain JavaScript so that any Node can say what is wrong: an old one
// cannot even read TypeScript.
import module from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { isMainThread } from "node:worker_threads";

// Pushed bodies lie outside the heap. Counted apart from it, each 64 MB of them costs a full collection in every thread.
setFlagsFromString("--external-memory-accounted-in-global-limit");
// Our heaps are small and what they hold on to is large and short-lived: collect when they have grown fourfold, unless
// the process was told how little it may hold.
if (!process.argv.includes("--memory")) setFlagsFromString("--heap-growing-percent=300");

const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `Freshet needs Node 24 or newer; this is Node ${process.versions.node}. ` +
      "Start it with `npm start`, which brings its own Node on Linux, or install Node 24.",
  );
  process.exit(1);
}
// A process that may hold little starts again as one that gives memory back: its heaps stay small, and what is freed
// outside them goes to the system instead of waiting in an arena of each thread. The same process, on Linux alone.
const asked = process.argv[process.argv.indexOf("--memory") + 1] ?? "";
const memory = process.argv.includes("--memory") ? /^(\d+(?:\.\d+)?)([MG])$/i.exec(asked) : null;
const isSmall = memory !== null && Number(memory[1]) * (memory[2].toUpperCase() === "G" ? 1024 : 1) <= 2048;
const frugal = { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_THRESHOLD_: "131072" };
if (isSmall && isMainThread && process.platform === "linux" && process.env.MALLOC_ARENA_MAX === undefined) {
  const flags = [...process.execArgv, "--optimize-for-size"];
  process.execve(process.execPath, [process.argv0, ...flags, ...process.argv.slice(1)], {
    ...process.env,
    ...frugal,
  });
}

// What Node makes of the sources is kept between starts, in this thread and in the workers: a start takes half the time.
module.enableCompileCache(fileURLToPath(new URL("../.build/compile-cache", import.meta.url)));
