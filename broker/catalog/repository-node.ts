/**
 * The catalog over any database that Kysely speaks: each method is one transaction, and whatever changes a
 * document or an offset compares before it sets, so two writers can never both succeed. Nothing here knows
 * which store it is.
 */
import type { Dashboard, DashboardSummary } from "#schemas/api/dashboards";
import type { SavedQuery } from "#schemas/api/query";
import type { CatalogClient, PartitionRecord, SegmentCommit, TableRecord } from "#schemas/catalog";
import { StoreError } from "#schemas/errors";
import { readExactJson, writeExactJson } from "#schemas/exact-json";
import type { Gap, Reservation, SegmentRecord, SourceRange } from "#schemas/segment";
import type { CatalogDatabase, CatalogTables } from "./tables-node.ts";

const conflict = (message: string): never => {
  throw new StoreError("CATALOG_CONFLICT", message);
};

export class CatalogRepository implements CatalogClient {
  readonly #database: CatalogDatabase;
  /** Where it lies, for messages. */
  readonly #place: string;
  readonly #errorOf: (error: unknown) => StoreError;

  constructor(options: {
    database: CatalogDatabase;
    place: string;
    /** What the driver's errors mean. */
    errorOf: (error: unknown) => StoreError;
  }) {
    this.#database = options.database;
    this.#place = options.place;
    this.#errorOf = options.errorOf;
  }

