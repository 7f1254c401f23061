/**
 * Live subscriptions: identical questions of all pages are one query, run again when its table changed (or its
 * moving range went on), at most once per tick and only while somebody can see it. All queries of one tick read
 * one snapshot of all their tables, so the panels of a dashboard agree. Repeating takes at most a third of the
 * time, for cheap queries and for heavy ones each: a heavy query runs less often instead of holding up the others.
 */

import { type ClientOwner, flush, LiveClient, type View } from "#broker/live/client";
import type { LiveBroker, LiveTimers } from "#broker/live/live-broker";
import { Pace } from "#broker/live/pace";
import { questionKey, SharedQuery } from "#broker/live/shared-query";
import { type LiveTables, TableWatches } from "#broker/live/table-watches";
import { tickMsMax, Watermarks, watermarkMs, watermarkOf } from "#broker/live/watermarks";
import { exceptionOf } from "#broker/response/exception";
import type { LiveMessage, LiveRequest } from "#schemas/api/live";
import { isZone, resolveRange } from "#schemas/api/live-range";
import { StoreError, storeErrorOf } from "#schemas/errors";
import { brokerBounds, type Limits } from "#schemas/limits";
import { type SnapshotSet, versionOf } from "#schemas/plan/snapshot";
import { bindParameters } from "#schemas/sql/parameters";
import type { Log } from "#schemas/world";

const firstMs = brokerBounds.liveFirstMs;

export interface LiveHubOptions {
  readonly broker: LiveBroker;
  readonly tables: LiveTables;
  readonly timers: LiveTimers;
  readonly limits: Limits;
  readonly version: string;
  readonly log: Log;
}

export class LiveHub implements ClientOwner {
  readonly #options: LiveHubOptions;
  readonly #clients = new Set<LiveClient>();
  readonly #queries = new Map<string, SharedQuery<View>>();
  readonly #watermarks = new Watermarks();
  readonly #tables: TableWatches;
  readonly #pace: Pace;
  readonly #abort = new AbortController();
  #running = false;
  #nextRunMs = 0;
  #cancelRun: (() => void) | null = null;
  #cancelFirst: (() => void) | null = null;
  #cancelTick: (() => void) | null = null;

  constructor(options: LiveHubOptions) {
    this.#options = options;
    this.#pace = new Pace(options.limits);
    this.#tables = new TableWatches({ ...options, background: (work) => this.#background(work) });
  }

  /** Lets work go on by itself: whatever becomes of it, the other pages and subscriptions go on. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { message, cause } = storeErrorOf(error);
      this.#options.log("error", "a live update failed inside", { error: message, cause });
    });
  }

  /** A page connected; StoreError when there are too many. */
  connect(send: (message: LiveMessage) => void): LiveClient {
    const { limits, timers, version } = this.#options;
    if (this.#clients.size >= limits.liveClients) {
      throw new StoreError("RATE_LIMITED", `${limits.liveClients} pages are connected already (liveClients)`);
    }
    const client: LiveClient = new LiveClient(this, (message) => {
      client.sentAtMs = timers.nowMs();
      send(message);
    });
    this.#clients.add(client);
    client.send({ kind: "hello", nowMs: timers.nowMs(), version });
    this.#cancelTick ??= timers.after(watermarkMs, () => this.#background(this.#tick()));
    return client;
  }

  /** Visible rows, segments or the definition of a table changed. */
  tableChanged(table: string): void {
    this.#watermarks.changed(table);
    let wanted = false;
    for (const query of this.#queries.values()) {
      if (!query.tables.includes(table)) continue;
      query.dirty = true;
      wanted ||= isSeen(query);
    }
    if (wanted) this.#schedule();
  }

  async subscribe(client: LiveClient, request: LiveRequest & { kind: "subscribe" }): Promise<void> {
    const { id, sql, range, zone } = request;
    try {
      if (!isZone(zone)) throw new StoreError("OPTION_VALUE", `"${zone}" is not a time zone`);
      this.#checkRoom(client, client.views.get(id), sql);
      const question = { sql, range, zone };
      const query = this.#queries.get(questionKey(question)) ?? (await this.#planned(question));
      if (client.isClosed) {
        this.#forgetUnseen(query);
        return;
      }
      const view: View = { client, id, query, sequence: 0, sentVersion: 0, had: null, acknowledged: true };
      const replaced = client.views.get(id);
      client.views.set(id, view);
      query.viewers.add(view);
      if (replaced !== undefined) this.#leave(replaced);
      if (!query.dirty || query.exceptions !== null) flush(view);
      if (!query.hasRun) this.#scheduleFirst();
      else if (query.dirty) this.#schedule();
    } catch (error) {
      const replaced = client.views.get(id);
      if (replaced !== undefined) this.unsubscribe(replaced);
      client.fail(id, error);
    }
  }

