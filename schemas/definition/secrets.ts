/**
 * Passwords in table configs: kept to log in with, never shown again. Whatever shows a config masks it first, and what
 * comes back masked means "as it was", so that a config can be read, changed and written back.
 */
import { StoreError } from "#schemas/errors";

const mask = "********";

/** Keys that name a secret, or the way to one. "tokenizer" is none. */
const secretKey =
  /passw(or)?d|passphrase|pwd|secret|token(?!iz)|credential|keystore|truststore|jaas|(api|access|private|account|shared)[._-]?key|user[._-]?info|authorization/i;

/** Maps whose keys are columns, which may be called anything. */
const columnMaps = new Set([
  "noDictionaryConfig",
  "partialUpsertStrategies",
  "columnPartitionMap",
  "jsonIndexConfigs",
]);

/** `scheme://user:password@host`, and the same without a scheme in a list of brokers. */
const userInfo = /((?:^|\/\/|,)\s*[^\s:/@,]+:)([^\s@/,]+)(?=@)/g;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function masked(value: unknown, isSecret: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, isSecret));
  if (isPlain(value)) {
    const entries = Object.entries(value).map(([key, inner]) =>
      columnMaps.has(key) ? [key, inner] : [key, masked(inner, isSecret || secretKey.test(key))],
    );
    return Object.fromEntries(entries);
  }
  if (value === null || value === undefined || value === "" || typeof value === "boolean") return value;
  if (isSecret) return mask;
  return typeof value === "string" ? value.replace(userInfo, `$1${mask}`) : value;
}

/** A config, or any part of one, as it may be shown. `key`: what it stands under. */
export const maskSecrets = (json: unknown, key = ""): unknown => masked(json, secretKey.test(key));

const pathOf = (path: string, name: string): string =>
  /^\w+$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`;

interface Kept {
  readonly path: string;
  readonly key: string;
  readonly shown: unknown;
  readonly text: unknown;
}

/** What of a JSON is not shown as it is, beside how it is shown. */
function* keptOf(json: unknown, shown: unknown, place = { path: "$", key: "" }): Generator<Kept> {
  const { path, key } = place;
  if (Array.isArray(json)) {
    const others = shown as readonly unknown[];
    for (const [index, item] of json.entries())
      yield* keptOf(item, others[index], { path: `${path}[${index}]`, key });
  } else if (isPlain(json)) {
    const others = shown as Record<string, unknown>;
    for (const [name, inner] of Object.entries(json))
      yield* keptOf(inner, others[name], { path: pathOf(path, name), key: name });
  } else if (json !== shown) yield { path, key, shown, text: json };
}

/**
 * The config with the secrets of the stored one where the mask stands: in the same place, or under the same key
 * wherever that moved to. TABLE_DEFINITION when nothing is known for a mask.
 */
export function keepSecrets(config: unknown, stored: unknown): unknown {
  const all = [...keptOf(stored, maskSecrets(stored))];
  const known = (shown: string, path: string, key: string): unknown => {
    const fitting = all.filter((kept) => kept.shown === shown);
    const found = fitting.find((kept) => kept.path === path) ?? fitting.find((kept) => kept.key === key);
    if (found !== undefined) return found.text;
    const message = `${path}: "${mask}" stands for a secret that is not known here; write the secret itself.`;
    throw new StoreError("TABLE_DEFINITION", message, { at: path });
  };
  const whole = (value: unknown, path: string, key: string): unknown => {
    if (typeof value === "string") return value.includes(mask) ? known(value, path, key) : value;
    if (Array.isArray(value)) return value.map((item, index) => whole(item, `${path}[${index}]`, key));
    if (!isPlain(value)) return value;
    const entries = Object.entries(value).map(([name, inner]) => [
      name,
      whole(inner, pathOf(path, name), name),
    ]);
    return Object.fromEntries(entries);
  };
  return whole(config, "$", "");
}
