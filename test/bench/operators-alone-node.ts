/**
 * The operators without DuckDB and on one thread, for a profile of where time goes. The data folder is one that
 * operators-node.ts has filled (a copy of it, if that is running).
 * Usage: node [--cpu-prof] test/bench/operators-alone-node.ts <data folder> <rows> [only operators whose name
 * contains] [rounds]
 */
import { Broker } from "#broker/broker";
import { brokerCatalog, queryDoor } from "#broker/query-door";
import { evaluate } from "#server/execute/functions/evaluate";
import { startServer } from "#server/main-node";
import { tableName } from "#test/bench/operators-data-node";
import { operators } from "#test/bench/operators-list";

const [dataFolder, rowsText, only = "", rounds = "5"] = process.argv.slice(2);
const rows = Number(rowsText);
process.env["FRESHET_MAINTAIN_MS"] = "86400000";
const server = await startServer({ dataFolder, threads: "inline", memoryBytes: 6 * 2 ** 30 });
const { admin, client, limits, world } = server;
const broker = new Broker({
  id: "bench",
  catalog: brokerCatalog(admin.definitions),
  servers: [client],
  evaluate,
  limits,
  clock: world.clock,
  log: world.log,
});
const door = queryDoor(broker, limits);
const how = {
  accept: "application/json",
  dialect: "native",
  signal: new AbortController().signal,
  client: "bench",
} as const;

for (const { name, sql } of operators) {
  if (!name.includes(only)) continue;
  const times: number[] = [];
  for (let round = 0; round <= Number(rounds); round++) {
    const before = process.cpuUsage();
    const asked = sql.replaceAll(/\bFROM t\b/g, `FROM ${tableName}`);
    const queryOptions = "useCache=false;timeoutMs=600000";
    const { errorCode, body } = await door.answer({ sql: asked, queryOptions }, how);
    if (errorCode !== -1) console.log(String(body).slice(0, 300));
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  const [cold, ...warm] = times;
  const best = Math.min(...warm);
  const figures = [best.toFixed(2), ((best * 1e6) / rows).toFixed(2), cold.toFixed(1)];
  console.log(name.padEnd(32) + figures.map((figure) => figure.padStart(10)).join(""));
}
await server.close();
process.exit(0);
