/** Pausing, resuming and sealing now, each in the turn of its table's name. */
import type { TableConsumption } from "#schemas/admin";
import type { ConsumeFrom } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import type { Server } from "#server/server";
import { pausedKey } from "#server/tables/files";
import { standstillOf } from "#server/tables/life";
import type { TableState } from "#server/tables/table";

export class Consumption implements TableConsumption {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  pause(name: string): Promise<void> {
    return this.#inTurn(name, (state) => this.#setPaused(state, true));
  }

  resume(name: string): Promise<void> {
    return this.#inTurn(name, (state) => this.#setPaused(state, false));
  }

  continueFrom(name: string, from: ConsumeFrom): Promise<readonly number[]> {
    return this.#inTurn(name, async (state) => {
      await this.#setPaused(state, false);
      const wentOn = await this.#server.ingestOf(state.name).continueFrom(state.name, from);
      await this.#server.status(state.name);
      return wentOn;
    });
  }

  forceCommit(name: string): Promise<readonly string[]> {
    return this.#inTurn(name, (state) => this.#server.ingestOf(state.name).rotate(state.name));
  }

  #inTurn<T>(name: string, work: (state: TableState) => Promise<T>): Promise<T> {
    return this.#server.turns.run(name, async () => work(this.#server.state(name)));
  }

  async #setPaused(state: TableState, paused: boolean): Promise<void> {
    const { name, life } = state;
    const standstill = standstillOf(life);
    if (standstill !== null) {
      const message = `table "${name}" does not consume: ${standstill}; start the process again when that is mended`;
      throw new StoreError("INGESTION_PAUSED", message, { at: name });
    }
    await this.#server.parts.catalog.setSetting(pausedKey(name), paused ? "yes" : "no");
    const ingest = this.#server.ingestOf(name);
    await (paused ? ingest.pause(name) : ingest.resume(name));
    const wanted = paused ? "paused" : "running";
    if (state.life.kind !== wanted) state.go({ kind: wanted });
    await this.#server.status(name);
    this.#server.changed(name);
  }
}
