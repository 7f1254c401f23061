/** Loads each native library once, so that a broken install says how to mend it instead of failing later. */
import { messageOf, StoreError } from "#schemas/errors";

const libraries: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["better-sqlite3", async () => new (await import("better-sqlite3")).default(":memory:").close()],
  ["roaring", async () => new (await import("roaring")).default.RoaringBitmap32([1]).size],
  ["lz4-napi", async () => (await import("lz4-napi")).compressSync(Buffer.from("x"))],
  ["@node-rs/crc32", async () => (await import("@node-rs/crc32")).crc32c("x")],
];

/** Throws START_FAILED naming the library and the command that rebuilds it. */
export async function checkNatives(): Promise<void> {
  for (const [name, load] of libraries) {
    try {
      await load();
    } catch (error) {
      const fix = `npm rebuild ${name} --foreground-scripts (needs gcc, make and python3)`;
      throw new StoreError(
        "START_FAILED",
        `the library ${name} does not load: ${messageOf(error)}. Try: ${fix}`,
      );
    }
  }
}
