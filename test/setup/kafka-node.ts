/**
 * A real Apache Kafka (KRaft, one node) on loopback for tests: jars from Maven Central, cached in .build/kafka;
 * data in a temporary folder. Three listeners: plain, SASL (PLAIN and SCRAM-SHA-256; user "freshet", password
 * "secret") and TLS with a self-signed certificate. `KAFKA_BROKERS` overrides the plain one for tests that need no
 * restarts.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Broker, kafkaClassPath, runJava } from "#test/setup/kafka-java-node";
import { freePorts } from "#test/setup/ports-node";

const run = promisify(execFile);

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

/** Starts a broker; resolves when it answers. */
export async function startKafka(): Promise<Kafka> {
  const classPath = await kafkaClassPath();
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
  const [plain, sasl, tls] = ports as [number, number, number];
  const broker = new Broker({ classPath, folder, properties, port: plain });
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
