/** How far each watched table is: told with results, and by ticks while no result changes. */
import type { LiveClient } from "#broker/live/client";
import type { LiveBroker } from "#broker/live/live-broker";
import type { Watermark } from "#schemas/api/live";
import type { SnapshotInfo } from "#schemas/plan/server-client";

/** Silence longer than this means a lost connection, so ticks come at least this often. */
export const tickMsMax = 5000;
/** While rows arrive that no result shows, watermarks go on at this pace. */
export const watermarkMs = 1000;

export const watermarkOf = (snapshot: SnapshotInfo): Watermark => ({
  eventMs: snapshot.newestEventMs === null ? null : Number(snapshot.newestEventMs),
  takenMs: snapshot.takenMs,
  rows: snapshot.rows,
});

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

  took(table: string, snapshot: SnapshotInfo): void {
    this.#marks.set(table, watermarkOf(snapshot));
  }

  /** Tables that changed but whose queries nobody can see still tell how many rows they have. */
  async refresh(watched: ReadonlySet<string>, broker: LiveBroker): Promise<void> {
    for (const table of [...this.#changed]) {
      if (!watched.has(table)) continue;
      this.taking(table);
      try {
        const snapshot = await broker.snapshot(table);
        this.took(table, snapshot);
        broker.release(snapshot);
      } catch {
        this.#marks.delete(table); // a dropped table has none; its queries report the fault themselves
      }
    }
  }

  /** Tells a page how its tables stand, when that is news or it has heard nothing for long. */
  tell(client: LiveClient, nowMs: number): void {
    const tables: Record<string, Watermark> = {};
    for (const view of client.views.values()) {
      const mark = this.#marks.get(view.query.table);
      if (mark !== undefined) tables[view.query.table] = mark;
    }
    const key = Object.entries(tables)
      .map(([table, mark]) => `${table} ${mark.rows} ${mark.eventMs}`)
      .join();
    if (key === client.tickedKey && nowMs - client.sentAtMs < tickMsMax - watermarkMs) return;
    client.tickedKey = key;
    client.send({ kind: "tick", nowMs, tables });
  }
}
