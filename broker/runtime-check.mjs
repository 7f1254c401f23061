// Loaded before freshet.ts (npm start does it), in plain JavaScript so that any Node can say what is wrong: an old one
// cannot even read TypeScript.
import module from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

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
// What Node makes of the sources is kept between starts, in this thread and in the workers: a start takes half the time.
module.enableCompileCache(fileURLToPath(new URL("../.build/compile-cache", import.meta.url)));
