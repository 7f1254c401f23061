/** What is told of tables. */
import type { TableDescriptions } from "#schemas/admin";
import type { DeadLetters, TableDetail, TableSummary } from "#schemas/api/tables";
import { compareText } from "#schemas/text";
import type { Server } from "#server/server";
import { detailOf, summaryOf } from "#server/tables/describe";
import { isThere } from "#server/tables/life";

export class Descriptions implements TableDescriptions {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  summaries(): readonly TableSummary[] {
    return [...this.#server.tables.values()]
      .filter(({ life }) => isThere(life))
      .sort((left, right) => compareText(left.name, right.name))
      .map((state) => summaryOf(this.#server, state));
  }

  async detail(name: string): Promise<TableDetail> {
    await this.#server.status(name);
    return detailOf(this.#server, this.#server.state(name));
  }

  async deadLetters(name: string): Promise<DeadLetters> {
    const state = this.#server.state(name);
    return this.#server.ingestOf(state.name).deadLetters(state.name);
  }
}
