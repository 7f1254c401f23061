/** A damaged or newer catalog is refused by name before anything is served. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCatalog, openSqliteThread } from "#broker/catalog/catalog-thread-node";
import { openSqliteFile, sqliteCatalog } from "#broker/catalog/sqlite-node";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "freshet-catalog-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function made(name: string): Promise<string> {
  const path = join(folder, name);
  const catalog = await openSqliteThread(path);
  for (let at = 0; at < 200; at++) await catalog.setSetting(`key ${at}`, "x".repeat(200));
  await catalog.close();
  return path;
}

describe("a damaged catalog", () => {
  it("is refused when it is not a database", async () => {
    const path = join(folder, "text.sqlite");
    writeFileSync(path, "no database at all, but long enough to have a header of its own".repeat(100));
    const refused = openSqliteThread(path);
    await expect(refused).rejects.toMatchObject({ code: "CATALOG_CORRUPT", detail: { at: path } });
    await expect(refused).rejects.toThrow(path);
  });

  it("is refused when it is empty", async () => {
    const path = join(folder, "empty.sqlite");
    writeFileSync(path, "");
    await expect(openSqliteThread(path)).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
  });

  it("is refused when it is cut", async () => {
    const path = await made("cut.sqlite");
    truncateSync(path, 20_000);
    await expect(openSqliteThread(path)).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
  });

  it("is refused when a newer program wrote it", async () => {
    const path = await made("newer.sqlite");
    const file = openSqliteFile(path);
    file.exec("update settings set value = '99' where key = 'catalogVersion'");
    file.close();
    await expect(openSqliteThread(path)).rejects.toMatchObject({ code: "START_FAILED" });
  });
});

describe("a full disk", () => {
  it("is named as such, and the catalog goes on when there is room", async () => {
    const file = openSqliteFile(join(folder, "full.sqlite"));
    const catalog = await sqliteCatalog(file);
    const pages = Number(file.pragma("page_count", { simple: true }));
    file.pragma(`max_page_count = ${pages + 1}`);
    const large = "x".repeat(100_000);
    await expect(catalog.setSetting("large", large)).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await catalog.setting("large")).toBeNull();
    file.pragma(`max_page_count = ${pages + 1_000}`);
    await catalog.setSetting("large", large);
    expect(await catalog.setting("large")).toBe(large);
    await catalog.close();
  });
});

describe("an unreachable database", () => {
  it("is one clear line without the password", async () => {
    const databaseUrl = "postgres://someone:secret@127.0.0.1:1/none";
    const refused = openCatalog({ sqlitePath: join(folder, "unused"), databaseUrl });
    await expect(refused).rejects.toMatchObject({ code: "START_FAILED" });
    await expect(refused).rejects.not.toThrow("secret");
  });
});
