/** The command line: flags, their bounds, and the help text. */
import { StoreError } from "#schemas/errors";
import { didYouMean } from "#schemas/suggest";

export interface StartArguments {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** host:port list; empty: the embedded stream. */
  readonly kafka: readonly string[];
  readonly demo: boolean;
  /** Purchases a second. */
  readonly demoRate: number;
  readonly demoBackfill: boolean;
  readonly tables: string | null;
  readonly allowedHosts: readonly string[];
  /** Bytes of the process; null: two thirds of the memory there is. */
  readonly memoryBytes: number | null;
  /** Scan threads; null: one a core. */
  readonly threads: number | null;
}

export const helpText = `Freshet: a real-time OLAP store with dashboards built in

  npm start -- [flags]

  --data DIR          folder of all data                        (./data)
  --port N            HTTP port                                 (8099)
  --host H            address to listen on                      (127.0.0.1)
  --allow-host NAME   a host name that browsers may call us by; repeatable
  --kafka LIST        host:port[,host:port…]: read topics from Kafka instead of the embedded stream
  --tables DIR        also create the tables of DIR: Pinot schema and table-config JSON files
  --no-demo           without the café demo
  --demo-rate N       purchases a second of the demo, over a day, 1 to 100,000  (20)
  --demo-backfill     let the demo also fill 24 h into your Kafka
  --memory SIZE       memory of the process, such as 2G         (two thirds of what there is)
  --threads N         scan threads                              (one a core)
  --help              this text

The first page is http://127.0.0.1:8099. Documents: README.md, SQL.md, ERRORS.md.
`;

interface Flag {
  readonly value: boolean;
  readonly many?: boolean;
}

const flags: Readonly<Record<string, Flag>> = {
  data: { value: true },
  port: { value: true },
  host: { value: true },
  "allow-host": { value: true, many: true },
  kafka: { value: true },
  tables: { value: true },
  "no-demo": { value: false },
  "demo-rate": { value: true },
  "demo-backfill": { value: false },
  memory: { value: true },
  threads: { value: true },
  help: { value: false },
};

const fault = (message: string) => new StoreError("START_FAILED", message);

/** Splits `--name value` and `--name=value` into a list per flag. */
function collect(args: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let at = 0; at < args.length; at++) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/.exec(args[at] as string) ?? [];
    const flag = name === undefined ? undefined : flags[name];
    if (name === undefined || flag === undefined) {
      const hint = didYouMean((args[at] as string).replace(/^-+/, ""), Object.keys(flags)).replace(
        '"',
        '"--',
      );
      throw fault(`unknown flag "${args[at]}".${hint} See --help.`);
    }
    if (!flag.value && inline !== undefined) throw fault(`--${name} takes no value`);
    const value = flag.value ? (inline ?? args[++at]) : "";
    if (value === undefined || (flag.value && value.startsWith("--")))
      throw fault(`--${name} needs a value. See --help.`);
    if (found.has(name) && flag.many !== true) throw fault(`--${name} is given twice`);
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

function whole(text: string, name: string, range: { min: number; max: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < range.min || value > range.max) {
    throw fault(`--${name} takes a whole number from ${range.min} to ${range.max}; found "${text}"`);
  }
  return value;
}

function bytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([MG])$/i.exec(text);
  if (match === null) throw fault(`--memory takes a size such as 512M or 2G; found "${text}"`);
  const bytes = Number(match[1]) * (match[2]?.toUpperCase() === "G" ? 2 ** 30 : 2 ** 20);
  if (bytes < 256 * 2 ** 20) throw fault(`--memory takes at least 256M; found "${text}"`);
  return Math.floor(bytes);
}

function brokersOf(text: string): string[] {
  const brokers = text.split(",").map((broker) => broker.trim());
  for (const broker of brokers) {
    if (!/^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(broker)) {
      throw fault(`--kafka takes host:port[,host:port…]; found "${broker}"`);
    }
  }
  return brokers;
}

/** Flags after the command; null when help was asked for. Throws START_FAILED with one clear line. */
export function parseStart(args: readonly string[]): StartArguments | null {
  const found = collect(args);
  const one = (name: string): string | undefined => found.get(name)?.[0];
  if (found.has("help")) return null;
  return {
    data: one("data") ?? "data",
    host: one("host") ?? "127.0.0.1",
    port: whole(one("port") ?? "8099", "port", { min: 0, max: 65_535 }),
    kafka: found.has("kafka") ? brokersOf(one("kafka") as string) : [],
    demo: !found.has("no-demo"),
    demoRate: whole(one("demo-rate") ?? "20", "demo-rate", { min: 1, max: 100_000 }),
    demoBackfill: found.has("demo-backfill"),
    tables: one("tables") ?? null,
    allowedHosts: found.get("allow-host") ?? [],
    memoryBytes: found.has("memory") ? bytesOf(one("memory") as string) : null,
    threads: found.has("threads") ? whole(one("threads") as string, "threads", { min: 1, max: 256 }) : null,
  };
}

/** Whether only this machine reaches an address to listen on. */
export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

/** Said at every start that others can reach: nobody should learn it from a stranger's DROP. */
export const openDoors = (host: string, port: number): string =>
  `\nWARNING: Freshet listens on ${host}:${port} and has no logins: whoever reaches that address can read,\n` +
  "change and drop everything. Put a firewall or a proxy with logins in front, or leave --host out.\n\n";
