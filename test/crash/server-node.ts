/** A real server in a child process for the crash tests: tables with tiny segments, and a client that keeps pushing. */
import { once } from "node:events";
import { type Freshet, pidOf, startFreshet } from "#test/setup/freshet-node";
import type { Batch, Story } from "./story.ts";

/** Tiny segments and frequent rounds of merging, so that a second of life passes every failpoint. */
const segmentRows = 300;
const maintainMs = 100;

export const crashTable = "crash";

const schemaOf = (name: string) => ({
  schemaName: name,
  dimensionFieldSpecs: [
    { name: "id", dataType: "LONG" },
    { name: "key", dataType: "STRING" },
  ],
  dateTimeFieldSpecs: [
    { name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP", granularity: "1:MILLISECONDS" },
  ],
});

const configOf = (name: string, retentionDays: number | null) => ({
  tableName: name,
  tableType: "REALTIME",
  segmentsConfig: {
    schemaName: name,
    timeColumnName: "ts",
    replication: "1",
    ...(retentionDays === null
      ? {}
      : { retentionTimeUnit: "DAYS", retentionTimeValue: String(retentionDays) }),
  },
  tenants: {},
  metadata: {},
  tableIndexConfig: {
    loadMode: "MMAP",
    streamConfigs: {
      streamType: "embedded",
      "realtime.segment.flush.threshold.rows": String(segmentRows),
    },
  },
});

/** Starts on a folder, perhaps to die at a failpoint, or on a small disk. */
export const startOn = (
  data: string,
  failpoint: string | null = null,
  diskBytes: number | null = null,
): Promise<Freshet> =>
  startFreshet({
    data,
    flags: ["--no-demo"],
    environment: {
      FRESHET_MAINTAIN_MS: String(maintainMs),
      FRESHET_LIMITS: JSON.stringify({ logFileBytes: 16_384 }),
      ...(failpoint === null ? {} : { FRESHET_FAILPOINT: failpoint }),
      ...(diskBytes === null ? {} : { FRESHET_DISK_BYTES: String(diskBytes) }),
    },
  });

export async function makeTable(
  server: Freshet,
  name: string,
  retentionDays: number | null = null,
): Promise<void> {
  for (const [path, body] of [
    ["/schemas", schemaOf(name)],
    ["/tables", configOf(name, retentionDays)],
  ] as const) {
    const { status, json } = await server.post(path, body);
    if (status !== 200) throw new Error(`${path} of ${name}: ${status} ${JSON.stringify(json)}`);
  }
}

const rowsOf = ({ ids, key, ts }: Batch): string =>
  ids.map((id) => `${JSON.stringify({ id, key, ts })}\n`).join("");

/** One request; the batch knows afterwards what came of it. */
export async function push(server: Freshet, batch: Batch, table = crashTable): Promise<number | null> {
  try {
    const { status } = await server.post(`/ingest/${table}`, rowsOf(batch), {
      "content-type": "application/x-ndjson",
      "idempotency-key": batch.key,
    });
    if (batch.state === "sent") batch.state = status === 200 ? "acknowledged" : "refused";
    return status;
  } catch {
    return null; // the connection broke: the server was killed
  }
}

/** Pushes with several clients until the server dies or `until` says so. */
export async function pushOn(
  server: Freshet,
  story: Story,
  options: {
    readonly clients: number;
    readonly until: () => boolean;
    readonly ageMs?: number;
    readonly table?: string;
  },
): Promise<void> {
  const client = async () => {
    while (!options.until() && !isDead(server)) {
      const batch = story.next(20 + (story.batches.length % 50), Date.now() - (options.ageMs ?? 0));
      if ((await push(server, batch, options.table)) === null) return;
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
}

/** All ids of a table; throws when the answer is not whole. */
export async function idsOf(server: Freshet, table = crashTable): Promise<number[]> {
  const answer = await server.sql(`SELECT id FROM ${table} LIMIT 1000000`);
  if (answer.exceptions.length > 0 || answer["partialResult"] === true)
    throw new Error(`partial: ${JSON.stringify(answer.exceptions)}`);
  return (answer.resultTable?.rows ?? []).map(([id]) => Number(id));
}

export const isDead = ({ child }: Freshet): boolean => child.exitCode !== null || child.signalCode !== null;

/** Waits for the child's end; how it ended. */
export async function endOf(server: Freshet, waitMs: number): Promise<string | null> {
  const signal = AbortSignal.timeout(waitMs);
  if (!isDead(server)) await once(server.child, "exit", { signal });
  return server.child.signalCode;
}

/** kill -9 of the process that holds the folder, and its end. */
export async function killHolder(server: Freshet): Promise<void> {
  if (!isDead(server)) process.kill(pidOf(server.data), "SIGKILL");
  await endOf(server, 10_000);
}
