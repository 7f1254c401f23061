/**
 * All benchmarks, one after another, each in a process of its own; what they print is their report. Never part of the
 * tests: figures are of the machine and the moment. Usage: npm run bench [-- part of a name …]
 */
import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

/** By file, with what they show. */
const benches: readonly (readonly [file: string, title: string])[] = [
  ["kernels-node.ts", "Kernels beside their twins"],
  ["storage-node.ts", "Segments: append, seal, merge, load, bytes"],
  ["extract-node.ts", "Decoding"],
  ["small-query-node.ts", "Small queries"],
  ["operators-node.ts", "Operators beside DuckDB"],
  ["web-node.ts", "Web analytics over HTTP beside DuckDB"],
  ["pinot-node.ts", "What Pinot answers slowest, in its dialect"],
  ["fairness-node.ts", "What others wait for beside a heavy query"],
  ["ingest-node.ts", "Ingestion, rows a core"],
  ["freshness-node.ts", "Freshness"],
  ["restart-node.ts", "Restart"],
];

const wanted = process.argv.slice(2);
const chosen = benches.filter(([file]) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (chosen.length === 0) {
  console.error(`expected part of a name among ${benches.map(([file]) => file).join(", ")}`);
  process.exit(1);
}
const [cpu] = cpus();
const [load = 0] = loadavg();
console.log(
  `${cpus().length} × ${cpu?.model ?? "unknown processor"}, Node ${process.version}, load ${load.toFixed(1)}`,
);
let failed = 0;
for (const [file, title] of chosen) {
  console.log(`\n── ${title} (test/bench/${file})`);
  const program = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const { status } = spawnSync(process.execPath, [program], { stdio: "inherit" });
  if (status === 0) continue;
  failed++;
  console.error(`${file} ended with ${status}`);
}
process.exit(failed === 0 ? 0 : 1);