  watch(client: LiveClient, { id, table }: LiveRequest & { kind: "watch" }): void {
    const replaced = client.watches.get(id);
    try {
      this.#checkRoom(client, replaced, "");
      replaced?.end();
      this.#tables.watch(client, id, table);
    } catch (error) {
      client.fail(id, error);
    }
  }

  unsubscribe(view: View): void {
    view.client.views.delete(view.id);
    this.#leave(view);
  }

  #leave(view: View): void {
    view.query.viewers.delete(view);
    this.#forgetUnseen(view.query);
  }

  #forgetUnseen(query: SharedQuery<View>): void {
    if (query.viewers.size === 0 && this.#queries.get(query.key) === query) this.#queries.delete(query.key);
  }

  seenChanged(): void {
    this.#tables.seenChanged();
    if ([...this.#queries.values()].some((query) => query.dirty && isSeen(query))) this.#schedule();
  }

  disconnect(client: LiveClient): void {
    for (const view of [...client.views.values()]) this.unsubscribe(view);
    for (const watch of client.watches.values()) watch.end();
    this.#clients.delete(client);
  }

  /** Stops timers and cancels what runs. */
  close(): void {
    this.#abort.abort(new StoreError("SHUTTING_DOWN", "the server is stopping"));
    this.#cancelRun?.();
    this.#cancelFirst?.();
    this.#cancelTick?.();
    this.#tables.close();
    this.#clients.clear();
    this.#queries.clear();
  }

  /** How much is watched, for metrics. */
  counts(): { readonly clients: number; readonly queries: number } {
    return { clients: this.#clients.size, queries: this.#queries.size };
  }

  #checkRoom(client: LiveClient, replaced: unknown, sql: string): void {
    const { liveSubscriptions, liveSqlBytes } = this.#options.limits;
    if (replaced === undefined && client.views.size + client.watches.size >= liveSubscriptions) {
      throw new StoreError(
        "RATE_LIMITED",
        `a page may watch ${liveSubscriptions} queries and tables (liveSubscriptions)`,
      );
    }
    let characters = sql.length;
    for (const { query } of client.views.values()) characters += query.question.sql.length;
    if (characters > liveSqlBytes) {
      const words = `the statements of a page may have ${liveSqlBytes} characters together (liveSqlBytes)`;
      throw new StoreError("RATE_LIMITED", `${words} but with this one they have ${characters}`);
    }
  }

  /** A question that nobody asks yet. */
  async #planned(question: { sql: string; range: SharedRange; zone: string }): Promise<SharedQuery<View>> {
    const { fromMs, toMs } = resolveRange(question.range, question.zone, this.#options.timers.nowMs());
    const bound = bindParameters(question.sql, { fromMs, toMs, zone: question.zone });
    const tables = await this.#options.broker.tablesOf(bound, this.#abort.signal);
    const key = questionKey(question);
    const meanwhile = this.#queries.get(key);
    if (meanwhile !== undefined) return meanwhile;
    const query = new SharedQuery<View>(question, tables);
    query.costMs = this.#pace.costOf(question.sql);
    this.#queries.set(key, query);
    return query;
  }

  #schedule(): void {
    if (this.#running || this.#cancelRun !== null || this.#abort.signal.aborted) return;
    const { timers } = this.#options;
    const delayMs = Math.max(0, this.#nextRunMs - timers.nowMs());
    this.#cancelRun = timers.after(delayMs, () => {
      this.#cancelRun = null;
      this.#background(this.#run());
    });
  }

  /** A first answer waits for nobody's rest, only for the other questions of its page. */
  #scheduleFirst(): void {
    this.#cancelFirst ??= this.#options.timers.after(firstMs, () => {
      this.#cancelFirst = null;
      const running = this.#runTogether(
        this.#take(({ hasRun }) => !hasRun),
        async (queries, snapshot) => {
          const cheap = queries.filter((query) => !this.#pace.isHeavy(query));
          await Promise.all(cheap.map((query) => this.#runQuery(query, snapshot)));
          await this.#runInTurn(
            queries.filter((query) => !cheap.includes(query)),
            snapshot,
          );
        },
      );
      this.#background(running);
    });
  }

  /** One tick: the cheap queries that are dirty, and of the heavy ones that are due the one that waited longest. */
  async #run(): Promise<void> {
    const { timers } = this.#options;
    const startMs = timers.nowMs();
    this.#running = true;
    const heavy = [...this.#queries.values()].filter((query) => isSeen(query) && this.#pace.isHeavy(query));
    const chosen = this.#pace.chosen(heavy, startMs);
    try {
      await this.#runTogether(
        this.#take((query) => query === chosen || !heavy.includes(query)),
        (queries, snapshot) => this.#runInTurn(queries, snapshot),
      );
    } finally {
      this.#running = false;
    }
    const cheapMs = timers.nowMs() - startMs - (chosen?.costMs ?? 0);
    this.#nextRunMs = startMs + this.#pace.tickMs(cheapMs);
    if (chosen !== undefined) this.#pace.rest(chosen, heavy, timers.nowMs());
    this.seenChanged();
  }

  /** Takes the dirty, seen queries that are wanted. */
  #take(wanted: (query: SharedQuery<View>) => boolean): readonly SharedQuery<View>[] {
    const taken: SharedQuery<View>[] = [];
    for (const query of this.#queries.values()) {
      if (!query.dirty || !isSeen(query) || !wanted(query)) continue;
      query.dirty = false;
      taken.push(query);
    }
    return taken;
  }

  /** Runs queries on one snapshot of all their tables, and tells whoever watches them when there is none. */
  async #runTogether(
    queries: readonly SharedQuery<View>[],
    run: (queries: readonly SharedQuery<View>[], snapshot: SnapshotSet) => Promise<void>,
  ): Promise<void> {
    if (queries.length === 0) return;
    const { broker, timers } = this.#options;
    const tables = [...new Set(queries.flatMap((query) => query.tables))];
    for (const table of tables) this.#watermarks.taking(table);
    let snapshot: SnapshotSet;
    try {
      snapshot = await broker.snapshot(tables, timers.nowMs());
    } catch (error) {
      const exceptions = [exceptionOf(storeErrorOf(error))];
      for (const query of queries) if (query.fail(exceptions)) flushAll(query);
      return;
    }
    try {
      for (const table of tables) this.#watermarks.took(table, snapshot);
      await run(queries, snapshot);
    } finally {
      broker.release(snapshot);
    }
  }

  /** One after the other, the cheapest first: what is measured is each query's own time. */
  async #runInTurn(queries: readonly SharedQuery<View>[], snapshot: SnapshotSet): Promise<void> {
    const { timers } = this.#options;
    for (const query of queries.toSorted((left, right) => left.costMs - right.costMs)) {
      const startMs = timers.nowMs();
      await this.#runQuery(query, snapshot);
      this.#pace.spent(query, timers.nowMs() - startMs);
    }
  }

  async #runQuery(query: SharedQuery<View>, snapshot: SnapshotSet): Promise<void> {
    const { zone } = query.question;
    const { nowMs } = snapshot;
    const range = resolveRange(query.question.range, zone, nowMs);
    const sql = bindParameters(query.question.sql, { ...range, zone });
    const runAs = `${versionOf(snapshot, query.tables)}\n${sql}`;
    query.ranAtMs = nowMs;
    query.hasRun = true;
    if (query.ranAs !== runAs || query.exceptions !== null) {
      try {
        const options = { snapshot, timeZone: zone, signal: this.#abort.signal };
        const response = await this.#options.broker.ask(sql, options);
        query.accept(response, range, watermarkOf(snapshot, query.tables));
        query.ranAs = runAs;
      } catch (error) {
        query.fail([exceptionOf(storeErrorOf(error))]);
      }
    }
    flushAll(query);
  }

  /** Once a second: moving ranges go on, watermarks are told, silence is broken. */
  async #tick(): Promise<void> {
    const { timers } = this.#options;
    this.#cancelTick =
      this.#clients.size === 0 ? null : timers.after(watermarkMs, () => this.#background(this.#tick()));
    const nowMs = timers.nowMs();
    let wanted = false;
    for (const query of this.#queries.values()) {
      const moves = query.question.range.kind === "last" || query.question.range.kind === "today";
      if ((moves || query.exceptions !== null) && nowMs - query.ranAtMs >= tickMsMax) query.dirty = true;
      wanted ||= query.dirty && isSeen(query);
    }
    if (wanted) this.#schedule();
    const watched = new Set([...this.#queries.values()].flatMap((query) => query.tables));
    await this.#watermarks.refresh(watched, this.#options.broker, nowMs);
    for (const client of this.#clients) this.#watermarks.tell(client, nowMs);
  }
}

type SharedRange = SharedQuery<View>["question"]["range"];

const isSeen = (query: SharedQuery<View>): boolean =>
  [...query.viewers].some((view) => !view.client.paused || view.sentVersion === 0);

function flushAll(query: SharedQuery<View>): void {
  for (const view of query.viewers) flush(view);
}
