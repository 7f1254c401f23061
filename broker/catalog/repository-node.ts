/**
 * The catalog over any database that Kysely speaks: each method is one transaction, and whatever changes a
 * document or an offset compares before it sets, so two writers can never both succeed. Nothing here knows
 * which store it is.
 */
import type { Dashboard, DashboardSummary } from "#schemas/api/dashboards";
import type { SavedQuery } from "#schemas/api/query";
import type { CatalogClient, PartitionRecord, SegmentCommit, TableRecord } from "#schemas/catalog";
import { hasCode, StoreError } from "#schemas/errors";
import { readExactJson, writeExactJson } from "#schemas/exact-json";
import type { Gap, Reservation, SegmentRecord, SourcePlace, SourceRange } from "#schemas/segment";
import { checkedRow, type Relation, withChecksum } from "./checked-rows-node.ts";
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
      const row = await database.selectFrom("settings").selectAll().where("key", "=", key).executeTakeFirst();
      return row === undefined ? null : this.#checked("settings", row).value;
    });
  }

  async setSetting(key: string, value: string): Promise<void> {
    const row = withChecksum("settings", { key, value });
    await this.#whole((database) =>
      database
        .insertInto("settings")
        .values(row)
        .onConflict((found) => found.column("key").doUpdateSet(row))
        .execute(),
    );
  }

  tables(): Promise<readonly TableRecord[]> {
    return this.#whole(async (database) => {
      const rows = await database.selectFrom("tables").selectAll().orderBy("name").execute();
      return rows.map((row) => {
        const { record, name } = this.#checked("tables", row);
        return readExactJson<TableRecord>(record, `${this.#place} table ${name}`);
      });
    });
  }

  async putTable(record: TableRecord): Promise<void> {
    const { name, version } = record.table;
    const row = withChecksum("tables", { name, version: BigInt(version), record: writeExactJson(record) });
    await this.#whole(async (database) => {
      const stored = await database
        .selectFrom("tables")
        .select("version")
        .where("name", "=", name)
        .executeTakeFirst();
      if (stored === undefined) return void (await database.insertInto("tables").values(row).execute());
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
      return rows.map((row) => partitionOf(this.#checked("partitions", row)));
    });
  }

  claimPartition(table: string, partition: number, firstOffset: bigint): Promise<PartitionRecord> {
    return this.#whole(async (database) => {
      const first: Omit<CatalogTables["partitions"], "checksum"> = {
        table_name: table,
        partition: BigInt(partition),
        next_offset: firstOffset,
        epoch: 1n,
        last_record_crc: null,
        reserved_end: null,
        reserved_file: null,
        reserved_durable: null,
        source_id: null,
        source_shift: null,
      };
      const made = await database
        .insertInto("partitions")
        .values(withChecksum("partitions", first))
        .onConflict((found) => found.columns(["table_name", "partition"]).doNothing())
        .executeTakeFirst();
      if ((made.numInsertedOrUpdatedRows ?? 0n) === 1n) return partitionOf({ ...first, checksum: 0n });
      const row = await this.#changePartition(database, { table, partition }, (known) => ({
        ...known,
        epoch: known.epoch + 1n,
      }));
      return partitionOf(row);
    });
  }

  segments(table: string): Promise<readonly SegmentRecord[]> {
    return this.#whole(async (database) => {
      const rows = await database
        .selectFrom("segments")
        .selectAll()
        .where("table_name", "=", table)
        .orderBy("id")
        .execute();
      return rows.map((row) => {
        const { record, id } = this.#checked("segments", row);
        return readExactJson<SegmentRecord>(record, `${this.#place} segment ${id}`);
      });
    });
  }

  async commitSegment(commit: SegmentCommit): Promise<void> {
    const { segment } = commit;
    await this.#whole(async (database) => {
      for (const range of segment.ranges) {
        const crc = commit.lastRecordCrcs[range.partition] ?? null;
        await this.#advance(database, { table: segment.table, range, epoch: commit.epoch, crc });
      }
      await insertSegment(database, segment);
    });
  }

  async passOver(table: string, range: SourceRange, epoch: number): Promise<void> {
    await this.#whole((database) => this.#advance(database, { table, range, epoch, crc: null }));
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

  async recordGap(table: string, gap: Gap, place: SourcePlace | null): Promise<void> {
    await this.#whole(async (database) => {
      await this.#changePartition(database, { table, partition: gap.partition }, (row) => {
        if (row.next_offset !== gap.start)
          return conflict(
            `partition ${gap.partition} of table ${table} does not stand at offset ${gap.start}`,
          );
        const moved = place === null ? {} : placeColumns(place);
        return { ...row, next_offset: gap.end, last_record_crc: null, ...moved };
      });
      // Nothing is lost where the stream alone is another: that is no stretch, and no row.
      if (gap.end === gap.start) return;
      const row = withChecksum("gaps", {
        table_name: table,
        partition: BigInt(gap.partition),
        start_offset: gap.start,
        end_offset: gap.end,
        reason: gap.reason,
        found_ms: BigInt(gap.foundMs),
      });
      await database.insertInto("gaps").values(row).execute();
    });
  }

  async placePartition(table: string, partition: number, place: SourcePlace): Promise<void> {
    await this.#whole((database) =>
      this.#changePartition(database, { table, partition }, (row) => ({ ...row, ...placeColumns(place) })),
    );
  }

  async reserveOffsets(table: string, partition: number, reservation: Reservation): Promise<void> {
    const { end, file, durable } = reservation;
    await this.#whole((database) =>
      this.#changePartition(database, { table, partition }, (row) => ({
        ...row,
        reserved_end: end,
        reserved_file: BigInt(file),
        reserved_durable: durable,
      })),
    );
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
      return rows
        .map((found) => this.#checked("gaps", found))
        .map((row) => ({
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
      return rows.map((row) => this.#summaryOf(row));
    });
  }

  /** One that is damaged says so in its place; the others are not its hostages. */
  #summaryOf(row: CatalogTables["dashboards"]): DashboardSummary {
    try {
      return summaryOf(this.#dashboardOf(row));
    } catch (error) {
      if (!hasCode(error, "CATALOG_CORRUPT")) throw error;
      const damaged = error.message;
      return { id: row.id, title: row.id, panels: 0, version: Number(row.version), updatedMs: 0, damaged };
    }
  }

  #dashboardOf(row: CatalogTables["dashboards"]): Dashboard {
    const { record, id } = this.#checked("dashboards", row);
    return readExactJson<Dashboard>(record, `${this.#place} dashboard ${id}`);
  }

  dashboard(id: string): Promise<Dashboard | null> {
    return this.#whole(async (database) => {
      const row = await database.selectFrom("dashboards").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? null : this.#dashboardOf(row);
    });
  }

  async putDashboard(dashboard: Dashboard): Promise<Dashboard> {
    const { id, version } = dashboard;
    const stored: Dashboard = { ...dashboard, version: version + 1 };
    const row = withChecksum("dashboards", {
      id,
      version: BigInt(stored.version),
      record: writeExactJson(stored),
    });
    await this.#whole(async (database) => {
      const changed =
        version === 0
          ? await database
              .insertInto("dashboards")
              .values(row)
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
      return rows.map((row) => this.#savedQueryOf(row));
    });
  }

  #savedQueryOf(row: CatalogTables["saved_queries"]): SavedQuery {
    const { id, name, statement: sql } = row;
    try {
      this.#checked("saved_queries", row);
      return { id, name, sql, updatedMs: Number(row.updated_ms) };
    } catch (error) {
      if (!hasCode(error, "CATALOG_CORRUPT")) throw error;
      return { id, name, sql, updatedMs: 0, damaged: error.message };
    }
  }

  async putSavedQuery(query: SavedQuery): Promise<void> {
    const { id, name, sql: statement, updatedMs } = query;
    const row = withChecksum("saved_queries", { id, name, statement, updated_ms: BigInt(updatedMs) });
    await this.#whole((database) =>
      database
        .insertInto("saved_queries")
        .values(row)
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

  #checked<R extends Relation>(relation: R, row: CatalogTables[R]): CatalogTables[R] {
    return checkedRow(this.#place, relation, row);
  }

  /** Reads a partition's row, checks it and writes what it becomes, unless somebody else has meanwhile. */
  async #changePartition(
    database: CatalogDatabase,
    { table, partition }: { readonly table: string; readonly partition: number },
    change: (row: CatalogTables["partitions"]) => Omit<CatalogTables["partitions"], "checksum">,
  ): Promise<CatalogTables["partitions"]> {
    const found = await database
      .selectFrom("partitions")
      .selectAll()
      .where("table_name", "=", table)
      .where("partition", "=", BigInt(partition))
      .executeTakeFirst();
    if (found === undefined) return conflict(`partition ${partition} of table ${table} is not claimed`);
    const row = withChecksum("partitions", change(this.#checked("partitions", found)));
    const changed = await database
      .updateTable("partitions")
      .set(row)
      .where("table_name", "=", table)
      .where("partition", "=", BigInt(partition))
      .where("epoch", "=", found.epoch)
      .where("checksum", "=", found.checksum)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 1n) return row;
    return conflict(`partition ${partition} of table ${table} was changed by somebody else meanwhile`);
  }

  /** The compare-and-set that everything hangs on: the range must begin exactly where the partition's rows end. */
  async #advance(
    database: CatalogDatabase,
    to: { table: string; range: SourceRange; epoch: number; crc: number | null },
  ): Promise<void> {
    const { table, range, epoch, crc } = to;
    await this.#changePartition(database, { table, partition: range.partition }, (row) => {
      if (row.next_offset === range.start && row.epoch === BigInt(epoch))
        return { ...row, next_offset: range.end, last_record_crc: crc === null ? null : BigInt(crc) };
      return conflict(
        `offsets ${range.start} to ${range.end} of partition ${range.partition} in epoch ${epoch}: ` +
          `table ${table} does not stand there`,
      );
    });
  }
}

const summaryOf = ({ id, title, description, panels, version, updatedMs }: Dashboard): DashboardSummary => ({
  id,
  title,
  ...(description === undefined ? {} : { description }),
  panels: panels.length,
  version,
  updatedMs,
});

const placeColumns = ({ id, shift }: SourcePlace) => ({ source_id: id, source_shift: shift });

const partitionOf = (row: CatalogTables["partitions"]): PartitionRecord => ({
  partition: Number(row.partition),
  nextOffset: row.next_offset,
  epoch: Number(row.epoch),
  lastRecordCrc: row.last_record_crc === null ? null : Number(row.last_record_crc),
  reserved:
    row.reserved_end === null
      ? null
      : { end: row.reserved_end, file: Number(row.reserved_file), durable: row.reserved_durable ?? 0n },
  place: { id: row.source_id, shift: row.source_shift ?? 0n },
});

async function insertSegment(database: CatalogDatabase, segment: SegmentRecord): Promise<void> {
  const row = { id: segment.id, table_name: segment.table, record: writeExactJson(segment) };
  await database.insertInto("segments").values(withChecksum("segments", row)).execute();
}
