/** What clients of a server that is killed again and again may rely on: kept by the test, checked after each start. */

/** One push request; its rows are acknowledged together or not at all. */
export interface Batch {
  readonly key: string;
  readonly ids: readonly number[];
  /** Event time of its rows: a request that is sent again is the same to the byte. */
  readonly ts: number;
  state: "sent" | "acknowledged" | "refused" | "unknown";
}

export class Story {
  readonly batches: Batch[] = [];
  #nextId = 1;

  next(rows: number, ts = Date.now()): Batch {
    const ids = Array.from({ length: rows }, () => this.#nextId++);
    const batch: Batch = { key: `key-${ids[0]}`, ids, ts, state: "sent" };
    this.batches.push(batch);
    return batch;
  }

  /** The server was killed: what had no answer is unknown now. */
  killed(): void {
    for (const batch of this.batches) if (batch.state === "sent") batch.state = "unknown";
  }

  acknowledgedRows(): number {
    const known = this.batches.filter(({ state }) => state === "acknowledged");
    return known.reduce((sum, batch) => sum + batch.ids.length, 0);
  }

  /**
   * Everything that is wrong with these rows; nothing, if every acknowledged row is there once, and every request in
   * flight is there whole or not at all. What was in flight is decided with this answer.
   */
  faults(ids: readonly number[]): string[] {
    const faults: string[] = [];
    const seen = new Set(ids);
    if (seen.size !== ids.length) faults.push(`${ids.length - seen.size} rows are there twice`);
    for (const batch of this.batches) {
      const there = batch.ids.filter((id) => seen.delete(id)).length;
      const whole = there === batch.ids.length;
      if (!whole && there > 0) faults.push(`${batch.key}: ${there} of ${batch.ids.length} rows`);
      if (batch.state === "acknowledged" && there === 0) faults.push(`${batch.key}: acknowledged, but gone`);
      if (batch.state === "refused" && there > 0) faults.push(`${batch.key}: refused, but there`);
      if (batch.state === "unknown") batch.state = whole ? "acknowledged" : "refused";
    }
    if (seen.size > 0) faults.push(`${seen.size} rows that nobody sent`);
    return faults;
  }
}
