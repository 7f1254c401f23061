/** What a segment file says of itself: enough to have it in a catalog that was lost. */
import type { SegmentRecord } from "#schemas/segment";
import type { World } from "#schemas/world";
import { readFileFooter } from "#server/segment/open";

/** SEGMENT_CORRUPT names the file. When it was made is not in a file, so that its bytes depend on its rows only. */
export async function readRecord(world: World, path: string): Promise<SegmentRecord> {
  const file = world.disk.openRead(path);
  try {
    const footer = readFileFooter(file);
    return {
      id: footer.segment,
      table: footer.table,
      tableVersion: footer.tableVersion,
      rows: footer.rows,
      bytes: file.bytes,
      path,
      ranges: footer.ranges,
      lineage: footer.lineage,
      contentHash: footer.contentHash.toString(16).padStart(16, "0"),
      timeMinMs: footer.times?.minMs ?? null,
      timeMaxMs: footer.times?.maxMs ?? null,
      createdMs: world.clock.nowMs(),
    };
  } finally {
    file.close();
  }
}
