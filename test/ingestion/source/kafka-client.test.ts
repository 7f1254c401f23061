/** What kafkajs makes Node say does not reach an operator's terminal, from whatever thread. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "#test/setup/sources-node";

const body = `
  (async () => {
    await import("./ingestion/source/kafka-client-node.ts");
    setTimeout(() => {}, -5);
    process.emitWarning("something else");
  })();`;
const onWorker = `new (require("node:worker_threads").Worker)(${JSON.stringify(body)}, { eval: true });`;

test.each([
  ["the main", body],
  ["a worker", onWorker],
])("a timer in the past is silent on %s thread, other warnings are not", (_thread, code) => {
  const { stderr } = spawnSync(process.execPath, ["-e", code], { cwd: root, encoding: "utf8" });
  expect(stderr).toContain("something else");
  expect(stderr).not.toContain("TimeoutNegativeWarning");
});
