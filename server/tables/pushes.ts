/** Rows pushed over HTTP, to the thread that takes them. */
import type { PushOptions, TablePushes } from "#schemas/admin";
import type { IngestAnswer } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import type { Server } from "#server/server";

export class Pushes implements TablePushes {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  push(name: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer> {
    return this.#server.gate.pass(name, async () => {
      const { table } = this.#server.state(name);
      if (table.stream.kind === "embedded")
        return await this.#server.ingestOf(table.name).push(table.name, body, options);
      const message = `table "${table.name}" reads Kafka topic "${table.stream.topic}"; send the rows there`;
      throw new StoreError("TABLE_STREAM", message);
    });
  }
}
