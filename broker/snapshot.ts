/** One moment of a query's tables on all servers. A server that cannot be reached is part of it, as missing. */
import { messageOf, StoreError } from "#schemas/errors";
import type { ServerClient } from "#schemas/plan/server-client";
import { momentIn, type SnapshotPart, type SnapshotSet } from "#schemas/plan/snapshot";

type PartOf = SnapshotPart & { readonly server: ServerClient };

/** A snapshot set with the servers that hold it. */
export interface Snapshot extends SnapshotSet {
  readonly parts: readonly PartOf[];
}

export type HeldPart = Extract<PartOf, { kind: "held" }>;

const absentCodes: ReadonlySet<string> = new Set(["SERVER_MISSING", "FRAME_CORRUPT", "SHUTTING_DOWN"]);

/** Whether an error means that a server is not there, rather than that the query is at fault. */
export const isAbsence = (error: unknown): boolean =>
  error instanceof StoreError && absentCodes.has(error.code);

async function partOf(server: ServerClient, tables: readonly string[]): Promise<PartOf> {
  try {
    return { kind: "held", server, info: await server.snapshot(tables) };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return { kind: "missing", server, reason: messageOf(error) };
  }
}

/** The tables' moment on every server, each of them taken in one turn. */
export async function takeSnapshot(
  servers: readonly ServerClient[],
  tables: readonly string[],
  nowMs: number,
): Promise<Snapshot> {
  const settled = await Promise.allSettled(servers.map((server) => partOf(server, tables)));
  const parts = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    releaseParts(parts);
    throw failed.reason;
  }
  return { nowMs, parts };
}

/** The parts that have a table; TABLE_UNKNOWN when every server is there and none of them has it. */
export function partsWith(snapshot: Snapshot, table: string): readonly HeldPart[] {
  const held = snapshot.parts.filter((part) => part.kind === "held");
  const found = held.filter(({ info }) => momentIn(info, table) !== undefined);
  if (found.length === 0 && held.length === snapshot.parts.length && held.length > 0)
    throw new StoreError("TABLE_UNKNOWN", `there is no table "${table}" any more`);
  return found;
}

function releaseParts(parts: readonly PartOf[]): void {
  for (const part of parts) if (part.kind === "held") part.server.release(part.info.id);
}

/** Lets every server free what the moment held. */
export const releaseSnapshot = (snapshot: Snapshot): void => releaseParts(snapshot.parts);
