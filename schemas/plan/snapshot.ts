/**
 * What a query sees, fixed: a set of tables on a set of servers, all taken in one turn, with the query's NOW() and with
 * whatever is missing. Equal versions mean equal rows, for ever: a table made anew under an old name, a definition
 * that changed, a segment that took another's place and a server that began again each make another version.
 */

import type { Gap } from "#schemas/segment";
import { compareText } from "#schemas/text";

/** Which table of a name, and which of its definitions. */
export interface TableIdentity {
  /** Tells a table from an earlier one of its name. */
  readonly incarnation: string;
  /** The definition's version. */
  readonly definition: number;
}

export interface TableVersion extends TableIdentity {
  /** Of the list of segments: grows whenever one comes, goes or takes another's place. */
  readonly generation: number;
  /** Visible rows of the segments that still grow, by partition; what is sealed changes with the generation alone. */
  readonly growing: readonly { readonly partition: number; readonly rows: number }[];
  /** Grows when rows that are there stop, or begin, to count. */
  readonly validity: number;
}

/** One table of a snapshot, as one server has it. */
export interface TableMoment {
  readonly table: string;
  readonly version: TableVersion;
  readonly rows: number;
  readonly gaps: readonly Gap[];
  /** Newest event time seen, ms; null without rows or a time column. */
  readonly newestEventMs: bigint | null;
}

/** One server's part of a snapshot. */
export interface SnapshotInfo {
  /** Hand it back to `execute` and `release`. A server drops one by itself after its lease. */
  readonly id: string;
  /** This life of the server: its generations begin again with each. */
  readonly run: string;
  readonly takenMs: number;
  /** Those of the wanted tables that the server has. */
  readonly tables: readonly TableMoment[];
}

/** What a server has of the moment, or why it has nothing. */
export type SnapshotPart =
  | { readonly kind: "held"; readonly server: { readonly name: string }; readonly info: SnapshotInfo }
  | { readonly kind: "missing"; readonly server: { readonly name: string }; readonly reason: string };

export interface SnapshotSet {
  /** The query's NOW(). */
  readonly nowMs: number;
  readonly parts: readonly SnapshotPart[];
}

/** A table over all servers of a set: sums and joins of its moments. */
export interface WholeMoment extends Pick<TableMoment, "rows" | "gaps" | "newestEventMs"> {
  /** When the first of the servers took it. */
  readonly takenMs: number;
}

export const momentIn = ({ tables }: SnapshotInfo, table: string): TableMoment | undefined =>
  tables.find((moment) => moment.table === table);

/** The table's moments with the servers that have them. */
function momentsOf({ parts }: SnapshotSet, table: string) {
  return parts.flatMap((part) => {
    const moment = part.kind === "held" ? momentIn(part.info, table) : undefined;
    return moment === undefined || part.kind === "missing" ? [] : [{ moment, info: part.info }];
  });
}

/** The table as the set has it; null when no server of it has the table. */
export function wholeMoment(set: SnapshotSet, table: string): WholeMoment | null {
  const found = momentsOf(set, table);
  if (found.length === 0) return null;
  const newest = found.map(({ moment }) => moment.newestEventMs).filter((ms) => ms !== null);
  return {
    takenMs: Math.min(...found.map(({ info }) => info.takenMs)),
    rows: found.reduce((total, { moment }) => total + moment.rows, 0),
    gaps: found.flatMap(({ moment }) => moment.gaps),
    newestEventMs: newest.length === 0 ? null : newest.reduce((most, ms) => (ms > most ? ms : most)),
  };
}

/** Whether every server that has the table has the one that is meant. */
export const isOf = (set: SnapshotSet, table: string, incarnation: string): boolean =>
  momentsOf(set, table).every(({ moment }) => moment.version.incarnation === incarnation);

const versionText = ({ incarnation, definition, generation, growing, validity }: TableVersion): string =>
  [
    incarnation,
    definition,
    generation,
    validity,
    growing.map(({ partition, rows }) => `${partition}=${rows}`).join(","),
  ].join(".");

/**
 * The version of these tables over all servers, as text: for cache keys, live subscriptions and receipts. Equal texts
 * mean equal rows; NOW() is not in it.
 */
export function versionOf(set: SnapshotSet, tables: readonly string[]): string {
  const parts = set.parts.map((part) => {
    if (part.kind === "missing") return `${part.server.name} is missing`;
    const moments = tables.map((table) => {
      const moment = momentIn(part.info, table);
      return moment === undefined ? `${table} -` : `${table} ${versionText(moment.version)}`;
    });
    return `${part.server.name} ${part.info.run} ${moments.join(" ")}`;
  });
  return parts.toSorted(compareText).join("; ");
}
