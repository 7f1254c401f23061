/**
 * A push: every row checked, all valid ones made durable as one record of the log, then answered. Atomic: a
 * crash leaves all of them or none. With an Idempotency-Key, which is part of that record, a repeat gets
 * the first answer.
 */
import { crc32, crc32c } from "@node-rs/crc32";
import type { PartitionConsumer } from "#ingestion/consume";
import type { DeadLetters } from "#ingestion/dead-letters";
import { type PushBody, readBody } from "#ingestion/decode/body";
import { conflict, encodeNote, type IdempotencyKeys, type KeyedPush } from "#ingestion/log/keys";
import type { Rejects } from "#ingestion/rejects";
import type { EmbeddedPartition } from "#ingestion/source/embedded";
import type { PushOptions } from "#schemas/admin";
import type { IngestAnswer } from "#schemas/api/tables";
import { messageOf, StoreError } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import type { Limits } from "#schemas/limits";
import type { World } from "#schemas/world";

export interface PushTarget {
  readonly world: World;
  readonly limits: Limits;
  readonly consumer: PartitionConsumer;
  readonly stream: EmbeddedPartition;
  readonly keys: IdempotencyKeys;
  readonly letters: DeadLetters;
  /** Pushes with a key that are on their way: a repeat waits for the first. */
  readonly pending: Map<string, { readonly hash: string; readonly answer: Promise<IngestAnswer> }>;
}

export async function push(
  target: PushTarget,
  body: Uint8Array,
  options: PushOptions,
): Promise<IngestAnswer> {
  refuse(target, body);
  const answer = await keyed(target, body, options);
  if (options.sync) await target.consumer.reached(BigInt(answer.offset), target.limits.queryMs);
  return answer;
}

function refuse({ consumer, stream, limits }: PushTarget, body: Uint8Array): void {
  if (body.length > limits.bodyBytes) {
    throw new StoreError("BODY_BYTES", `the body has ${body.length} bytes; bodyBytes = ${limits.bodyBytes}`);
  }
  const stopped = consumer.stopError ?? stream.refusal;
  if (stopped !== null) throw stopped;
  if (consumer.isPaused)
    throw new StoreError("INGESTION_PAUSED", "the table is paused; resume it to push rows");
  const { state, lastError } = consumer.status();
  if (state === "paused" && lastError !== null) throw new StoreError("MEMORY_BUDGET", lastError);
}

async function keyed(target: PushTarget, body: Uint8Array, options: PushOptions): Promise<IngestAnswer> {
  const { keys, pending } = target;
  const key = options.idempotencyKey;
  if (key === null) return await store(target, body, options, null);
  const hash = hashOf(body, options);
  const known = keys.find(key, hash);
  if (known !== undefined) return known.answer;
  const other = pending.get(key);
  if (other !== undefined) {
    if (other.hash !== hash) throw conflict(key);
    return await other.answer;
  }
  const answer = store(target, body, options, { key, hash });
  pending.set(key, { hash, answer });
  try {
    return await answer;
  } finally {
    pending.delete(key);
  }
}

async function store(
  target: PushTarget,
  body: Uint8Array,
  options: PushOptions,
  identity: { readonly key: string; readonly hash: string } | null,
): Promise<IngestAnswer> {
  const { consumer, stream, world } = target;
  const read = readBody(body, options.format, consumer.decoder, options.csv);
  const { payload, count, rejects, slices } = validate(target, read);
  const answerAt = (offset: bigint): IngestAnswer => ({
    accepted: count,
    rejected: rejects.count,
    rejects: [...rejects.listed],
    partition: consumer.partition,
    offset: String(offset),
  });
  const keyedAt = (offset: bigint): KeyedPush | null =>
    identity === null ? null : { ...identity, atMs: world.clock.nowMs(), answer: answerAt(offset) };
  let endOffset = stream.endOffset;
  let baseOffset = endOffset;
  if (count > 0 || identity !== null) {
    const noteOf = (end: bigint) => {
      const keyedPush = keyedAt(end);
      return keyedPush === null ? noNote : encodeNote(keyedPush);
    };
    const batch = await stream.append({ rows: payload, count, slices }, noteOf);
    ({ endOffset, baseOffset } = batch);
  }
  const done = keyedAt(endOffset);
  if (done !== null) target.keys.add(done);
  world.failpoint("push.durable");
  await keepLetters(target, baseOffset, rejects);
  return answerAt(endOffset);
}

