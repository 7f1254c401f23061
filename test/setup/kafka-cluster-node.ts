/**
 * Three brokers of a real Apache Kafka (KRaft, each also a controller) on loopback, for what only a cluster has:
 * leaders that die, come back and are elected anew. Small heaps, short sessions: a dead leader is noticed in seconds.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka as Client, logLevel } from "kafkajs";
import { Broker, kafkaClassPath, runJava, spawnJava } from "#test/setup/kafka-java-node";
import { freePorts } from "#test/setup/ports-node";

const nodeIds = [1, 2, 3] as const;
export type NodeId = (typeof nodeIds)[number];

export interface KafkaCluster {
  /** host:port of each broker, by node. */
  address(node: NodeId): string;
  readonly brokers: readonly string[];
  kill(node: NodeId): Promise<void>;
  start(node: NodeId): Promise<void>;
  /** The process stands still, its connections open: no answer, no reset. */
  freeze(node: NodeId): void;
  thaw(node: NodeId): void;
  /** Makes a topic whose partition's replicas are as listed; the first is the preferred leader. */
  createTopic(topic: string, replicas: readonly (readonly NodeId[])[]): Promise<void>;
  /** The leader of each partition; -1 for none. */
  leaders(topic: string): Promise<number[]>;
  /** The fewest replicas in sync of any partition. */
  inSync(topic: string): Promise<number>;
  /** Gives every partition to its preferred leader. */
  electPreferred(): Promise<void>;
  /** Kafka's own idempotent Java producer, fed while it runs: each row is in the topic once. */
  producer(topic: string): Producer;
  dispose(): Promise<void>;
}

interface Producer {
  write(rows: readonly string[]): void;
  /** Resolves when every row is acknowledged by all replicas in sync. */
  end(): Promise<void>;
}

const heap = "-Xmx256m";

interface Node {
  readonly plain: number;
  readonly controller: number;
}

function propertiesText(id: NodeId, folder: string, nodes: Readonly<Record<NodeId, Node>>): string {
  const { plain, controller } = nodes[id];
  const voters = nodeIds.map((node) => `${node}@127.0.0.1:${nodes[node].controller}`).join(",");
  return `
process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
listeners=PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${plain}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${folder}/logs
default.replication.factor=3
min.insync.replicas=1
offsets.topic.replication.factor=3
auto.create.topics.enable=false
auto.leader.rebalance.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.socket.timeout.ms=2000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1500
num.network.threads=2
num.io.threads=2
`;
}

async function format(classPath: string, folder: string, properties: string): Promise<void> {
  const args = ["kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", properties];
  await runJava(classPath, args, { cwd: folder, heap });
}

/** Starts the three; resolves when each answers. */
export async function startKafkaCluster(): Promise<KafkaCluster> {
  const classPath = await kafkaClassPath();
  const root = mkdtempSync(join(tmpdir(), "freshet-kafka-cluster-"));
  const ports = await freePorts(2 * nodeIds.length);
  const nodeOf = (id: NodeId): Node => ({
    plain: ports[2 * id - 2] as number,
    controller: ports[2 * id - 1] as number,
  });
  const nodes = { 1: nodeOf(1), 2: nodeOf(2), 3: nodeOf(3) };
  const brokerOf = async (id: NodeId): Promise<Broker> => {
    const properties = join(root, `${id}.properties`);
    writeFileSync(properties, propertiesText(id, join(root, String(id)), nodes));
    await format(classPath, root, properties);
    return new Broker({ classPath, folder: root, properties, port: nodes[id].plain, heap });
  };
  const [first, second, third] = await Promise.all(nodeIds.map(brokerOf));
  const brokers = { 1: first as Broker, 2: second as Broker, 3: third as Broker };
  await Promise.all(nodeIds.map((id) => brokers[id].start()));
  return clusterOf({ classPath, root, nodes, brokers });
}

interface Parts {
  readonly classPath: string;
  readonly root: string;
  readonly nodes: Readonly<Record<NodeId, Node>>;
  readonly brokers: Readonly<Record<NodeId, Broker>>;
}

function clusterOf({ classPath, root, nodes, brokers }: Parts): KafkaCluster {
  const address = (node: NodeId) => `127.0.0.1:${nodes[node].plain}`;
  const addresses = nodeIds.map(address);
  const list = addresses.join(",");
  // One of them may stand still: an answer that takes longer will not come.
  const patience = { requestTimeout: 1000, enforceRequestTimeout: true };
  const client = new Client({ brokers: addresses, logLevel: logLevel.NOTHING, ...patience });
  const admin = client.admin();
  const partitions = async (topic: string) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return (topics[0]?.partitions ?? []).toSorted((left, right) => left.partitionId - right.partitionId);
  };
  return {
    address,
    brokers: addresses,
    kill: (node) => brokers[node].end("SIGKILL"),
    start: (node) => brokers[node].start(),
    freeze: (node) => brokers[node].signal("SIGSTOP"),
    thaw: (node) => brokers[node].signal("SIGCONT"),
    createTopic: async (topic, replicas) => {
      const replicaAssignment = replicas.map((nodes, partition) => ({ partition, replicas: [...nodes] }));
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, replicaAssignment }] });
    },
    leaders: async (topic) => (await partitions(topic)).map(({ leader }) => leader),
    inSync: async (topic) => Math.min(...(await partitions(topic)).map(({ isr }) => isr.length)),
    electPreferred: async () => {
      const election = ["--bootstrap-server", list, "--election-type", "PREFERRED", "--all-topic-partitions"];
      const options = { cwd: root, heap: "-Xmx128m" };
      await runJava(classPath, ["org.apache.kafka.tools.LeaderElectionCommand", ...election], options);
    },
    producer: (topic) => producerOf({ classPath, root, list, topic }),
    dispose: async () => {
      await admin.disconnect().catch(() => {});
      await Promise.all(nodeIds.map((id) => brokers[id].end("SIGKILL")));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function producerOf(options: { classPath: string; root: string; list: string; topic: string }): Producer {
  const { classPath, root, list, topic } = options;
  const patience = ["--message-send-max-retries", "100000", "--request-timeout-ms", "3000"];
  const properties = ["--property", "parse.key=true", "--property", "key.separator=|"];
  const child = spawnJava(
    classPath,
    [
      "org.apache.kafka.tools.ConsoleProducer",
      ...["--bootstrap-server", list, "--topic", topic, ...patience, ...properties],
    ],
    { cwd: root, heap: "-Xmx128m" },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (output += data));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    write: (rows) => void child.stdin?.write(`${rows.join("\n")}\n`),
    end: async () => {
      child.stdin?.end();
      const code = await ended;
      if (code !== 0 || /ERROR/.test(output)) throw new Error(`the producer exited with ${code}: ${output}`);
    },
  };
}
