/** The executor against a naive row evaluator: random rows, segmentations and fragments. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelSource } from "#server/kernels/instance";
import { loadKernels } from "#server/kernels/load-kernels-node";
import {
  aggregateFragment,
  piecesArbitrary,
  rowArbitrary,
  rowsFragment,
} from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, naiveRows, rowsOf } from "#test/server/execute/naive";
import { buildStore, type StoreOptions, table, twin } from "#test/server/execute/store";

let compiled: KernelSource = twin;
beforeAll(async () => {
  compiled = await loadKernels();
});

const rowsArbitrary = fc.array(rowArbitrary, { maxLength: 40 });
const runs = Number(process.env["EXECUTE_RUNS"] ?? 60);

const configs: readonly { readonly name: string; readonly options: () => StoreOptions }[] = [
  { name: "twins, one arena", options: () => ({ kernels: twin }) },
  { name: "compiled kernels, two arenas", options: () => ({ kernels: compiled, arenas: 2 }) },
  {
    name: "compiled kernels, everything hashed",
    options: () => ({ kernels: compiled, limits: { stateBytes: 1, sliceChunks: 1 } }),
  },
  {
    name: "compiled kernels, one slice in memory at a time",
    options: () => ({ kernels: compiled, cacheBytes: 0, limits: { sliceChunks: 1 } }),
  },
];

describe.each(configs)("$name", ({ options }) => {
  test("groups and aggregates are those of the naive evaluator", async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        piecesArbitrary,
        aggregateFragment,
        fc.boolean(),
        async (rows, pieces, fragment, sole) => {
          const store = buildStore(rows, pieces, options());
          try {
            const { partial } = await store.execute(fragment, { sole });
            const expected = naiveGroups(table, rows, fragment);
            const found = groupsOf(partial, fragment);
            expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
            for (const [key, values] of expected)
              expect(`${key}: ${found.get(key)}`).toBe(`${key}: ${values}`);
          } finally {
            store.close();
          }
        },
      ),
      { numRuns: runs },
    );
  });

  test("rows, their order and their limit are those of the naive evaluator", async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, piecesArbitrary, rowsFragment, async (rows, pieces, fragment) => {
        const store = buildStore(rows, pieces, options());
        try {
          // The order keys are shown too: rows equal in all of them may come in any order, as sealing sorts.
          const keys = fragment.order.map(({ expression }) => expression);
          const ordered = { ...fragment, project: [...keys, ...fragment.project] };
          const { partial } = await store.execute(ordered);
          const found = rowsOf(partial);
          const expected = naiveRows(table, rows, ordered);
          const keysOf = (row: string) => row.split(" | ").slice(0, keys.length);
          expect(found.map(keysOf)).toEqual(expected.map(keysOf));
          const all = naiveRows(table, rows, { ...ordered, rows: 0x7fff_ffff });
          for (const row of found) {
            expect(all, "a row of the store").toContain(row);
            all.splice(all.indexOf(row), 1);
          }
        } finally {
          store.close();
        }
      }),
      { numRuns: runs },
    );
  });
});
