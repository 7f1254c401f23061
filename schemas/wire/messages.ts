/**
 * What broker and server say to each other, one message a frame. The first on a connection is `hello`, answered by
 * `welcome`: both name their protocol version, and one that does not fit ends the connection.
 *
 * hello(1) => version:u32                    welcome(17) => version:u32 name:text
 * snapshot(2) => list(table:text)            held(18) => id:text run:text takenMs:f64 list(Moment)
 *   Moment => table:text Version rows:f64 list(Gap) newestEventMs:option(i64)
 *   Version => incarnation:text definition:u32 generation:f64 list(partition:u32 rows:f64) validity:f64
 *   Gap => partition:u32 start:i64 end:i64 reason:text foundMs:f64
 * release(3) => snapshot:text                (no answer)
 * execute(4) => snapshot:text Options Fragment        executed(19) => Executed
 *   Options => remainingMs:f64 useCache:flag queryBytes:f64 timeZone:text nowMs:f64 sole:flag
 * cancel(5) =>                               (the request of the execute it ends answers as failed)
 * explain(6) => snapshot:text Fragment       lines(20) => list(text)
 *                                            failed(21) => code:text message:text detail:text (JSON)
 */
import { type ErrorCode, type ErrorDetail, type StoreError, unreachable } from "#schemas/errors";
import type { Fragment } from "#schemas/plan/plan";
import type { Executed, ExecuteOptions } from "#schemas/plan/server-client";
import type { SnapshotInfo, TableMoment, TableVersion } from "#schemas/plan/snapshot";
import type { Gap } from "#schemas/segment";
import { FrameReader, FrameWriter } from "#schemas/wire/bytes";
import type { Frame } from "#schemas/wire/frame";
import { readFragment, writeFragment } from "#schemas/wire/plan";
import { readCode, readExecuted, writeExecuted } from "#schemas/wire/result";

export const protocolVersion = 2;

/** Clocks differ between machines: a deadline crosses as the time that is left. */
type WireOptions = Omit<ExecuteOptions, "deadlineMs"> & { readonly remainingMs: number };

export type Message =
  | { readonly kind: "hello"; readonly version: number }
  | { readonly kind: "snapshot"; readonly tables: readonly string[] }
  | { readonly kind: "release"; readonly snapshot: string }
  | {
      readonly kind: "execute";
      readonly snapshot: string;
      readonly options: WireOptions;
      readonly fragment: Fragment;
    }
  | { readonly kind: "cancel" }
  | { readonly kind: "explain"; readonly snapshot: string; readonly fragment: Fragment }
  | { readonly kind: "welcome"; readonly version: number; readonly name: string }
  | { readonly kind: "held"; readonly info: SnapshotInfo }
  | { readonly kind: "executed"; readonly executed: Executed }
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly detail: ErrorDetail;
    };

/** Never reused. */
const kindTags = {
  hello: 1,
  snapshot: 2,
  release: 3,
  execute: 4,
  cancel: 5,
  explain: 6,
  welcome: 17,
  held: 18,
  executed: 19,
  lines: 20,
  failed: 21,
} as const satisfies Record<Message["kind"], number>;

const kindByTag = new Map<number, Message["kind"]>(
  Object.entries(kindTags).map(([kind, tag]) => [tag, kind as Message["kind"]]),
);

function writeOptions(writer: FrameWriter, options: WireOptions): void {
  writer.f64(options.remainingMs);
  writer.flag(options.useCache);
  writer.f64(options.queryBytes);
  writer.text(options.timeZone);
  writer.f64(options.nowMs);
  writer.flag(options.sole);
}

const readOptions = (reader: FrameReader): WireOptions => ({
  remainingMs: reader.f64(),
  useCache: reader.flag(),
  queryBytes: reader.whole("bytes"),
  timeZone: reader.text("a time zone"),
  nowMs: reader.f64(),
  sole: reader.flag(),
});

function writeInfo(writer: FrameWriter, info: SnapshotInfo): void {
  writer.text(info.id);
  writer.text(info.run);
  writer.f64(info.takenMs);
  writer.list(info.tables, (moment) => writeMoment(writer, moment));
}

const readInfo = (reader: FrameReader): SnapshotInfo => ({
  id: reader.text("a snapshot"),
  run: reader.text("a server's run"),
  takenMs: reader.f64(),
  tables: reader.list("tables", () => readMoment(reader)),
});

function writeMoment(writer: FrameWriter, moment: TableMoment): void {
  writer.text(moment.table);
  writeVersion(writer, moment.version);
  writer.f64(moment.rows);
  writer.list(moment.gaps, (gap) => writeGap(writer, gap));
  writer.option(moment.newestEventMs, (ms) => writer.i64(ms));
}

