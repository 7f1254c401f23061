/**
 * Java for tests with a real Kafka: its jars (fetched once, cached in .build/kafka), its tools, and one broker's process.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const startMs = 60_000;
const stopMs = 20_000;

/** Folder of Kafka's jars, fetched once. */
async function kafkaJars(): Promise<string> {
  const target = join(root, ".build/kafka/libs");
  if (existsSync(target)) return target;
  const partial = join(root, `.build/kafka/libs-${process.pid}`);
  mkdirSync(partial, { recursive: true });
  try {
    await run(
      "mvn",
      [
        "-q",
        "-B",
        "-f",
        join(root, "test/setup/kafka/pom.xml"),
        "dependency:copy-dependencies",
        `-DoutputDirectory=${partial}`,
        "-DincludeScope=runtime",
      ],
      { cwd: partial },
    );
  } catch (error) {
    throw new Error(
      `fetching Kafka's jars with mvn failed; install maven and a Java 17 runtime. ${String(error)}`,
    );
  }
  if (existsSync(target)) rmSync(partial, { recursive: true });
  else renameSync(partial, target);
  return target;
}

const javaOptions = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

/** Java's class path of Kafka. */
export const kafkaClassPath = async (): Promise<string> => `${await kafkaJars()}/*`;

export function spawnJava(
  classPath: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly heap?: string },
): ChildProcess {
  const { cwd, heap = "-Xmx512m" } = options;
  return spawn("java", [heap, ...javaOptions, "-cp", classPath, ...args], {
    cwd,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs a main class to its end; answers what it printed. */
export async function runJava(
  classPath: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly heap?: string; readonly input?: string },
): Promise<string> {
  const child = spawnJava(classPath, args, options);
  let out = "";
  let errors = "";
  child.stdout?.on("data", (data) => (out += data));
  child.stderr?.on("data", (data) => (errors += data));
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) =>
      reject(new Error(`java did not start; install a Java 17 runtime. ${error.message}`)),
    );
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`java ${args.join(" ")} exited with ${code}: ${errors || out}`);
  return out;
}

export interface BrokerOptions {
  readonly classPath: string;
  readonly folder: string;
  /** Path of its server.properties. */
  readonly properties: string;
  /** It answers here when it is up. */
  readonly port: number;
  readonly heap?: string;
}

/** One broker's process, which can be killed and started again on the same data. */
export class Broker {
  private readonly options: BrokerOptions;
  private child: ChildProcess | null = null;

  constructor(options: BrokerOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    const { classPath, folder, properties, port, heap } = this.options;
    const child = spawnJava(classPath, ["kafka.Kafka", properties], {
      cwd: folder,
      ...(heap === undefined ? {} : { heap }),
    });
    this.child = child;
    let output = "";
    child.stdout?.on("data", (data) => (output = (output + data).slice(-10_000)));
    child.stderr?.on("data", (data) => (output = (output + data).slice(-10_000)));
    const deadline = Date.now() + startMs;
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`Kafka exited with ${child.exitCode}: ${output}`);
      if (Date.now() > deadline) throw new Error(`Kafka did not answer within ${startMs} ms: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Lets the process stand still ("SIGSTOP") or go on ("SIGCONT"). */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.child?.kill(signal);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
    await ended;
    clearTimeout(timer);
    this.child = null;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
