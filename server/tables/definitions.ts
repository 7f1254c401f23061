/**
 * Which tables there are, and how that changes: one change of a name at a time, each decided in its turn and checked
 * whole before anything is written. A definition is in the catalog first, then beside the segments (so a lost catalog
 * can be rebuilt), then in the threads; what fails on the way is taken back.
 */
import type { DefinitionChange, NamedTable, TableDefinitions } from "#schemas/admin";
import type { TableDefinition, TableRecord } from "#schemas/catalog";
import { assert, hasCode, messageOf, StoreError } from "#schemas/errors";
import { writeExactJson } from "#schemas/exact-json";
import { compareText } from "#schemas/text";
import { step } from "#server/lifecycle";
import type { Server } from "#server/server";
import { droppedKey, pausedKey, removeTableFiles, writeDefinition } from "#server/tables/files";
import { isBeginning, isThere, type TableLife } from "#server/tables/life";
import { consume } from "#server/tables/start";
import { TableState } from "#server/tables/table";
import { checkTopic } from "#server/tables/topics";

export class Definitions implements TableDefinitions {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  records(): readonly TableRecord[] {
    return [...this.#server.tables.values()]
      .filter((state) => isThere(state.life))
      .map((state) => state.record)
      .sort((a, b) => compareText(a.table.name, b.table.name));
  }

  record(name: string): TableRecord | undefined {
    const state = this.#server.named(name);
    return state === undefined || !isThere(state.life) ? undefined : state.record;
  }

  change(name: string, decide: (current: NamedTable | null) => DefinitionChange): Promise<void> {
    const { turns, gate } = this.#server;
    return turns.run(name, () =>
      gate.close(name, async () => {
        this.#server.stop.signal.throwIfAborted();
        const state = this.#server.named(name);
        await this.#carryOut(name, state, decide(state === undefined ? null : await this.#namedTable(state)));
      }),
    );
  }

  async #namedTable(state: TableState): Promise<NamedTable> {
    const { record, entries } = state;
    const isUntouched =
      state.consumes &&
      record.configJson === null &&
      entries.length === 0 &&
      state.gaps.length === 0 &&
      (await this.#server.ingestOf(state.name).isUntouched(state.name));
    return { record, isUntouched };
  }

  async #carryOut(name: string, state: TableState | undefined, change: DefinitionChange): Promise<void> {
    if (change.kind === "none") return;
    if (change.kind === "create") {
      assert(state === undefined, `a table is created where there is none: ${name}`);
      return this.#create(change.definition);
    }
    if (state === undefined)
      throw new StoreError("TABLE_UNKNOWN", `there is no table "${name}"`, { at: name });
    switch (change.kind) {
      case "alter":
        return this.#alter(state, change.definition);
      case "replace":
        return this.#replace(state, change.definition);
      case "drop":
        return this.#drop(state);
    }
  }