const readMoment = (reader: FrameReader): TableMoment => ({
  table: reader.text("a table"),
  version: readVersion(reader),
  rows: reader.whole("rows"),
  gaps: reader.list("gaps", () => readGap(reader)),
  newestEventMs: reader.option(() => reader.i64()),
});

function writeVersion(writer: FrameWriter, version: TableVersion): void {
  writer.text(version.incarnation);
  writer.u32(version.definition);
  writer.f64(version.generation);
  writer.list(version.growing, ({ partition, rows }) => {
    writer.u32(partition);
    writer.f64(rows);
  });
  writer.f64(version.validity);
}

const readVersion = (reader: FrameReader): TableVersion => ({
  incarnation: reader.text("an incarnation"),
  definition: reader.u32(),
  generation: reader.whole("a generation"),
  growing: reader.list("partitions", () => ({ partition: reader.u32(), rows: reader.whole("rows") })),
  validity: reader.whole("a validity"),
});

function writeGap(writer: FrameWriter, gap: Gap): void {
  writer.u32(gap.partition);
  writer.i64(gap.start);
  writer.i64(gap.end);
  writer.text(gap.reason);
  writer.f64(gap.foundMs);
}

const readGap = (reader: FrameReader): Gap => ({
  partition: reader.u32(),
  start: reader.i64(),
  end: reader.i64(),
  reason: reader.text("a reason"),
  foundMs: reader.f64(),
});

function writeBody(writer: FrameWriter, message: Message): void {
  switch (message.kind) {
    case "hello":
      writer.u32(message.version);
      return;
    case "snapshot":
      writer.list(message.tables, (table) => writer.text(table));
      return;
    case "release":
      writer.text(message.snapshot);
      return;
    case "execute":
      writer.text(message.snapshot);
      writeOptions(writer, message.options);
      writeFragment(writer, message.fragment);
      return;
    case "cancel":
      return;
    case "explain":
      writer.text(message.snapshot);
      writeFragment(writer, message.fragment);
      return;
    case "welcome":
      writer.u32(message.version);
      writer.text(message.name);
      return;
    case "held":
      writeInfo(writer, message.info);
      return;
    case "executed":
      writeExecuted(writer, message.executed);
      return;
    case "lines":
      writer.list(message.lines, (line) => writer.text(line));
      return;
    case "failed":
      writer.text(message.code);
      writer.text(message.message);
      writer.text(JSON.stringify(message.detail));
      return;
    default:
      unreachable(message);
  }
}

function readDetail(reader: FrameReader): ErrorDetail {
  const text = reader.text("an error's detail");
  try {
    const detail: unknown = JSON.parse(text);
    if (typeof detail === "object" && detail !== null && !Array.isArray(detail)) return detail;
  } catch {
    // Said below, with everything else that is no object.
  }
  return reader.fail("an error's detail as a JSON object", text.slice(0, 32));
}

function readBody(reader: FrameReader, kind: Message["kind"]): Message {
  switch (kind) {
    case "hello":
      return { kind, version: reader.u32() };
    case "snapshot":
      return { kind, tables: reader.list("tables", () => reader.text("a table")) };
    case "release":
      return { kind, snapshot: reader.text("a snapshot") };
    case "execute":
      return {
        kind,
        snapshot: reader.text("a snapshot"),
        options: readOptions(reader),
        fragment: readFragment(reader),
      };
    case "cancel":
      return { kind };
    case "explain":
      return { kind, snapshot: reader.text("a snapshot"), fragment: readFragment(reader) };
    case "welcome":
      return { kind, version: reader.u32(), name: reader.text("a name") };
    case "held":
      return { kind, info: readInfo(reader) };
    case "executed":
      return { kind, executed: readExecuted(reader) };
    case "lines":
      return { kind, lines: reader.list("lines", () => reader.text("a line")) };
    case "failed":
      return { kind, code: readCode(reader), message: reader.text("a message"), detail: readDetail(reader) };
    default:
      return unreachable(kind);
  }
}

/** The message as a frame of a request. */
export function frameOf(request: number, message: Message): Frame {
  const writer = new FrameWriter();
  writeBody(writer, message);
  return { kind: kindTags[message.kind], request, body: writer.bytes() };
}

/** The message that a frame holds; FRAME_CORRUPT when it is none. */
export function messageOfFrame(frame: Frame): Message {
  const kind = kindByTag.get(frame.kind);
  const reader = new FrameReader(frame.body);
  if (kind === undefined) return reader.fail("a message's kind", frame.kind);
  const message = readBody(reader, kind);
  reader.done();
  return message;
}

/** An error as it crosses: its cause stays behind. */
export function failedMessage(error: StoreError): Message {
  const { cause: _, ...detail } = error.detail;
  return { kind: "failed", code: error.code, message: error.message, detail };
}
