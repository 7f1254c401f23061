/**
 * Decoding alone: NDJSON bytes → staged cells, by the extractor and by its TypeScript twin, beside JSON.parse of the
 * same rows. Counted in CPU seconds of this process. Usage: node test/bench/extract-node.ts [rows]
 */
import { Decoder } from "#ingestion/decode/decoder";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import { eventBody, eventSchema, seeded } from "#test/bench/events";
import { report, rounded } from "#test/bench/process-node";
import { compiledExtractor } from "#test/setup/extractor-node";
import { memoryStage } from "#test/setup/stage";

const rows = Number(process.argv[2] ?? 2_000_000);
const bodyRows = 20_000;
const text = eventBody(0, bodyRows, seeded(1));
const body = new TextEncoder().encode(text);
const { table } = defineTable(eventSchema, null, { previous: null, nowMs: 0, limits });
const stage = memoryStage(table, limits);

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Runs until so many rows are done, after a warm-up of a tenth; rows a CPU second. */
function rateOf(work: () => number): number {
  for (let done = 0; done < rows / 10; ) done += work();
  const before = cpuSeconds();
  let done = 0;
  while (done < rows) done += work();
  return done / (cpuSeconds() - before);
}

function decodeWith(module: WebAssembly.Module | null): () => number {
  const decoder = new Decoder(table, limits, module);
  return () => {
    const slices = decoder.slice(body, 0n);
    let decoded = 0;
    for (let at = 0; at < slices.count; ) {
      const { rows: staged, next } = decoder.decode(stage, slices, at);
      decoded += staged;
      at = next;
    }
    return decoded;
  };
}

const lines = text.split("\n");
const bytesPerRow = Math.round(body.length / bodyRows);
report(
  `extractor, ${bytesPerRow}-byte rows of 12 fields: rows/s`,
  rounded(rateOf(decodeWith(await compiledExtractor()))),
  "≥ 2,000,000",
);
report("its TypeScript twin: rows/s", rounded(rateOf(decodeWith(null))), "≥ 600,000");
report(
  "JSON.parse alone: rows/s",
  rounded(
    rateOf(() => {
      for (const line of lines) JSON.parse(line);
      return lines.length;
    }),
  ),
);
