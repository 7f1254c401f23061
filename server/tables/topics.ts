/** The topics of the process's stream: Kafka's, or those of tables that are pushed. */
import type { TableTopics } from "#schemas/admin";
import type { TopicInfo } from "#schemas/api/tables";
import { compareText } from "#schemas/text";
import type { Server } from "#server/server";
import { isThere } from "#server/tables/life";
import { newestRows } from "#server/tables/sample";
import type { TableState } from "#server/tables/table";

export class StreamTopics implements TableTopics {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  async list(): Promise<readonly TopicInfo[]> {
    const tables = this.#states().map(({ table }) => table);
    const tableOf = new Map(tables.map(({ stream, name }) => [stream.topic, name]));
    const known = await this.#server.parts.topics.list();
    const names = new Map(known.map((topic) => [topic.name, topic.partitions]));
    for (const { stream } of tables)
      if (stream.kind === "embedded") names.set(stream.topic, stream.partitions);
    return [...names]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, partitions]) => ({ name, partitions, table: tableOf.get(name) ?? null }));
  }

  async sample(topic: string, rowsMax: number): Promise<readonly string[]> {
    const state = this.#states().find(
      ({ table: { stream } }) => stream.kind === "embedded" && stream.topic === topic,
    );
    if (state !== undefined) return newestRows(this.#server, state, rowsMax);
    return this.#server.parts.topics.sample(topic, rowsMax);
  }

  #states(): readonly TableState[] {
    return [...this.#server.tables.values()].filter(({ life }) => isThere(life));
  }
}
