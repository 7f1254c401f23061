/** The real thing for tests: `freshet.ts start` as a child process on a free port and a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "#test/setup/sources-node";

const startMs = 60_000;
const stopMs = 15_000;

export interface FreshetOptions {
  /** Flags beside --data and --port. */
  readonly flags?: readonly string[];
  /** A folder to start on; a new one when left out. */
  readonly data?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** 0 or left out: any free one. */
  readonly port?: number;
}

export interface Freshet {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly data: string;
  readonly child: ChildProcess;
  /** Everything printed so far. */
  output(): string;
  sql(text: string, options?: string): Promise<QueryAnswer>;
  /** The rows; throws when the answer has exceptions. */
  rows(text: string, options?: string): Promise<readonly (readonly unknown[])[]>;
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: Record<string, unknown> }>;
  get(path: string): Promise<unknown>;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  /** Ends the process and removes the folder. */
  dispose(): Promise<void>;
}

export interface QueryAnswer {
  readonly resultTable?: {
    readonly dataSchema: {
      readonly columnNames: readonly string[];
      readonly columnDataTypes: readonly string[];
    };
    readonly rows: readonly (readonly unknown[])[];
  };
  readonly exceptions: readonly {
    readonly errorCode: number;
    readonly message: string;
    readonly code: string;
  }[];
  readonly [field: string]: unknown;
}

/** Runs `freshet.ts start` to its end: for starts that must fail. */
export async function startsAndFails(
  flags: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const child = spawnFreshet(flags, {});
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  child.stderr?.on("data", (data) => (output += data));
  const timer = setTimeout(() => child.kill("SIGKILL"), startMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, output };
}

const spawnFreshet = (flags: readonly string[], environment: Readonly<Record<string, string>>) =>
  spawn(process.execPath, ["--import", "./broker/runtime-check.mjs", "freshet.ts", "start", ...flags], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });

/** Starts and waits for the URL. */
export async function startFreshet(options: FreshetOptions = {}): Promise<Freshet> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), "freshet-data-"));
  const child = spawnFreshet(
    ["--data", data, "--port", String(options.port ?? 0), ...(options.flags ?? ["--no-demo"])],
    options.environment ?? {},
  );
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no URL within ${startMs} ms:\n${output}`)), startMs);
    const hear = (text: Buffer) => {
      output = (output + text.toString()).slice(-200_000);
      const found = /(http:\/\/[^\s/]+)\/ui/.exec(output)?.[1];
      if (found !== undefined) {
        clearTimeout(timer);
        resolve(found.replace("localhost", "127.0.0.1"));
      }
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`freshet exited with ${code}:\n${output}`)));
  });
  return freshetOf({ url, data, child, output: () => output });
}

function freshetOf(base: Pick<Freshet, "url" | "data" | "child" | "output">): Freshet {
  const { url, data, child } = base;
  const post: Freshet["post"] = async (path, body, headers = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(url + path, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json", ...headers },
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  };
  const sql: Freshet["sql"] = async (text, queryOptions) =>
    (await post("/query/sql", { sql: text, ...(queryOptions === undefined ? {} : { queryOptions }) }))
      .json as unknown as QueryAnswer;
  const end = async (signal: "SIGINT" | "SIGKILL"): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
    const code = await ended;
    clearTimeout(timer);
    return code;
  };
  return {
    ...base,
    post,
    sql,
    rows: async (text, options) => {
      const answer = await sql(text, options);
      if (answer.exceptions.length > 0) throw new Error(`${text}: ${JSON.stringify(answer.exceptions)}`);
      return answer.resultTable?.rows ?? [];
    },
    get: async (path) => (await fetch(url + path)).json(),
    stop: () => end("SIGINT"),
    kill: async () => void (await end("SIGKILL")),
    dispose: async () => {
      await end("SIGKILL");
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** The id in a data folder's lock file: the process to kill. */
export const pidOf = (data: string): number => Number.parseInt(readFileSync(join(data, "lock"), "utf8"), 10);