/** The rows are durable: that their refused neighbours could not be kept must not look as if they were not. */
async function keepLetters(target: PushTarget, offset: bigint, rejects: Rejects): Promise<void> {
  const { consumer, letters, world } = target;
  try {
    await letters.recordPushed(consumer.partition, offset, rejects);
  } catch (error) {
    world.log("error", `${rejects.count} refused rows of a push could not be kept: ${messageOf(error)}`);
  }
}

const noNote = new Uint8Array(0);

interface Validated {
  readonly payload: Uint8Array;
  readonly count: number;
  readonly rejects: Rejects;
  /** Where the rows are, when the payload is the body as it came. */
  readonly slices: RecordSlices | null;
}

/** Decodes every row for its faults; what decodes here decodes when it is stored and replayed. */
function validate({ consumer }: PushTarget, { slices, lineOf, rejects }: PushBody): Validated {
  const { decoder, sink } = consumer;
  const unknown = decoder.unknown.save();
  const isRefused = new Uint8Array(slices.count);
  let refused = 0;
  for (let at = 0; at < slices.count; ) {
    const decoded = decoder.decode(sink.stage, slices, at);
    for (const { record, reason } of decoded.rejects) {
      const start = slices.starts[record];
      isRefused[record] = 1;
      refused++;
      rejects.add(lineOf(record), reason, slices.bytes.subarray(start, start + slices.lengths[record]));
    }
    at = decoded.next;
  }
  const count = slices.count - refused;
  // The rows that stay are counted when they are stored.
  if (count > 0) decoder.unknown.restore(unknown);
  if (count > 0 && refused === 0 && areLines(slices)) {
    return { payload: slices.bytes, count, rejects, slices };
  }
  return { payload: join(slices, isRefused), count, rejects, slices: null };
}

/** The rows that stay, one a line. */
function join(slices: RecordSlices, isRefused: Uint8Array): Uint8Array {
  const { starts, lengths, bytes } = slices;
  let total = 0;
  for (let at = 0; at < slices.count; at++) if (isRefused[at] === 0) total += lengths[at] + 1;
  const joined = new Uint8Array(total);
  for (let at = 0, end = 0; at < slices.count; at++) {
    if (isRefused[at] !== 0) continue;
    joined.set(bytes.subarray(starts[at], starts[at] + lengths[at]), end);
    end += lengths[at];
    joined[end++] = 0x0a;
  }
  return joined;
}

/** True when the bytes hold nothing but the records and one newline behind each. */
function areLines({ starts, lengths, bytes, count }: RecordSlices): boolean {
  let total = 0;
  for (let at = 0; at < count; at++) total += lengths[at];
  const last = starts[count - 1] + lengths[count - 1];
  // Between two records there is at least one byte, so if the sum fits, each gap is one: a newline, or it is an
  // array.
  if (starts[0] !== 0 || total + count - 1 !== last || last < bytes.length - 1) return false;
  return count === 1 || bytes[starts[1] - 1] === 0x0a;
}

/** Two checksums and the length: enough to tell an honest repeat from another body. */
function hashOf(body: Uint8Array, { format, csv }: PushOptions): string {
  const hex = (word: number) => word.toString(16).padStart(8, "0");
  const read = csv === undefined ? format : `${format}${JSON.stringify(csv)}`;
  return `${read}-${body.length}-${hex(crc32(body))}${hex(crc32c(body))}`;
}
