/**
 * A real Apache Kafka (KRaft, one node) on loopback for tests: jars from Maven Central, cached in .build/kafka;
 * data in a temporary folder. Three listeners: plain, SASL (PLAIN and SCRAM-SHA-256; user "freshet", password
 * "secret") and TLS with a self-signed certificate. `KAFKA_BROKERS` overrides the plain one for tests that need no
 * restarts.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePorts } from "#test/setup/ports-node";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const startMs = 60_000;
const stopMs = 20_000;

/** Folder of Kafka's jars, fetched once. */
export async function kafkaJars(): Promise<string> {
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

export interface Kafka {
  /** host:port of the plain listener. */
  readonly brokers: string;
  readonly saslBrokers: string;
  readonly tlsBrokers: string;
  /** PEM of the TLS listener's certificate. */
  readonly certificate: string;
  readonly folder: string;
  /** Runs one of Kafka's own Java tools, such as org.apache.kafka.tools.ConsoleProducer, with text on its input. */
  tool(mainClass: string, args: readonly string[], input?: string): Promise<string>;
  createTopic(topic: string, partitions: number): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  addPartitions(topic: string, partitions: number): Promise<void>;
  stop(): Promise<void>;
  /** kill -9, as a crash would. */
  kill(): Promise<void>;
  /** Starts again on the same ports and data. */
  start(): Promise<void>;
  /** Stops and removes the data. */
  dispose(): Promise<void>;
}

const javaOptions = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

function propertiesText(folder: string, ports: readonly number[]): string {
  const [plain, sasl, tls, controller] = ports;
  return `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${plain},SASL_PLAINTEXT://127.0.0.1:${sasl},SSL://127.0.0.1:${tls},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${plain},SASL_PLAINTEXT://127.0.0.1:${sasl},SSL://127.0.0.1:${tls}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_freshet="secret";
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.location=${folder}/broker.p12
ssl.keystore.password=secret1
ssl.keystore.type=PKCS12
ssl.key.password=secret1
log.dirs=${folder}/logs
num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
delete.topic.enable=true
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=500
file.delete.delay.ms=500
message.max.bytes=20000000
`;
}

async function makeCertificate(folder: string): Promise<string> {
  const store = join(folder, "broker.p12");
  const common = ["-keystore", store, "-storepass", "secret1", "-alias", "broker"];
  await run("keytool", [
    "-genkeypair",
    ...common,
    "-storetype",
    "PKCS12",
    "-keyalg",
    "RSA",
    "-keysize",
    "2048",
    "-validity",
    "3650",
    "-dname",
    "CN=localhost",
    "-ext",
    "SAN=IP:127.0.0.1,DNS:localhost",
  ]);
  const { stdout } = await run("keytool", ["-exportcert", "-rfc", ...common]);
  return stdout;
}

function spawnJava(classPath: string, args: readonly string[], cwd: string): ChildProcess {
  return spawn("java", [...javaOptions, "-cp", classPath, ...args], { cwd, stdio: ["pipe", "pipe", "pipe"] });
}

async function runJava(
  classPath: string,
  args: readonly string[],
  options: { cwd: string; input?: string },
): Promise<string> {
  const child = spawnJava(classPath, args, options.cwd);
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

/** Starts a broker; resolves when it answers. */
export async function startKafka(): Promise<Kafka> {
  const classPath = `${await kafkaJars()}/*`;
  const folder = mkdtempSync(join(tmpdir(), "freshet-kafka-"));
  const ports = await freePorts(4);
  const properties = join(folder, "server.properties");
  writeFileSync(properties, propertiesText(folder, ports));
  const certificate = await makeCertificate(folder);
  const scram = "SCRAM-SHA-256=[name=freshet,password=secret]";
  await runJava(
    classPath,
    [
      "kafka.tools.StorageTool",
      "format",
      "-t",
      "MkU3OEVBNTcwNTJENDM2Qg",
      "-c",
      properties,
      "--add-scram",
      scram,
    ],
    { cwd: folder },
  );
  const broker = new Broker(classPath, folder, properties);
  const [plain, sasl, tls] = ports;
  const brokers = `127.0.0.1:${plain}`;
  const tool = (mainClass: string, args: readonly string[], input = "") =>
    runJava(classPath, [mainClass, ...args], { cwd: folder, input });
  const topics = (...args: string[]) =>
    tool("org.apache.kafka.tools.TopicCommand", ["--bootstrap-server", brokers, ...args]).then(() => {});
  await broker.start();
  return {
    brokers,
    saslBrokers: `127.0.0.1:${sasl}`,
    tlsBrokers: `127.0.0.1:${tls}`,
    certificate,
    folder,
    tool,
    createTopic: (topic, partitions) =>
      topics("--create", "--topic", topic, "--partitions", String(partitions)),
    deleteTopic: (topic) => topics("--delete", "--topic", topic),
    addPartitions: (topic, partitions) =>
      topics("--alter", "--topic", topic, "--partitions", String(partitions)),
    stop: () => broker.end("SIGTERM"),
    kill: () => broker.end("SIGKILL"),
    start: () => broker.start(),
    dispose: async () => {
      await broker.end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class Broker {
  private readonly classPath: string;
  private readonly folder: string;
  private readonly properties: string;
  private child: ChildProcess | null = null;

  constructor(classPath: string, folder: string, properties: string) {
    this.classPath = classPath;
    this.folder = folder;
    this.properties = properties;
  }

  async start(): Promise<void> {
    const child = spawnJava(this.classPath, ["kafka.Kafka", this.properties], this.folder);
    this.child = child;
    const port = Number(readFileSync(this.properties, "utf8").match(/PLAINTEXT:\/\/127\.0\.0\.1:(\d+)/)?.[1]);
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

async function answers(port: number): Promise<boolean> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
