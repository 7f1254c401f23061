/**
 * Common codes of text columns and each segment's mapping to them, kept between queries: merging groups by a text key
 * is then an array lookup. Filled only as far as queries need it; whole columns are dropped past the bound (queries
 * that still use one keep their own reference).
 */
import type { Views } from "#server/arena/arena";
import { type DictionaryPart, unmapped } from "#server/execute/merge/domain";
import { TextDomain } from "#server/execute/merge/text-domain";
import type { PlainDictionary } from "#server/execute/task";
import type { SegmentReader } from "#server/segment/reader";

interface Column {
  readonly domain: TextDomain;
  readonly remaps: Map<string, Uint32Array>;
}

function columnBytes({ domain, remaps }: Column): number {
  let bytes = domain.bytes();
  for (const remap of remaps.values()) bytes += remap.byteLength;
  return bytes;
}

export class Dictionaries {
  private readonly bytesMax: number;
  private readonly columns = new Map<string, Column>();

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** At the start of a query: forgets columns, the longest unused first, until the rest is within the bound. */
  trim(): void {
    let held = this.bytes();
    for (const [key, column] of this.columns) {
      if (held <= this.bytesMax) return;
      held -= columnBytes(column);
      this.columns.delete(key);
    }
  }

  bytes(): number {
    let bytes = 0;
    for (const column of this.columns.values()) bytes += columnBytes(column);
    return bytes;
  }

  /** The shared column: hold it for the whole query. */
  column(table: string, columnId: number): Column {
    const key = `${columnId} ${table}`;
    const known = this.columns.get(key);
    if (known !== undefined) {
      this.columns.delete(key);
      this.columns.set(key, known);
      return known;
    }
    const created = { domain: new TextDomain(), remaps: new Map<string, Uint32Array>() };
    this.columns.set(key, created);
    return created;
  }

  /** Forgets mappings of segments that are gone. */
  forget(segmentId: string): void {
    for (const { remaps } of this.columns.values()) {
      for (const key of remaps.keys()) if (key.endsWith(` ${segmentId}`)) remaps.delete(key);
    }
  }
}

/** The mapping of one segment's dictionary; grows with a consuming segment's, whose ids never change. */
export function dictionaryPart(
  column: Column,
  segment: SegmentReader,
  dictionary: PlainDictionary,
  views: Views,
): DictionaryPart {
  const key = `${segment.state} ${segment.id}`;
  let remap = column.remaps.get(key);
  if (remap === undefined || remap.length <= dictionary.count) {
    const room = segment.state === "sealed" ? dictionary.count + 1 : (dictionary.count + 1) * 2;
    const grown = new Uint32Array(room).fill(unmapped);
    if (remap !== undefined) grown.set(remap);
    grown[0] = 0;
    column.remaps.set(key, grown);
    remap = grown;
  }
  return { views, dictionary, remap };
}
