/** kafkajs's own client from our settings: TLS, logins, timeouts, and its log in ours. */
import { readFileSync } from "node:fs";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { type KafkaSettings, kafkaSettings } from "#ingestion/source/kafka-settings";
import { ingestionBounds } from "#schemas/limits";
import type { World } from "#schemas/world";

/** What kafkajs prints goes to our log one level lower: each fault reaches the partition's status anyway. */
export const logCreator =
  (log: World["log"]) =>
  () =>
  ({ namespace, log: entry }: { namespace: string; log: { message: string } }) =>
    log("debug", `kafka ${namespace}: ${entry.message}`);

/**
 * kafkajs sets timers in the past, which Node 24 reports; nothing is wrong. Every other warning is shown.
 * Each thread has listeners of its own, so this stands where kafkajs is loaded.
 */
function quietTimerWarning(): void {
  const shown = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "TimeoutNegativeWarning") for (const listener of shown) listener(warning);
  });
}
quietTimerWarning();

export interface KafkaTarget {
  readonly brokers: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly log: World["log"];
}

const settingsOf = ({ brokers, properties }: KafkaTarget): KafkaSettings =>
  kafkaSettings(brokers, properties, (path) => readFileSync(path, "utf8"));

const connectionMs = ingestionBounds.kafkaConnectionMs;
const questionMs = ingestionBounds.kafkaQuestionMs;

function tlsOptions({ tls }: KafkaSettings) {
  if (tls === null) return undefined;
  return {
    ...(tls.ca === null ? {} : { ca: [tls.ca] }),
    ...(tls.certificate === null ? {} : { cert: tls.certificate }),
    ...(tls.key === null ? {} : { key: tls.key }),
    ...(tls.passphrase === null ? {} : { passphrase: tls.passphrase }),
    ...(tls.checkHost ? {} : { checkServerIdentity: () => undefined }),
  };
}

export function clientConfig(target: KafkaTarget): KafkaConfig {
  const settings = settingsOf(target);
  const ssl = tlsOptions(settings);
  return {
    clientId: "freshet",
    brokers: [...settings.brokers],
    connectionTimeout: connectionMs,
    requestTimeout: settings.requestMs ?? questionMs,
    ...(ssl === undefined ? {} : { ssl }),
    ...(settings.sasl === null ? {} : { sasl: settings.sasl }),
  } as KafkaConfig;
}

/** kafkajs's public client, for topics, offsets and producing. */
export const kafkaClient = (target: KafkaTarget): Kafka =>
  new Kafka({
    ...clientConfig(target),
    // Each of the list is tried before it gives up.
    retry: { retries: Math.max(2, target.brokers.length - 1) },
    logLevel: logLevel.ERROR,
    logCreator: logCreator(target.log) as never,
  });
