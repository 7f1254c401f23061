/** Kafka client settings, as Java and Pinot configs write them, → what kafkajs takes. */
import { StoreError } from "#schemas/errors";
import { ingestionBounds } from "#schemas/limits";

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly tls: TlsSettings | null;
  readonly sasl: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  } | null;
  /** How long an answer may take, when the user says so. */
  readonly requestMs: number | null;
}

interface TlsSettings {
  /** PEM texts. */
  readonly ca: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly passphrase: string | null;
  readonly checkHost: boolean;
}

const requestMsMin = 500;
const requestMsMax = ingestionBounds.kafkaRequestMs;
const protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
const mechanisms = {
  PLAIN: "plain",
  "SCRAM-SHA-256": "scram-sha-256",
  "SCRAM-SHA-512": "scram-sha-512",
} as const;

const fault = (message: string) => new StoreError("TABLE_DEFINITION", `Kafka settings: ${message}`);

function pemOf(
  properties: Readonly<Record<string, string>>,
  kind: "truststore" | "keystore",
  readText: (path: string) => string,
): string | null {
  const inline = properties[`ssl.${kind}.${kind === "truststore" ? "certificates" : "certificate.chain"}`];
  if (inline !== undefined) return inline;
  const path =
    properties[`ssl.${kind}.location`] ??
    (kind === "truststore" ? properties["ssl.ca.location"] : properties["ssl.certificate.location"]);
  if (path === undefined) return null;
  const text = readText(path);
  if (!text.includes("-----BEGIN")) {
    throw fault(
      `ssl.${kind}.location: ${path} is not PEM; convert it: keytool -exportcert -rfc -keystore ${path} -alias …`,
    );
  }
  return text;
}

function tlsOf(
  properties: Readonly<Record<string, string>>,
  readText: (path: string) => string,
): TlsSettings {
  const keyPath = properties["ssl.key.location"];
  return {
    ca: pemOf(properties, "truststore", readText),
    certificate: pemOf(properties, "keystore", readText),
    key: properties["ssl.keystore.key"] ?? (keyPath === undefined ? null : readText(keyPath)),
    passphrase: properties["ssl.key.password"] ?? null,
    checkHost: (properties["ssl.endpoint.identification.algorithm"] ?? "https") !== "",
  };
}

/** `… required username="u" password="p";` */
function credentials(properties: Readonly<Record<string, string>>): { username: string; password: string } {
  const jaas = properties["sasl.jaas.config"] ?? "";
  const field = (name: string) =>
    properties[`sasl.${name}`] ??
    new RegExp(`\\b${name}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(jaas)?.[1]?.replace(/\\(.)/g, "$1");
  const username = field("username");
  const password = field("password");
  if (username === undefined || password === undefined) {
    throw fault('sasl.jaas.config: expected username="…" password="…"');
  }
  return { username, password };
}

function requestMsOf(properties: Readonly<Record<string, string>>): number | null {
  const text = properties["request.timeout.ms"];
  if (text === undefined) return null;
  const ms = Number(text);
  if (Number.isInteger(ms) && ms >= requestMsMin && ms <= requestMsMax) return ms;
  throw fault(`request.timeout.ms: expected ${requestMsMin} to ${requestMsMax} but found "${text}"`);
}

/** Reads security.protocol, request.timeout.ms, sasl.* and ssl.*; `readText` opens PEM files. */
export function kafkaSettings(
  brokers: readonly string[],
  properties: Readonly<Record<string, string>>,
  readText: (path: string) => string,
): KafkaSettings {
  const protocol = (properties["security.protocol"] ?? "PLAINTEXT").toUpperCase();
  if (!protocols.includes(protocol))
    throw fault(`security.protocol: expected one of ${protocols.join(", ")} but found "${protocol}"`);
  if (brokers.length === 0)
    throw fault("stream.kafka.broker.list is missing, and the process has no --kafka");
  const requestMs = requestMsOf(properties);
  const tls = protocol.endsWith("SSL") ? tlsOf(properties, readText) : null;
  if (!protocol.startsWith("SASL")) return { brokers, tls, sasl: null, requestMs };
  const wanted = (properties["sasl.mechanism"] ?? "PLAIN").toUpperCase();
  const mechanism = mechanisms[wanted as keyof typeof mechanisms];
  if (mechanism === undefined) {
    throw fault(
      `sasl.mechanism: expected one of ${Object.keys(mechanisms).join(", ")} but found "${wanted}"`,
    );
  }
  return { brokers, tls, sasl: { mechanism, ...credentials(properties) }, requestMs };
}
