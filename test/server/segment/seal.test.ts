import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Table } from "#schemas/table";
import type { Value } from "#schemas/types";
import type { SegmentReader } from "#server/segment/reader";
import {
  appendRows,
  buildMutable,
  buildSealed,
  openBytes,
  type Row,
  rowsOf,
  sealReaders,
  tableOf,
  testArena,
} from "#test/server/segment/build";
import { allTypes, rowArbitrary } from "#test/server/segment/rows";

const table = tableOf("t", allTypes, { rawColumns: ["raw"], invertedColumns: ["name", "amount"] });

/** Comparable text of a row: bigint, bytes, NaN and −0.0 told apart. */
const keyOf = (row: Row): string =>
  JSON.stringify(Object.entries(row), (_, value: Value) => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    return value instanceof Uint8Array ? [...value] : value;
  });

const byTime = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => {
    const [left, right] = [a["at"] as bigint | null, b["at"] as bigint | null];
    if (left === right) return Number((a["$offset"] as bigint) - (b["$offset"] as bigint));
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -1 : 1;
  });

const withOffsets = (rows: readonly Row[], start = 0n, partition = 0n): Row[] =>
  rows.map((row, at) => ({ ...row, $offset: start + BigInt(at), $partition: partition }));

describe("sealing", () => {
  test("keeps every row, in time order, for any chunk size", () => {
    fc.assert(
      fc.property(
        fc.array(rowArbitrary, { maxLength: 50, size: "max" }),
        fc.constantFrom(1, 2, 3, 64, 200),
        (rows, chunkRows) => {
          const { reader, record, close, arena } = buildSealed(table, rows, { chunkRows, startOffset: 100n });
          const got = rowsOf(reader, table, { hidden: true });
          expect(got.map(keyOf)).toEqual(byTime(withOffsets(rows, 100n)).map(keyOf));
          expect(record.rows).toBe(rows.length);
          expect(record.ranges).toEqual([{ partition: 0, start: 100n, end: 100n + BigInt(rows.length) }]);
          checkStats(reader, rows);
          close();
          expect(arena.bytesUsed()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("bytes depend on the rows only; the content hash not even on their order", () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { minLength: 1, maxLength: 20 }), fc.nat(), (rows, cut) => {
        const one = buildSealed(table, rows, { chunkRows: 8 });
        const again = buildSealed(table, rows, { chunkRows: 8, stageRows: 3 });
        expect(Buffer.compare(one.bytes, again.bytes)).toBe(0);
        const at = cut % rows.length;
        const first = buildSealed(table, rows.slice(0, at), { chunkRows: 8 });
        const rest = buildSealed(table, rows.slice(at), { chunkRows: 8, startOffset: BigInt(at) });
        const merged = sealReaders([rest.reader, first.reader], table, { chunkRows: 8 });
        expect(merged.record.contentHash).toBe(one.record.contentHash);
        expect(Buffer.compare(merged.bytes, one.bytes)).toBe(0);
        for (const built of [one, again, first, rest, merged]) built.close();
      }),
      { numRuns: 30 },
    );
  });

  test("a changed value changes the content hash", () => {
    const rows = [
      { int: 1n, name: "a" },
      { int: 2n, name: "b" },
    ];
    const hashOf = (list: Row[]) => buildSealed(table, list).record.contentHash;
    const hashes = [
      rows,
      [rows[1], rows[0]],
      [rows[0]],
      [rows[0], { int: 2n, name: "c" }],
      [rows[0], { int: 2n }],
    ].map(hashOf);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test("sorted dictionaries answer ranges and finds, decimals by value", () => {
    const rows = ["10", "9", "-1", "2.5", "10", "-0.5", null].map((amount) => ({ amount, name: amount }));
    const { reader, close } = buildSealed(table, rows);
    const entriesOf = (id: number) => {
      const dictionary = reader.column(id)!.dictionary!;
      return Array.from({ length: dictionary.count }, (_, at) =>
        Buffer.from(dictionary.entry(at + 1)).toString(),
      );
    };
    const id = (name: string) => table.columns.find((column) => column.name === name)!.id;
    expect(entriesOf(id("amount"))).toEqual(["-1", "-0.5", "2.5", "9", "10"]);
    expect(entriesOf(id("name"))).toEqual(["-0.5", "-1", "10", "2.5", "9"]);
    const dictionary = reader.column(id("amount"))!.dictionary!;
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(dictionary.lowerBound(bytes("3"), { after: false })).toBe(4);
    expect(dictionary.lowerBound(bytes("9"), { after: true })).toBe(5);
    expect(dictionary.lowerBound(bytes("99"), { after: false })).toBe(6);
    expect(dictionary.find(bytes("2.5"))).toBe(3);
    expect(dictionary.find(bytes("2"))).toBe(0);
    close();
  });

  test("the inverted index has each id's rows", () => {
    const rows = Array.from({ length: 300 }, (_, at) => ({ name: at % 11 === 0 ? null : `n${at % 5}` }));
    const { reader, arena, close } = buildSealed(table, rows, { chunkRows: 70 });
    const column = reader.column(table.columns.find(({ name }) => name === "name")!.id)!;
    const all = rowsOf(reader, table).map((row) => row["name"]);
    const bitmap = arena.allocate(64, "scratch");
    for (let chunk = 0; chunk < reader.chunks; chunk++) {
      for (const ids of [[1], [2, 3], [0, 5]]) {
        const population = column.inverted!.union(ids, chunk, bitmap);
        const wanted = ids.map((id) =>
          id === 0 ? null : Buffer.from(column.dictionary!.entry(id)).toString(),
        );
        const expected = all
          .slice(chunk * 70, chunk * 70 + 70)
          .map((name) => wanted.includes(name as string | null));
        const got = expected.map((_, row) => ((arena.views.u8[bitmap + (row >> 3)] >> (row & 7)) & 1) === 1);
        expect(got).toEqual(expected);
        expect(population).toBe(expected.filter(Boolean).length);
      }
    }
    arena.free(bitmap);
    close();
  });

  test("an integer column's inverted index has the rows of any range, sorted by it or not", () => {
    const names = ["int", "long", "flag", "at"];
    const bound = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.constantFrom(0n, 1n, 1_700_000_050_000n),
    );
    fc.assert(
      fc.property(
        fc.array(rowArbitrary, { minLength: 1, maxLength: 40, size: "max" }),
        fc.constantFrom(...names),
        fc.constantFrom(3, 64, 200),
        fc.tuple(bound, bound),
        (rows, sortedColumn, chunkRows, [one, two]) => {
          const [low, high] = one < two ? [one, two] : [two, one];
          const indexed: Table = { ...table, sortedColumn, invertedColumns: names };
          const { reader, arena, close } = buildSealed(indexed, rows, { chunkRows });
          const all = rowsOf(reader, indexed);
          const bitmap = arena.allocate(64, "scratch");
          for (const { id, name } of indexed.columns.filter((column) => names.includes(column.name))) {
            const cells = all.map((row) =>
              row[name] === null ? null : BigInt(row[name] as bigint | boolean),
            );
            const index = reader.column(id)!.inverted;
            expect(index === null).toBe(cells.every((cell) => cell === null));
            if (index === null) continue;
            const { first, last } = index.idsOf(low, high);
            const ids = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
            for (let chunk = 0; chunk < reader.chunks; chunk++) {
              index.union(ids, chunk, bitmap);
              const part = cells.slice(chunk * chunkRows, (chunk + 1) * chunkRows);
              const got = part.map(
                (_, row) => ((arena.views.u8[bitmap + (row >> 3)] >> (row & 7)) & 1) === 1,
              );
              expect(got).toEqual(part.map((cell) => cell !== null && cell >= low && cell <= high));
            }
          }
          arena.free(bitmap);
          close();
          expect(arena.bytesUsed()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("sorts by the sorted column, whatever its type", () => {
    for (const sortedColumn of ["name", "price", "int", "amount", "flag"]) {
      const sorting: Table = { ...table, sortedColumn };
      const rows = fc.sample(rowArbitrary, { numRuns: 60, seed: 7 });
      const { reader, close } = buildSealed(sorting, rows, { chunkRows: 16 });
      const got = rowsOf(reader, sorting, { hidden: true });
      expect(got.map(keyOf).sort()).toEqual(withOffsets(rows).map(keyOf).sort());
      const values = got.map((row) => row[sortedColumn]);
      const firstNull = values.indexOf(null);
      if (firstNull >= 0) expect(values.slice(firstNull).every((value) => value === null)).toBe(true);
      const id = sorting.columns.find(({ name }) => name === sortedColumn)!.id;
      const column = reader.column(id)!;
      expect(column.sorted).toBe(true);
      const present = values.filter((value) => value !== null);
      for (let at = 1; at < present.length; at++)
        expect(compareValues(sortedColumn, present[at - 1], present[at])).toBeLessThanOrEqual(0);
      close();
    }
  });

  test("near-unique text is left raw, other text is not", () => {
    const rows = Array.from({ length: 3000 }, (_, at) => ({
      name: `event ${at * 7919}`,
      blob: null,
      amount: String(at % 10),
    }));
    const plain = tableOf("t", { name: "STRING", amount: "STRING" });
    const { reader, close } = buildSealed(plain, rows);
    expect(reader.column(1)!.dictionary).toBeNull();
    expect(reader.column(2)!.dictionary!.count).toBe(10);
    expect(rowsOf(reader, plain)).toEqual(rows.map(({ name, amount }) => ({ name, amount })));
    close();
  });
});

function compareValues(column: string, a: Value, b: Value): number {
  if (column === "name") return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
  if (typeof a === "number" && typeof b === "number") {
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
    return Number.isNaN(b) ? -1 : a - b;
  }
  if (column === "amount") return Number(a) - Number(b);
  return Number(a) - Number(b);
}

/** Stats and zones say what the rows say. */
function checkStats(reader: SegmentReader, rows: readonly Row[]): void {
  for (const column of table.columns) {
    const found = reader.column(column.id)!;
    const values = rows.map((row) => row[column.name] ?? null);
    expect(found.stats.nulls).toBe(values.filter((value) => value === null).length);
    if (!["int", "long", "at"].includes(column.name)) continue;
    const present = values.filter((value) => value !== null) as bigint[];
    const least = present.reduce<bigint | null>(
      (min, value) => (min === null || value < min ? value : min),
      null,
    );
    expect(found.stats.min).toBe(least);
  }
}

describe("merging", () => {
  test("mutable and sealed, several partitions, dropped and added columns, widened types, retention", () => {
    const before = tableOf("t", { at: "TIMESTAMP", count: "INT", old: "STRING", ratio: "FLOAT" });
    const after: Table = {
      ...before,
      version: 2,
      columns: [
        before.columns[0],
        { ...before.columns[1], type: "LONG" },
        { ...before.columns[3], type: "DOUBLE" },
        { id: 9, name: "added", type: "STRING", role: "dimension", notNull: false },
        { id: 10, name: "empty", type: "LONG", role: "metric", notNull: false },
      ],
    };
    const first = buildSealed(before, [
      { at: 5n, count: 7n, old: "x", ratio: 0.5 },
      { at: 1n, count: -8n, old: "y", ratio: null },
    ]);
    const second = buildMutable(
      after,
      [
        { at: 3n, count: 2n ** 40n, ratio: 0.1, added: "z" },
        { at: null, count: null, ratio: 2, added: null },
      ],
      { partition: 1, startOffset: 40n },
    );
    const merged = sealReaders([first.reader, second.reader], after, {
      chunkRows: 2,
      keepFromMs: 3n,
      lineage: ["a", "b"],
    });
    expect(rowsOf(merged.reader, after, { hidden: true })).toEqual([
      { at: 3n, count: 2n ** 40n, ratio: 0.1, added: "z", empty: null, $offset: 40n, $partition: 1n },
      { at: 5n, count: 7n, ratio: 0.5, added: null, empty: null, $offset: 0n, $partition: 0n },
      { at: null, count: null, ratio: 2, added: null, empty: null, $offset: 41n, $partition: 1n },
    ]);
    expect(merged.record).toMatchObject({
      rows: 3,
      timeMinMs: 3n,
      timeMaxMs: 5n,
      lineage: ["a", "b"],
      tableVersion: 2,
      ranges: [
        { partition: 0, start: 0n, end: 2n },
        { partition: 1, start: 40n, end: 42n },
      ],
    });
    expect(merged.reader.column(3)).toBeNull();
    for (const built of [merged, first, second]) built.close();
  });

  test("dictionaries and raw text mix", () => {
    const name = tableOf("t", { name: "STRING" });
    const raw: Table = { ...name, rawColumns: ["name"] };
    const texts = (from: number) =>
      Array.from({ length: 40 }, (_, at) => ({ name: at % 9 === 0 ? null : `n${(from + at) % 25}` }));
    const inputs = [
      buildSealed(name, texts(0)),
      buildSealed(raw, texts(3), { startOffset: 40n }),
      buildMutable(name, texts(9), { startOffset: 80n }),
      buildMutable(raw, texts(11), { startOffset: 120n }),
    ];
    const expected = [0, 3, 9, 11].flatMap(texts);
    for (const target of [name, raw]) {
      const merged = sealReaders(
        inputs.map(({ reader }) => reader),
        target,
        { chunkRows: 7 },
      );
      expect(rowsOf(merged.reader, target)).toEqual(expected);
      expect(merged.reader.column(1)!.dictionary === null).toBe(target === raw);
      merged.close();
    }
    for (const input of inputs) input.close();
  });

  test("later rows of a consuming segment do not slip in", () => {
    const name = tableOf("t", { name: "STRING" });
    const arena = testArena();
    const { writer, reader, close } = buildMutable(name, [{ name: "a" }], { arena, segmentRows: 10 });
    appendRows(writer, name, [{ name: "b" }], arena, 1n);
    writer.publish(2);
    const sealed = sealReaders([reader], name, { arena });
    expect(rowsOf(sealed.reader, name)).toEqual([{ name: "a" }]);
    sealed.close();
    close();
    expect(arena.bytesUsed()).toBe(0);
  });
});

describe("the cache", () => {
  const rows = Array.from({ length: 4000 }, (_, at) => ({
    int: BigInt(at),
    name: `n${at % 300}`,
    price: at / 8,
  }));
  const model = tableOf("t", { int: "LONG", name: "STRING", price: "DOUBLE" });

  test("drops unpinned chunks over the budget, never pinned ones, and loads them again", () => {
    const { bytes } = buildSealed(model, rows, { chunkRows: 500 });
    const { segment, reader, cache, arena, close } = openBytes(bytes, "s", { cacheBytes: 10_000 });
    expect(rowsOf(reader, model)).toEqual(rows);
    expect(cache.bytes).toBeGreaterThan(10_000);
    reader.release();
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
    const other = segment.reader();
    const before = cache.bytes;
    expect(rowsOf(other, model)).toEqual(rows);
    expect(cache.bytes).toBeGreaterThan(before);
    other.release();
    close();
    expect(arena.bytesUsed()).toBe(0);
  });

  test("gives way when the arena is full", () => {
    const { bytes } = buildSealed(model, rows, { chunkRows: 500 });
    const arena = testArena(1 << 20);
    const { segment, reader, close } = openBytes(bytes, "s", { arena });
    reader.release();
    const hog = arena.allocate((1 << 20) - 131_072, "scratch");
    for (let chunk = 0; chunk < 8; chunk++) {
      const one = segment.reader();
      for (const id of [1, 2, 3]) one.column(id)!.forward(chunk);
      one.release();
    }
    arena.free(hog);
    close();
    expect(arena.bytesUsed()).toBe(0);
  });
});
