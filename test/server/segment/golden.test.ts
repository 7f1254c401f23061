import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelsFor } from "#server/kernels/instance";
import { loadKernels } from "#server/kernels/load-kernels-node";
import { readFileFooter } from "#server/segment/open";
import { recordOf } from "#server/segment/seal/seal";
import { buildSealed, openBytes, type Row, rowsOf, testArena } from "#test/server/segment/build";
import { memoryDisk } from "#test/server/segment/disk";
import { goldenChunkRows, goldenFiles, goldenRows, goldenTable } from "#test/server/segment/golden-rows";

const folder = new URL("../../golden/segments/", import.meta.url);

const inFileOrder = (rows: readonly Row[]): Row[] =>
  rows
    .map((row, at) => ({ ...row, $offset: BigInt(at), $partition: 0n }) as Row)
    .sort((a, b) => {
      const [left, right] = [a["at"] as bigint | null, b["at"] as bigint | null];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return left < right ? -1 : left > right ? 1 : 0;
    });

const build = ({ table, rows }: Pick<(typeof goldenFiles)[number], "table" | "rows">) =>
  buildSealed(table, rows(), { chunkRows: goldenChunkRows, id: `${table.name}__0__0` });

for (const file of goldenFiles) {
  const place = new URL(file.name, folder);
  if (process.env["UPDATE_GOLDEN"] === "1" && !existsSync(place)) writeFileSync(place, build(file).bytes);
}

test("a golden file of every format version is read for ever, by kernels and twins", async () => {
  expect(readdirSync(folder).sort()).toEqual(goldenFiles.map(({ name }) => name).sort());
  const sources = [{ kind: "twin" } as const, await loadKernels()];
  for (const [file, source] of goldenFiles.flatMap((one) => sources.map((kind) => [one, kind] as const))) {
    const { name, table, rows } = file;
    const arena = testArena();
    const kernels = kernelsFor(arena, source);
    const { reader, close } = openBytes(readFileSync(new URL(name, folder)), name, { arena, kernels });
    expect(rowsOf(reader, table, { hidden: true })).toEqual(inFileOrder(rows()));
    for (const column of table.columns.filter((one) => table.invertedColumns.includes(one.name))) {
      const nulls = rows().filter((row) => row[column.name] === null).length;
      expect(reader.column(column.id)!.inverted!.count(0), column.name).toBe(nulls);
    }
    close();
  }
});

test.each(goldenFiles)("what is written today is what $name holds", (file) => {
  const { bytes, record } = build(file);
  const golden = readFileSync(new URL(file.name, folder));
  const goldenRecord = openBytes(golden, "golden").segment.footer.contentHash;
  expect(record.contentHash).toBe(goldenRecord.toString(16).padStart(16, "0"));
  // Bytes may differ by the zstd in Node, rows may not.
  expect(Math.abs(bytes.length - golden.length)).toBeLessThan(golden.length / 50);
});

test("a lost catalog is rebuilt from footers", () => {
  const { bytes, record } = build({ table: goldenTable, rows: goldenRows });
  const footer = readFileFooter(memoryDisk({ [record.path]: bytes }).openRead(record.path));
  expect(recordOf(footer, { path: record.path, bytes: bytes.length, createdMs: record.createdMs })).toEqual(
    record,
  );
  expect(footer.columns.map(({ id, name, type }) => ({ id, name, type })).slice(0, -2)).toEqual(
    goldenTable.columns.map(({ id, name, type }) => ({ id, name, type })),
  );
});
