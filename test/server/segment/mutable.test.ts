import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import { createArena } from "#server/arena/attach";
import { openMutable } from "#server/segment/mutable-reader";
import { appendRows, buildMutable, rowsOf, tableOf, testArena } from "#test/server/segment/build";
import { allTypes, rowArbitrary } from "#test/server/segment/rows";

const table = tableOf("t", allTypes, { rawColumns: ["raw"] });

describe("mutable segment", () => {
  test("has the rows that were appended, for any chunk size", () => {
    fc.assert(
      fc.property(
        fc.array(rowArbitrary, { maxLength: 40, size: "max" }),
        fc.constantFrom(1, 2, 3, 7, 64, 100),
        fc.integer({ min: 1, max: 9 }),
        (rows, chunkRows, stageRows) => {
          const built = buildMutable(table, rows, { chunkRows, stageRows, partition: 3, startOffset: 5n });
          const expected = rows.map((row, at) => ({ ...row, $offset: 5n + BigInt(at), $partition: 3n }));
          expect(rowsOf(built.reader, table, { hidden: true })).toEqual(expected);
          built.close();
          expect(built.writer.bytes()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a reader keeps its snapshot while the writer goes on and blocks grow", () => {
    const rows = Array.from({ length: 5000 }, (_, at) => ({
      name: at % 7 === 0 ? null : `n${at % 900}`,
      raw: `r${at}`,
      count: at % 5 === 0 ? null : BigInt(at),
      price: at / 4,
    }));
    const model = tableOf(
      "t",
      { name: "STRING", raw: "STRING", count: "LONG", price: "DOUBLE" },
      { rawColumns: ["raw"] },
    );
    const arena = testArena();
    const { writer, close } = buildMutable(model, [], { arena, segmentRows: 5000, chunkRows: 2048 });
    const view = openMutable(writer.handle, arena);
    const snapshots = [];
    for (let from = 0; from < rows.length; from += 333) {
      appendRows(writer, model, rows.slice(from, from + 333), arena, BigInt(from));
      expect(view.rowsVisible()).toBe(from);
      snapshots.push(view.reader());
      writer.publish(from);
    }
    snapshots.push(view.reader());
    for (const snapshot of snapshots) {
      expect(rowsOf(snapshot, model)).toEqual(rows.slice(0, snapshot.rows));
      const expected = rows
        .slice(0, snapshot.rows)
        .map((row) => row.count)
        .filter((value) => value !== null);
      const stats = snapshot.column(3)!.stats;
      expect(stats.nulls).toBe(snapshot.rows - expected.length);
      expect(stats.max).toBe(expected.at(-1) ?? null);
      snapshot.release();
    }
    close();
  });

  test("finds dictionary entries and counts only published ones", () => {
    const rows = Array.from({ length: 3000 }, (_, at) => ({ name: `name ${at}` }));
    const model = tableOf("t", { name: "STRING" });
    const { reader, close } = buildMutable(model, rows);
    const dictionary = reader.column(1)!.dictionary!;
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(dictionary.count).toBe(3000);
    expect(dictionary.find(bytes("name 0"))).toBe(1);
    expect(dictionary.find(bytes("name 2999"))).toBe(3000);
    expect(dictionary.find(bytes("nobody"))).toBe(0);
    close();
  });

  test("short memory leaves the segment as it was, and the same rows fit later", () => {
    const model = tableOf("t", { name: "STRING", count: "LONG" });
    const arena = createArena(1 << 20, 0, { poison: true });
    const { writer, close } = buildMutable(model, [], { arena, segmentRows: 100_000, chunkRows: 512 });
    const view = openMutable(writer.handle, arena);
    const rowsAt = (from: number) =>
      Array.from({ length: 100 }, (_, at) => ({ name: `a rather long name ${from + at}`, count: from + at }));
    let from = 0;
    const hog = arena.allocate(300_000, "scratch");
    const fill = () => {
      while (true) {
        try {
          appendRows(writer, model, rowsAt(from), arena, BigInt(from));
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
          expect((error as StoreError).code).toBe("MEMORY_BUDGET");
          return;
        }
        from += 100;
      }
    };
    fill();
    const before = from;
    expect(writer.rows).toBe(before);
    arena.free(hog);
    fill();
    expect(from).toBeGreaterThan(before);
    writer.publish(1);
    const got = rowsOf(view.reader(), model);
    expect(got).toEqual(
      rowsAt(0)
        .concat(...Array.from({ length: from / 100 - 1 }, (_, at) => rowsAt(at * 100 + 100)))
        .map((row) => ({ ...row, count: BigInt(row.count) })),
    );
    close();
    expect(arena.bytesUsed()).toBe(0);
  });

  test("a column whose dictionary did not pay is raw in the next segment, until its values repeat", () => {
    const model = tableOf("t", { id: "STRING", name: "STRING" });
    const arena = testArena(256 << 20);
    const rowsFrom = (from: number, distinct: number) =>
      Array.from({ length: 60_000 }, (_, at) => ({
        id: `id ${(from + at) % distinct}`,
        name: `n${at % 40_000}`,
      }));
    const options = { arena, stageRows: 10_000 };
    const first = buildMutable(model, rowsFrom(0, 1_000_000), options);
    expect(first.writer.nearUniqueColumns()).toEqual([1]);
    const second = buildMutable(model, rowsFrom(0, 1_000_000), { ...options, rawColumnIds: [1] });
    expect(second.reader.column(1)!.dictionary).toBeNull();
    expect(second.writer.nearUniqueColumns()).toEqual([1]);
    expect(second.writer.bytes()).toBeLessThan(first.writer.bytes());
    const third = buildMutable(model, rowsFrom(0, 20_000), { ...options, rawColumnIds: [1] });
    expect(third.writer.nearUniqueColumns()).toEqual([]);
    const few = buildMutable(model, rowsFrom(0, 1_000_000).slice(0, 1000), options);
    expect(few.writer.nearUniqueColumns()).toEqual([]);
    for (const built of [first, second, third, few]) built.close();
  });
});
