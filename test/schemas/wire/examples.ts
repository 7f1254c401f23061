/** One message of every kind, with every shape inside: goldens, round trips and fuzzing start from these. */
import type { Vector } from "#schemas/batch";
import type { Expression } from "#schemas/plan/expression";
import type { Fragment } from "#schemas/plan/plan";
import type { Executed, Partial } from "#schemas/plan/server-client";
import type { Message } from "#schemas/wire/messages";

const column: Expression = { kind: "column", type: "STRING", column: 3, name: "category" };
const literals: readonly Expression[] = [
  { kind: "literal", type: "LONG", value: -(2n ** 63n) },
  { kind: "literal", type: "DOUBLE", value: Number.NaN },
  { kind: "literal", type: "BOOLEAN", value: true },
  { kind: "literal", type: "STRING", value: "naïve 😀" },
  { kind: "literal", type: "BYTES", value: Uint8Array.of(0, 255) },
  { kind: "literal", type: "UNKNOWN", value: null },
];
const filter: Expression = { kind: "call", type: "BOOLEAN", name: "in", args: [column, ...literals] };

export const aggregateFragment: Fragment = {
  kind: "aggregate",
  table: "purchases",
  filter,
  hop: { timeColumn: 1, slideMs: 300_000n, sizeMs: 600_000n, startColumn: -10, endColumn: -11 },
  keys: [column],
  aggregates: [{ name: "percentile", args: [column], parameters: [95, "x", null], filter, type: "DOUBLE" }],
  top: { order: [{ expression: column, descending: true, nullsFirst: false }], rows: 10 },
};

export const rowsFragment: Fragment = {
  kind: "rows",
  table: "purchases",
  filter: null,
  hop: null,
  project: [column, filter],
  order: [{ expression: column, descending: false, nullsFirst: true }],
  rows: 100,
};

const nulls = Uint8Array.of(0b010);

const vectors: readonly Vector[] = [
  { kind: "int", type: "LONG", rows: 3, values: BigInt64Array.of(1n, 0n, -(2n ** 62n)), nulls },
  { kind: "int", type: "TIMESTAMP", rows: 3, values: BigInt64Array.of(1n, 2n, 3n), nulls: null },
  {
    kind: "double",
    type: "DOUBLE",
    rows: 3,
    values: Float64Array.of(1.5, 0, Number.NEGATIVE_INFINITY),
    nulls,
  },
  {
    kind: "text",
    type: "STRING",
    rows: 3,
    ids: Uint32Array.of(1, 0, 1),
    entries: { count: 2, offsets: Uint32Array.of(0, 0, 5), bytes: new TextEncoder().encode("mango") },
    nulls,
  },
];

const groups: Partial = {
  kind: "aggregate",
  groups: 3,
  keys: vectors,
  states: [
    { kind: "fixed", stateBytes: 2, bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    { kind: "variable", offsets: Uint32Array.of(0, 2, 2, 3), bytes: Uint8Array.of(7, 8, 9) },
  ],
};

const stats = {
  segmentsQueried: 1,
  segmentsProcessed: 2,
  segmentsMatched: 3,
  segmentsPruned: 4,
  segmentsCached: 5,
  consumingQueried: 6,
  consumingProcessed: 7,
  consumingMatched: 8,
  rowsScanned: 9,
  rowsMatched: 10,
  rowsTotal: 11,
  entriesInFilter: 12,
  entriesPostFilter: 13,
  threadCpuNs: 14,
  bytesAllocated: 15,
  freshnessMs: 1_774_793_106_789,
  indexes: ["inverted(product_id)"],
};

const fault = { segment: "s1", rows: 5, code: "SEGMENT_CORRUPT", message: "bad block" } as const;
const executedGroups: Executed = { partial: groups, stats, faults: [fault] };
const executedRows: Executed = {
  partial: { kind: "rows", batch: { rows: 3, columns: vectors } },
  stats,
  faults: [],
};
const options = {
  useCache: true,
  queryBytes: 1 << 30,
  timeZone: "Europe/Berlin",
  nowMs: 1_774_793_106_789,
  sole: false,
};

export const messages: Readonly<Record<string, Message>> = {
  hello: { kind: "hello", version: 1 },
  snapshot: { kind: "snapshot", tables: ["purchases", "products"] },
  release: { kind: "release", snapshot: "p-1" },
  "execute-aggregate": {
    kind: "execute",
    snapshot: "p-1",
    options: { ...options, remainingMs: 9999.5 },
    fragment: aggregateFragment,
  },
  "execute-rows": {
    kind: "execute",
    snapshot: "p-1",
    options: { ...options, remainingMs: 0 },
    fragment: rowsFragment,
  },
  cancel: { kind: "cancel" },
  explain: { kind: "explain", snapshot: "p-1", fragment: rowsFragment },
  welcome: { kind: "welcome", version: 1, name: "server-a" },
  held: {
    kind: "held",
    info: {
      id: "p-1",
      run: "a1b2",
      takenMs: 1_774_793_106_789,
      tables: [
        {
          table: "purchases",
          version: {
            incarnation: "c3d4",
            definition: 3,
            generation: 7,
            growing: [
              { partition: 0, rows: 400 },
              { partition: 1, rows: 0 },
            ],
            validity: 2,
          },
          rows: 1000,
          gaps: [{ partition: 0, start: 5n, end: 9n, reason: "expired", foundMs: 1 }],
          newestEventMs: 1_774_793_106_000n,
        },
      ],
    },
  },
  "executed-groups": { kind: "executed", executed: executedGroups },
  "executed-rows": { kind: "executed", executed: executedRows },
  lines: { kind: "lines", lines: ["SCAN", "FILTER"] },
  failed: {
    kind: "failed",
    code: "VALUE_RANGE",
    message: "too large",
    detail: { position: { start: 1, end: 2 }, expected: "LONG" },
  },
};
