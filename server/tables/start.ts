/** Hands a table to the thread that consumes it. */
import type { CommittedPartition } from "#schemas/ingest";
import type { Server } from "#server/server";
import type { TableState } from "#server/tables/table";

/** Resolves when the table's log is replayed. */
export async function consume(
  server: Server,
  { table, name, record }: TableState,
  begin: { readonly committed: readonly CommittedPartition[]; readonly paused: boolean },
): Promise<void> {
  const start = { table, partitions: null, ...begin };
  await server.ingestOf(name).addTable(start, record.incarnation);
}
