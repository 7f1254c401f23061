/** One moment of a table on all servers. A server that cannot be reached is part of it, as missing. */
import { messageOf, StoreError } from "#schemas/errors";
import type { ServerClient, SnapshotInfo } from "#schemas/plan/server-client";

/** What a server has of the moment, or why it has nothing. */
export type SnapshotPart =
  | { readonly kind: "held"; readonly server: ServerClient; readonly info: SnapshotInfo }
  | { readonly kind: "missing"; readonly server: ServerClient; readonly reason: string };

export interface Snapshot {
  readonly parts: readonly SnapshotPart[];
  /** Sums and joins over the parts. */
  readonly info: SnapshotInfo;
}

const absentCodes: ReadonlySet<string> = new Set(["SERVER_MISSING", "FRAME_CORRUPT", "SHUTTING_DOWN"]);

/** Whether an error means that a server is not there, rather than that the query is at fault. */
export const isAbsence = (error: unknown): boolean =>
  error instanceof StoreError && absentCodes.has(error.code);

async function partOf(server: ServerClient, table: string): Promise<SnapshotPart> {
  try {
    return { kind: "held", server, info: await server.snapshot(table) };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return { kind: "missing", server, reason: messageOf(error) };
  }
}

function joined(infos: readonly SnapshotInfo[]): SnapshotInfo {
  if (infos.length === 1) return infos[0];
  const newest = infos.map((info) => info.newestEventMs).filter((ms) => ms !== null);
  return {
    id: infos.map((info) => info.id).join("+"),
    version: infos.map((info) => info.version).join("+"),
    takenMs: infos.reduce((least, info) => Math.min(least, info.takenMs), infos[0]?.takenMs ?? 0),
    rows: infos.reduce((total, info) => total + info.rows, 0),
    gaps: infos.flatMap((info) => info.gaps),
    newestEventMs: newest.length === 0 ? null : newest.reduce((most, ms) => (ms > most ? ms : most)),
  };
}

/** The table's moment on every server. */
export async function takeSnapshot(servers: readonly ServerClient[], table: string): Promise<Snapshot> {
  const settled = await Promise.allSettled(servers.map((server) => partOf(server, table)));
  const parts = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    releaseParts(parts);
    throw failed.reason;
  }
  const held = parts.filter((part) => part.kind === "held");
  return { parts, info: joined(held.map(({ info }) => info)) };
}

function releaseParts(parts: readonly SnapshotPart[]): void {
  for (const part of parts) if (part.kind === "held") part.server.release(part.info.id);
}

/** Lets every server free what the moment held. */
export const releaseSnapshot = (snapshot: Snapshot): void => releaseParts(snapshot.parts);
