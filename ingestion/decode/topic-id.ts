/**
 * Kafka's Metadata, version 12, for the one thing that earlier ones do not have: the topic's id, which a topic made anew
 * does not share. Brokers before 3.0 do not speak it.
 *
 * Request  => tags topics:compact(id:16 name:compact tags) autoCreate:bool operations:bool tags
 * Response => tags throttleMs:i32 brokers:compact(id:i32 host:compact port:i32 rack:compact tags) cluster:compact
 *             controller:i32 topics:compact(error:i16 name:compact id:16 …)      (a compact length is one more)
 */
import { StoreError } from "#schemas/errors";

export const topicIdVersion = 12;
const idBytes = 16;
const unknownTopic = 3;

function compactLength(length: number): number[] {
  const bytes: number[] = [];
  let rest = length + 1;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** The request's body, from the header's tags on. */
export function topicIdRequest(topic: string): Uint8Array {
  const name = new TextEncoder().encode(topic);
  const oneTopic = [0, ...compactLength(1), ...new Uint8Array(idBytes), ...compactLength(name.length)];
  return Uint8Array.from([...oneTopic, ...name, 0, 0, 0, 0]);
}

/** Reads compact fields; what runs past the end is STREAM_CORRUPT. */
class CompactReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): Uint8Array {
    const start = this.#at;
    this.#at += count;
    if (count < 0 || this.#at > this.#bytes.length)
      throw new StoreError("STREAM_CORRUPT", `a metadata response ends at byte ${this.#bytes.length}`);
    return this.#bytes.subarray(start, this.#at);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const [byte] = this.take(1) as unknown as [number];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new StoreError("STREAM_CORRUPT", "a metadata response has a length that does not end");
  }

  skipText(): void {
    this.take(Math.max(0, this.varint() - 1));
  }

  skipTags(): void {
    for (let left = this.varint(); left > 0; left--) {
      this.varint();
      this.take(this.varint());
    }
  }
}

/** The id in hexadecimal; null where there is none: no such topic, or brokers without ids. */
export function readTopicId(response: Uint8Array): string | null {
  const reader = new CompactReader(response);
  reader.skipTags();
  reader.take(4);
  for (let left = reader.varint() - 1; left > 0; left--) {
    reader.take(4);
    reader.skipText();
    reader.take(4);
    reader.skipText();
    reader.skipTags();
  }
  reader.skipText();
  reader.take(4);
  if (reader.varint() < 2) return null;
  const [high, low] = reader.take(2) as unknown as [number, number];
  if (high * 256 + low === unknownTopic) return null;
  reader.skipText();
  const id = [...reader.take(idBytes)];
  return id.every((byte) => byte === 0)
    ? null
    : id.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
