/** How far each watched table is: told with results, and by ticks while no result changes. */
import type { LiveClient } from "#broker/live/client";
import type { LiveBroker } from "#broker/live/live-broker";
import type { Watermark } from "#schemas/api/live";
import { brokerBounds } from "#schemas/limits";
import { type SnapshotSet, type WholeMoment, wholeMoment } from "#schemas/plan/snapshot";

export const tickMsMax = brokerBounds.liveSilenceMs;
export const watermarkMs = brokerBounds.watermarkMs;

const markOf = ({ newestEventMs, takenMs, rows }: WholeMoment): Watermark => ({
  eventMs: newestEventMs === null ? null : Number(newestEventMs),
  takenMs,
  rows,
});

/** How far a statement's tables are: as far as the newest of them. */
export function watermarkOf(snapshot: SnapshotSet, tables: readonly string[]): Watermark {
  const marks = tables.map((table) => wholeMoment(snapshot, table)).filter((moment) => moment !== null);
  const newest = marks.map(({ newestEventMs }) => newestEventMs).filter((ms) => ms !== null);
  return {
    eventMs: newest.length === 0 ? null : Math.max(...newest.map(Number)),
    takenMs: marks.reduce((least, { takenMs }) => Math.min(least, takenMs), snapshot.nowMs),
    rows: marks.reduce((sum, { rows }) => sum + rows, 0),
  };
}

export class Watermarks {
  readonly #marks = new Map<string, Watermark>();
  readonly #changed = new Set<string>();

  /** Its mark is behind until somebody takes a snapshot. */
  changed(table: string): void {
    this.#changed.add(table);
  }

  /** A snapshot is about to be taken: what changes after it is behind again. */
  taking(table: string): void {
    this.#changed.delete(table);
  }

  took(table: string, snapshot: SnapshotSet): void {
    const moment = wholeMoment(snapshot, table);
    // A dropped table has none; its queries report the fault themselves.
    if (moment === null) this.#marks.delete(table);
    else this.#marks.set(table, markOf(moment));
  }

  /** Tables that changed but whose queries nobody can see still tell how many rows they have. */
  async refresh(watched: ReadonlySet<string>, broker: LiveBroker, nowMs: number): Promise<void> {
    const behind = [...this.#changed].filter((table) => watched.has(table));
    if (behind.length === 0) return;
    for (const table of behind) this.taking(table);
    try {
      const snapshot = await broker.snapshot(behind, nowMs);
      for (const table of behind) this.took(table, snapshot);
      broker.release(snapshot);
    } catch {
      for (const table of behind) this.#marks.delete(table); // the queries report the fault themselves
    }
  }

  /** Tells a page how its tables stand, when that is news or it has heard nothing for long. */
  tell(client: LiveClient, nowMs: number): void {
    const tables: Record<string, Watermark> = {};
    for (const view of client.views.values()) {
      for (const table of view.query.tables) {
        const mark = this.#marks.get(table);
        if (mark !== undefined) tables[table] = mark;
      }
    }
    const key = Object.entries(tables)
      .map(([table, mark]) => `${table} ${mark.rows} ${mark.eventMs}`)
      .join();
    if (key === client.tickedKey && nowMs - client.sentAtMs < tickMsMax - watermarkMs) return;
    client.tickedKey = key;
    client.send({ kind: "tick", nowMs, tables });
  }
}
