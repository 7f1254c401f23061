/** Twins of hash-group.as.ts: the same table layout, another (slower) hash, the same gids. */
import type { Views } from "#server/arena/arena";
import type { Twin } from "#server/kernels/kernels";
import { isSet } from "#server/kernels/twin-access";

const headerBytes = 64;

const capacityOf = (views: Views, table: number): number => views.u32[table >>> 2];
const groupsOf = (views: Views, table: number): number => views.u32[(table >>> 2) + 1];

export const hashClear: Twin<"hashClear"> = (views, table, capacity) => {
  views.u8.fill(0, table, table + headerBytes + capacity * 16);
  views.u32[table >>> 2] = capacity;
};

export const hashGroups: Twin<"hashGroups"> = (views, table) => groupsOf(views, table);

export const hashKeys: Twin<"hashKeys"> = (views, table) =>
  table + headerBytes + capacityOf(views, table) * 16;

function spread(key: bigint): number {
  const low = Number(BigInt.asIntN(32, key));
  const high = Number(BigInt.asIntN(32, key >> 32n));
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** Address of the slot that holds the key, or of the empty one where it belongs. */
function slotOf(views: Views, table: number, key: bigint): number {
  const mask = capacityOf(views, table) - 1;
  let index = spread(key) & mask;
  for (;;) {
    const slot = table + headerBytes + index * 16;
    if (views.u32[(slot >>> 2) + 2] === 0 || views.i64[slot >>> 3] === key) return slot;
    index = (index + 1) & mask;
  }
}

function put(views: Views, table: number, slot: number, key: bigint, gid: number): void {
  views.i64[slot >>> 3] = key;
  views.u32[(slot >>> 2) + 2] = gid + 1;
  views.i64[(hashKeys(views, table) >>> 3) + gid] = key;
  views.u32[(table >>> 2) + 1] = gid + 1;
}

export const hashIntern: Twin<"hashIntern"> = (views, table, keys, from, rows, bitmap, gids) => {
  for (let row = from; row < rows; row++) {
    if (!isSet(views, bitmap, row)) continue;
    const key = views.i64[(keys >>> 3) + row];
    const slot = slotOf(views, table, key);
    let gid = views.u32[(slot >>> 2) + 2] - 1;
    if (gid < 0) {
      gid = groupsOf(views, table);
      if (gid >= capacityOf(views, table) / 2) return row;
      put(views, table, slot, key, gid);
    }
    views.u32[(gids >>> 2) + row] = gid;
  }
  return rows;
};

export const hashGrow: Twin<"hashGrow"> = (views, from, into) => {
  const keys = hashKeys(views, from) >>> 3;
  for (let gid = 0; gid < groupsOf(views, from); gid++) {
    const key = views.i64[keys + gid];
    put(views, into, slotOf(views, into, key), key, gid);
  }
};
