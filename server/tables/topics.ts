/** The topics of the process's stream: Kafka's, or those of tables that are pushed. */
import type { TableTopics } from "#schemas/admin";
import type { TopicInfo } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import type { Table } from "#schemas/table";
import { compareText } from "#schemas/text";
import type { Server } from "#server/server";
import { isThere } from "#server/tables/life";
import { newestRows } from "#server/tables/sample";
import type { TableState } from "#server/tables/table";

/** The table whose pushes are what is called this topic. */
const pushedTableOf = (tables: readonly Table[], topic: string): Table | undefined =>
  tables.find(({ stream }) => stream.kind === "embedded" && stream.topic === topic);

const takenText = (topic: string, table: string): string =>
  `topic "${topic}" is what is pushed to table "${table}", and goes into that table alone: another table over it would ` +
  `stay empty`;

/** A topic of the embedded stream is one table's pushes, not a log that others read too: said before one waits for rows. */
export function checkTopic(tables: readonly Table[], { name, stream }: Table): void {
  if (stream.kind !== "embedded") return;
  const other = pushedTableOf(
    tables.filter((table) => table.name !== name),
    stream.topic,
  );
  if (other === undefined) return;
  const advice = `Query "${other.name}", or give "${name}" a topic of its own and push its rows to POST /ingest/${name}`;
  throw new StoreError("TABLE_STREAM", `${takenText(stream.topic, other.name)}. ${advice}`, {
    at: "stream.embedded.topic.name",
  });
}

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
      .map(([name, partitions]) => {
        const pushed = pushedTableOf(tables, name);
        const taken = pushed === undefined ? {} : { taken: takenText(name, pushed.name) };
        return { name, partitions, table: tableOf.get(name) ?? null, ...taken };
      });
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