  async #create(definition: TableDefinition): Promise<void> {
    await this.#check(definition);
    await this.#begin(definition, { kind: "creating" });
  }

  /** A stream that cannot be read as it is configured is refused before anything is written. */
  async #check({ table }: TableDefinition): Promise<void> {
    checkTopic(
      this.records().map((record) => record.table),
      table,
    );
    await this.#server.ingestOf(table.name).check(table);
  }

  /** Makes the table, in the place of the one of its name if there still is one; takes it back when that fails. */
  async #begin(definition: TableDefinition, life: TableLife): Promise<void> {
    const { parts, tables } = this.#server;
    const { catalog, world } = parts;
    const { name, paused } = definition.table;
    const record = { ...definition, incarnation: world.random.id().slice(0, 8) };
    const state = new TableState({ record, entries: [], gaps: [], life });
    try {
      await removeTableFiles(world, name);
      await catalog.setSetting(droppedKey(name), "no");
      await catalog.setSetting(pausedKey(name), paused ? "yes" : "no");
      await this.#put(record);
      await writeDefinition(world, record);
      tables.set(name, state);
      await consume(this.#server, state, { committed: [], paused });
    } catch (error) {
      await this.#takeBack(state).catch((fault: unknown) =>
        world.log("error", `table ${name} is not made, and not all of it is taken back: ${messageOf(fault)}`),
      );
      throw error;
    }
    if (isBeginning(state.life)) state.go({ kind: paused ? "paused" : "running" });
    this.#server.changed(name);
  }

  async #alter(state: TableState, definition: TableDefinition): Promise<void> {
    const { parts } = this.#server;
    await this.#check(definition);
    const record = { ...definition, incarnation: state.record.incarnation };
    try {
      await this.#put(record);
    } catch (error) {
      // What the catalog has may be news to us: the next change is decided on that.
      const stored = await this.#stored(state.name).catch(() => undefined);
      if (stored?.incarnation === record.incarnation && stored.table.version > state.table.version)
        state.record = stored;
      throw error;
    }
    state.record = record;
    state.changed();
    try {
      await writeDefinition(parts.world, record);
    } catch (error) {
      // Accepted is what the catalog has; the next start writes the file.
      parts.world.log(
        "error",
        `the definition of ${state.name} is not beside its segments: ${messageOf(error)}`,
      );
    }
    if (state.consumes) await this.#server.ingestOf(state.name).alterTable(record.table);
    this.#server.changed(state.name);
  }

  /** Puts a record into the catalog; one whose answer was lost on the way is recognised by what the catalog has. */
  async #put(record: TableRecord): Promise<void> {
    try {
      await this.#server.parts.catalog.putTable(record);
    } catch (error) {
      const stored = await this.#stored(record.table.name).catch(() => undefined);
      if (stored === undefined || writeExactJson(stored) !== writeExactJson(record)) throw error;
    }
  }

  async #stored(name: string): Promise<TableRecord | undefined> {
    return (await this.#server.parts.catalog.tables()).find(({ table }) => table.name === name);
  }

  /** Undoes a creation that failed; a table that another server has under this name meanwhile is not ours to undo. */
  async #takeBack(state: TableState): Promise<void> {
    const stored = await this.#stored(state.name);
    if (stored === undefined || stored.incarnation === state.record.incarnation) return this.#drop(state);
    this.#server.tables.delete(state.name);
  }

  /** The table answers until the other one takes its place. */
  async #replace(state: TableState, definition: TableDefinition): Promise<void> {
    assert(definition.table.name === state.name, "a table is replaced by one of its name");
    await this.#check(definition);
    state.go({ kind: "replacing" });
    await this.#tearDown(state);
    try {
      await this.#begin(definition, { kind: "succeeding" });
    } catch (error) {
      // The rows were to go, but not the name.
      await this.#begin(state.record, { kind: "succeeding" });
      throw error;
    }
    state.go({ kind: "dropped" });
  }

  async #drop(state: TableState): Promise<void> {
    state.go({ kind: "dropping" });
    await this.#tearDown(state);
    state.go({ kind: "dropped" });
    this.#server.tables.delete(state.name);
    this.#server.changed(state.name);
  }

  /** Ends everything of a table that is going: nothing of it is written any more, and nothing of it is left. */
  async #tearDown(state: TableState): Promise<void> {
    const { parts, epochs, queue } = this.#server;
    const { catalog, world, scanner } = parts;
    const { name } = state;
    const ingest = this.#server.ingestOf(name);
    await catalog.setSetting(droppedKey(name), "yes");
    await catalog.dropTable(name);
    await ingest.dropTable(name).catch((error: unknown) => {
      if (!hasCode(error, "TABLE_UNKNOWN")) throw error;
    });
    await queue.settled(name);
    await state.maintained;
    const mutable = state.entries.filter((entry) => entry.kind === "consuming").map(({ id }) => id);
    const sealed = state.sealedEntries();
    for (const entry of state.entries) entry.state = step(entry.state, "dropped");
    state.replace(state.entries, []);
    // An open file stays readable without its name.
    await removeTableFiles(world, name);
    epochs.retire(() => {
      for (const id of [...mutable, ...sealed.map((entry) => entry.id)]) scanner.forget(id);
      for (const { segment } of sealed) segment?.close();
      void ingest.free(mutable).catch(() => {});
    });
  }
}
