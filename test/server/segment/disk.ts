/** A disk of files in memory, without faults: enough to open and write segments. test/sim has the faulty one. */
import { StoreError } from "#schemas/errors";
import type { Disk, ReadFile } from "#schemas/world";

export interface MemoryDisk extends Disk {
  readonly files: Map<string, Uint8Array>;
}

const refuse = (): never => {
  throw new TypeError("this disk only reads and writes whole files");
};

/** A disk with these files. */
export function memoryDisk(files: Readonly<Record<string, Uint8Array>> = {}): MemoryDisk {
  const all = new Map(Object.entries(files));
  const find = (path: string): Uint8Array => {
    const bytes = all.get(path);
    if (bytes === undefined)
      throw new StoreError("DISK_FAILED", `expected ${path} but there is no such file`);
    return bytes;
  };
  return {
    files: all,
    root: "",
    openAppend: refuse,
    openRead: (path): ReadFile => {
      const bytes = find(path);
      return {
        path,
        bytes: bytes.length,
        readInto(target, position) {
          if (position + target.length > bytes.length) {
            throw new StoreError("DISK_FAILED", `${path}: expected ${target.length} bytes at ${position}`);
          }
          target.set(bytes.subarray(position, position + target.length));
        },
        close() {},
      };
    },
    read: async (path) => find(path),
    writeAtomic: async (path, chunks) => {
      all.set(path, Buffer.concat(chunks));
    },
    remove: async (path) => {
      all.delete(path);
    },
    list: async (folder) => [...all.keys()].filter((path) => path.startsWith(`${folder}/`)).sort(),
    makeFolder: async () => {},
    exists: async (path) => all.has(path),
    freeBytes: async () => 1 << 30,
  };
}