  /** Runs one method's statements as a whole. */
  async #whole<T>(work: (database: CatalogDatabase) => Promise<T>): Promise<T> {
    try {
      return await this.#database.transaction().execute(work);
    } catch (error) {
      throw error instanceof StoreError ? error : this.#errorOf(error);
    }
  }

  setting(key: string): Promise<string | null> {
    return this.#whole(async (database) => {
      const row = await database
        .selectFrom("settings")
        .select("value")
        .where("key", "=", key)
        .executeTakeFirst();
      return row?.value ?? null;
    });
  }

  async setSetting(key: string, value: string): Promise<void> {
    await this.#whole((database) =>
      database
        .insertInto("settings")
        .values({ key, value })
        .onConflict((found) => found.column("key").doUpdateSet({ value }))
        .execute(),
    );
  }

  tables(): Promise<readonly TableRecord[]> {
    return this.#whole(async (database) => {
      const rows = await database.selectFrom("tables").selectAll().orderBy("name").execute();
      return rows.map((row) => readExactJson<TableRecord>(row.record, `${this.#place} table ${row.name}`));
    });
  }

  async putTable(record: TableRecord): Promise<void> {
    const { name, version } = record.table;
    const row = { version: BigInt(version), record: writeExactJson(record) };
    await this.#whole(async (database) => {
      const stored = await database
        .selectFrom("tables")
        .select("version")
        .where("name", "=", name)
        .executeTakeFirst();
      if (stored === undefined)
        return void (await database
          .insertInto("tables")
          .values({ name, ...row })
          .execute());
      const updated = await database
        .updateTable("tables")
        .set(row)
        .where("name", "=", name)
        .where("version", "=", BigInt(version - 1))
        .executeTakeFirst();
      if (updated.numUpdatedRows !== 1n)
        conflict(`table ${name} is at version ${stored.version}; version ${version} does not follow it`);
    });
  }

  async dropTable(name: string): Promise<void> {
    await this.#whole(async (database) => {
      await database.deleteFrom("tables").where("name", "=", name).execute();
      for (const relation of ["partitions", "segments", "gaps"] as const)
        await database.deleteFrom(relation).where("table_name", "=", name).execute();
    });
  }

  partitions(table: string): Promise<readonly PartitionRecord[]> {
    return this.#whole(async (database) => {
      const rows = await database
        .selectFrom("partitions")
        .selectAll()
        .where("table_name", "=", table)
        .orderBy("partition")
        .execute();
      return rows.map(partitionOf);
    });
  }

  claimPartition(table: string, partition: number, firstOffset: bigint): Promise<PartitionRecord> {
    return this.#whole(async (database) => {
      const row = await database
        .insertInto("partitions")
        .values({
          table_name: table,
          partition: BigInt(partition),
          next_offset: firstOffset,
          epoch: 1n,
          last_record_crc: null,
          reserved_end: null,
          reserved_file: null,
        })
        .onConflict((found) =>
          found
            .columns(["table_name", "partition"])
            .doUpdateSet((eb) => ({ epoch: eb("partitions.epoch", "+", 1n) })),
        )
        .returningAll()
        .executeTakeFirstOrThrow();
      return partitionOf(row);
    });
  }

  segments(table: string): Promise<readonly SegmentRecord[]> {
    return this.#whole(async (database) => {
      const rows = await database
        .selectFrom("segments")
        .select(["id", "record"])
        .where("table_name", "=", table)
        .orderBy("id")
        .execute();
      return rows.map((row) => readExactJson<SegmentRecord>(row.record, `${this.#place} segment ${row.id}`));
    });
  }

  async commitSegment(commit: SegmentCommit): Promise<void> {
    const { segment } = commit;
    await this.#whole(async (database) => {
      for (const range of segment.ranges) {
        const crc = commit.lastRecordCrcs[range.partition] ?? null;
        await advance(database, { table: segment.table, range, epoch: commit.epoch, crc });
      }
      await insertSegment(database, segment);
    });
  }

  async passOver(table: string, range: SourceRange, epoch: number): Promise<void> {
    await this.#whole((database) => advance(database, { table, range, epoch, crc: null }));
  }

  async replaceSegments(
    table: string,
    removed: readonly string[],
    added: readonly SegmentRecord[],
  ): Promise<void> {
    await this.#whole(async (database) => {
      for (const id of removed) {
        const deleted = await database
          .deleteFrom("segments")
          .where("id", "=", id)
          .where("table_name", "=", table)
          .executeTakeFirst();
        if (deleted.numDeletedRows !== 1n) conflict(`segment ${id} of table ${table} is not there any more`);
      }
      for (const segment of added) await insertSegment(database, segment);
    });
  }

  async recordGap(table: string, gap: Gap): Promise<void> {
    await this.#whole(async (database) => {
      const moved = await database
        .updateTable("partitions")
        .set({ next_offset: gap.end, last_record_crc: null })
        .where("table_name", "=", table)
        .where("partition", "=", BigInt(gap.partition))
        .where("next_offset", "=", gap.start)
        .executeTakeFirst();
      if (moved.numUpdatedRows !== 1n)
        conflict(`partition ${gap.partition} of table ${table} does not stand at offset ${gap.start}`);
      await database
        .insertInto("gaps")
        .values({
          table_name: table,
          partition: BigInt(gap.partition),
          start_offset: gap.start,
          end_offset: gap.end,
          reason: gap.reason,
          found_ms: BigInt(gap.foundMs),
        })
        .execute();
    });
  }

  async reserveOffsets(table: string, partition: number, reservation: Reservation): Promise<void> {
    await this.#whole(async (database) => {
      const kept = await database
        .updateTable("partitions")
        .set({ reserved_end: reservation.end, reserved_file: BigInt(reservation.file) })
        .where("table_name", "=", table)
        .where("partition", "=", BigInt(partition))
        .executeTakeFirst();
      if (kept.numUpdatedRows !== 1n) conflict(`partition ${partition} of table ${table} is not claimed`);
    });
  }

  gaps(table: string): Promise<readonly Gap[]> {
    return this.#whole(async (database) => {
      const rows = await database
        .selectFrom("gaps")
        .selectAll()
        .where("table_name", "=", table)
        .orderBy("partition")
        .orderBy("start_offset")
        .execute();
      return rows.map((row) => ({
        partition: Number(row.partition),
        start: row.start_offset,
        end: row.end_offset,
        reason: row.reason,
        foundMs: Number(row.found_ms),
      }));
    });
  }

  dashboards(): Promise<readonly DashboardSummary[]> {
    return this.#whole(async (database) => {
      const rows = await database.selectFrom("dashboards").selectAll().orderBy("id").execute();
      return rows
        .map((row) => readExactJson<Dashboard>(row.record, `${this.#place} dashboard ${row.id}`))
        .map(({ id, title, description, panels, version, updatedMs }) => ({
          id,
          title,
          ...(description === undefined ? {} : { description }),
          panels: panels.length,
          version,
          updatedMs,
        }));
    });
  }

  dashboard(id: string): Promise<Dashboard | null> {
    return this.#whole(async (database) => {
      const row = await database
        .selectFrom("dashboards")
        .select("record")
        .where("id", "=", id)
        .executeTakeFirst();
      return row === undefined
        ? null
        : readExactJson<Dashboard>(row.record, `${this.#place} dashboard ${id}`);
    });
  }

  async putDashboard(dashboard: Dashboard): Promise<Dashboard> {
    const { id, version } = dashboard;
    const stored: Dashboard = { ...dashboard, version: version + 1 };
    const row = { version: BigInt(stored.version), record: writeExactJson(stored) };
    await this.#whole(async (database) => {
      const changed =
        version === 0
          ? await database
              .insertInto("dashboards")
              .values({ id, ...row })
              .onConflict((found) => found.column("id").doNothing())
              .executeTakeFirst()
          : await database
              .updateTable("dashboards")
              .set(row)
              .where("id", "=", id)
              .where("version", "=", BigInt(version))
              .executeTakeFirst();
      const count =
        "numUpdatedRows" in changed ? changed.numUpdatedRows : (changed.numInsertedOrUpdatedRows ?? 0n);
      if (count !== 1n)
        throw new StoreError(
          "DASHBOARD_CONFLICT",
          `dashboard "${id}" is not at version ${version} any more; load it again`,
        );
    });
    return stored;
  }

  async dropDashboard(id: string): Promise<void> {
    await this.#whole((database) => database.deleteFrom("dashboards").where("id", "=", id).execute());
  }

  savedQueries(): Promise<readonly SavedQuery[]> {
    return this.#whole(async (database) => {
      const rows = await database.selectFrom("saved_queries").selectAll().orderBy("id").execute();
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        sql: row.statement,
        updatedMs: Number(row.updated_ms),
      }));
    });
  }

  async putSavedQuery(query: SavedQuery): Promise<void> {
    const row = { name: query.name, statement: query.sql, updated_ms: BigInt(query.updatedMs) };
    await this.#whole((database) =>
      database
        .insertInto("saved_queries")
        .values({ id: query.id, ...row })
        .onConflict((found) => found.column("id").doUpdateSet(row))
        .execute(),
    );
  }

  async dropSavedQuery(id: string): Promise<void> {
    await this.#whole((database) => database.deleteFrom("saved_queries").where("id", "=", id).execute());
  }

  close(): Promise<void> {
    return this.#database.destroy();
  }
}

