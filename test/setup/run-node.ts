/**
 * `npm test`: everything that must be green, cheapest first. Names of steps as arguments run only those
 * (`npm test -- types unit`). Ends with one line "N passed, N failed".
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingParts } from "#test/setup/parts-node";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const reports = join(root, ".build/reports");

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Where vitest leaves its counts. */
  readonly report?: string;
}

const vitest = (project: string): Step => ({
  name: project,
  command: [
    bin("vitest"),
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${join(reports, `${project}.json`)}`,
  ],
  report: join(reports, `${project}.json`),
});

const steps: readonly Step[] = [
  { name: "build", command: [process.execPath, join(root, "freshet.ts"), "build"] },
  { name: "lint", command: [bin("biome"), "ci", "."] },
  { name: "types", command: [bin("tsc"), "--noEmit"] },
  { name: "dead-code", command: [bin("knip")] },
  vitest("unit"),
  vitest("parts"),
];

const runStep = (step: Step): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const [command, ...args] = step.command as [string, ...string[]];
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` },
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code === 0));
  });

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTotalTests: number;
}

/** A run that executes no test is a failure, and so is one that skips. */
function countsOf(report: string): Counts {
  const counts = JSON.parse(readFileSync(report, "utf8")) as Counts;
  if (counts.numTotalTests === 0) throw new Error(`no test ran in ${report}`);
  if (counts.numPendingTests > 0)
    throw new Error(`${counts.numPendingTests} tests were skipped in ${report}`);
  return counts;
}

async function main(wanted: readonly string[]): Promise<void> {
  const chosen = wanted.length === 0 ? steps : steps.filter((step) => wanted.includes(step.name));
  if (chosen.length === 0)
    throw new Error(`unknown step; expected ${steps.map((step) => step.name).join(", ")}`);
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  if (chosen.some((step) => step.name === "parts")) {
    const missing = missingParts();
    if (missing.length > 0)
      throw new Error(`the tests need real parts that are missing:\n${missing.join("\n")}`);
  }
  let passed = 0;
  let failed = 0;
  for (const step of chosen) {
    const startedMs = performance.now();
    const ok = await runStep(step);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`\n== ${step.name}: ${ok ? "ok" : "FAILED"} in ${seconds} s\n`);
    if (step.report === undefined) {
      passed += ok ? 1 : 0;
      failed += ok ? 0 : 1;
      continue;
    }
    const counts = countsOf(step.report);
    passed += counts.numPassedTests;
    failed += counts.numFailedTests + (ok || counts.numFailedTests > 0 ? 0 : 1);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
