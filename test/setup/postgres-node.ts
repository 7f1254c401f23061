/**
 * A real PostgreSQL on loopback for tests, from Debian's package, in a temporary folder, as an unprivileged user
 * when we are root (PostgreSQL refuses root). `DATABASE_URL` overrides it.
 */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "#test/setup/ports-node";

const run = promisify(execFile);

export interface Postgres {
  readonly url: string;
  dispose(): Promise<void>;
}

function binaries(): string {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base)
    ? readdirSync(base).filter((name) => existsSync(`${base}/${name}/bin/initdb`))
    : [];
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  if (newest === undefined)
    throw new Error("PostgreSQL is not installed: apt-get install postgresql, or set DATABASE_URL");
  return `${base}/${newest}/bin`;
}

/** Runs as user "postgres" (which Debian's package makes) when we are root. */
async function runAs(command: string, args: readonly string[]): Promise<void> {
  if (process.getuid?.() === 0) await run("runuser", ["-u", "postgres", "--", command, ...args]);
  else await run(command, [...args]);
}

export async function startPostgres(): Promise<Postgres> {
  if (process.env["DATABASE_URL"] !== undefined)
    return { url: process.env["DATABASE_URL"], dispose: async () => {} };
  const bin = binaries();
  const folder = mkdtempSync(join(tmpdir(), "freshet-postgres-"));
  if (process.getuid?.() === 0) await run("chown", ["postgres", folder]);
  else chmodSync(folder, 0o700);
  const data = join(folder, "data");
  const [port] = await freePorts(1);
  await runAs(`${bin}/initdb`, ["-D", data, "-U", "freshet", "--auth=trust", "-E", "UTF8", "--no-sync"]);
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c fsync=off`;
  await runAs(`${bin}/pg_ctl`, ["-D", data, "-l", join(folder, "log"), "-o", options, "-w", "start"]);
  return {
    url: `postgres://freshet@127.0.0.1:${port}/postgres`,
    dispose: async () => {
      await runAs(`${bin}/pg_ctl`, ["-D", data, "-m", "immediate", "-w", "stop"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