const partitionOf = (row: CatalogTables["partitions"]): PartitionRecord => ({
  partition: Number(row.partition),
  nextOffset: row.next_offset,
  epoch: Number(row.epoch),
  lastRecordCrc: row.last_record_crc === null ? null : Number(row.last_record_crc),
  reserved: row.reserved_end === null ? null : { end: row.reserved_end, file: Number(row.reserved_file) },
});

/** The compare-and-set that everything hangs on: the range must begin exactly where the partition's rows end. */
async function advance(
  database: CatalogDatabase,
  to: { table: string; range: SourceRange; epoch: number; crc: number | null },
): Promise<void> {
  const { table, range, epoch, crc } = to;
  const moved = await database
    .updateTable("partitions")
    .set({ next_offset: range.end, last_record_crc: crc === null ? null : BigInt(crc) })
    .where("table_name", "=", table)
    .where("partition", "=", BigInt(range.partition))
    .where("next_offset", "=", range.start)
    .where("epoch", "=", BigInt(epoch))
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n)
    conflict(
      `offsets ${range.start} to ${range.end} of partition ${range.partition} in epoch ${epoch}: ` +
        `table ${table} does not stand there`,
    );
}

async function insertSegment(database: CatalogDatabase, segment: SegmentRecord): Promise<void> {
  await database
    .insertInto("segments")
    .values({ id: segment.id, table_name: segment.table, record: writeExactJson(segment) })
    .execute();
}
