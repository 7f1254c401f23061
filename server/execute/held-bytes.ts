/** Bytes that a plain value holds outside the arenas: buffers whole and once each, texts, and what objects cost beside. */

const objectBytes = 48;
const fieldBytes = 16;

export function heldBytes(value: unknown): number {
  const seen = new Set<object>();
  const left: unknown[] = [value];
  let total = 0;
  while (left.length > 0) {
    const part = left.pop();
    total += fieldBytes;
    if (typeof part === "string") total += part.length * 2;
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    total += objectBytes;
    if (ArrayBuffer.isView(part)) {
      if (!seen.has(part.buffer)) total += part.buffer.byteLength;
      seen.add(part.buffer);
    } else for (const field of Array.isArray(part) ? part : Object.values(part)) left.push(field);
  }
  return total;
}
