import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelsFor } from "#server/kernels/instance";
import { loadKernels } from "#server/kernels/load-kernels-node";
import { formatVersion } from "#server/segment/format";
import { readFileFooter } from "#server/segment/open";
import { recordOf } from "#server/segment/seal/seal";
import { buildSealed, openBytes, type Row, rowsOf, testArena } from "#test/server/segment/build";
import { memoryDisk } from "#test/server/segment/disk";
import { goldenChunkRows, goldenRows, goldenTable } from "#test/server/segment/golden-rows";

const folder = new URL("../../golden/segments/", import.meta.url);
const current = new URL(`v${formatVersion}.segment`, folder);

const inFileOrder = (rows: readonly Row[]): Row[] =>
  rows
    .map((row, at) => ({ ...row, $offset: BigInt(at), $partition: 0n }) as Row)
    .sort((a, b) => {
      const [left, right] = [a["at"] as bigint | null, b["at"] as bigint | null];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return left < right ? -1 : left > right ? 1 : 0;
    });

const build = () =>
  buildSealed(goldenTable, goldenRows(), { chunkRows: goldenChunkRows, id: "golden__0__0" });

if (process.env["UPDATE_GOLDEN"] === "1" && !existsSync(current)) writeFileSync(current, build().bytes);

test("a golden file of every format version is read for ever, by kernels and twins", async () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".segment"));
  expect(files.length).toBe(formatVersion);
  const sources = [{ kind: "twin" } as const, await loadKernels()];
  for (const [name, source] of files.flatMap((file) => sources.map((one) => [file, one] as const))) {
    const arena = testArena();
    const kernels = kernelsFor(arena, source);
    const { reader, close } = openBytes(readFileSync(new URL(name, folder)), name, { arena, kernels });
    expect(rowsOf(reader, goldenTable, { hidden: true })).toEqual(inFileOrder(goldenRows()));
    const id = (column: string) => goldenTable.columns.find((one) => one.name === column)!.id;
    expect(reader.column(id("name"))!.inverted!.count(0)).toBe(
      goldenRows().filter((row) => row["name"] === null).length,
    );
    close();
  }
});

test("what is written today is what the current version's golden file holds", () => {
  const { bytes, record } = build();
  const golden = readFileSync(current);
  const goldenRecord = openBytes(golden, "golden").segment.footer.contentHash;
  expect(record.contentHash).toBe(goldenRecord.toString(16).padStart(16, "0"));
  // Bytes may differ by the zstd in Node, rows may not.
  expect(Math.abs(bytes.length - golden.length)).toBeLessThan(golden.length / 50);
});

test("a lost catalog is rebuilt from footers", () => {
  const { bytes, record } = build();
  const footer = readFileFooter(memoryDisk({ [record.path]: bytes }).openRead(record.path));
  expect(recordOf(footer, { path: record.path, bytes: bytes.length, createdMs: record.createdMs })).toEqual(
    record,
  );
  expect(footer.columns.map(({ id, name, type }) => ({ id, name, type })).slice(0, -2)).toEqual(
    goldenTable.columns.map(({ id, name, type }) => ({ id, name, type })),
  );
});
