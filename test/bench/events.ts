/** The rows that ingestion benchmarks send: web events of 12 fields and about 250 bytes, as services log them. */

/** Uniform in [0, 1), from one seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const eventSchema = {
  schemaName: "events",
  dimensionFieldSpecs: [
    { name: "event_id", dataType: "STRING" },
    { name: "user_id", dataType: "LONG" },
    { name: "country", dataType: "STRING" },
    { name: "device", dataType: "STRING" },
    { name: "page", dataType: "STRING" },
    { name: "referrer", dataType: "STRING" },
    { name: "status", dataType: "INT" },
    { name: "is_member", dataType: "BOOLEAN" },
    { name: "seq", dataType: "LONG" },
  ],
  metricFieldSpecs: [
    { name: "latency_ms", dataType: "DOUBLE" },
    { name: "amount", dataType: "DOUBLE" },
  ],
  dateTimeFieldSpecs: [
    { name: "ts", dataType: "TIMESTAMP", format: "1:MILLISECONDS:EPOCH", granularity: "1:MILLISECONDS" },
  ],
};

const countries = ["DE", "FR", "US", "BR", "IN", "JP", "NG", "SE", "PL", "CA"];
const devices = ["phone", "tablet", "desktop", "television"];
const referrers = [
  "https://search.example/results",
  "https://news.example/today",
  "direct",
  "https://social.example/feed",
];

const startMs = 1_763_000_000_000;

/** Row number `seq` as JSON. */
export function eventRow(seq: number, random: () => number, tsMs = startMs + seq): string {
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] as string;
  const id =
    Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(12, "0") + seq.toString(16).padStart(8, "0");
  return (
    `{"event_id":"${id}","ts":${tsMs},"user_id":${Math.floor(random() * 1_000_000)},"country":"${pick(countries)}",` +
    `"device":"${pick(devices)}","page":"/products/${Math.floor(random() * 2000)}","referrer":"${pick(referrers)}",` +
    `"status":${random() < 0.97 ? 200 : 500},"is_member":${random() < 0.3},"seq":${seq},` +
    `"latency_ms":${(random() * 900).toFixed(2)},"amount":${(random() * 100).toFixed(2)}}`
  );
}

/** `count` rows from `first` on, newline-separated. */
export function eventBody(first: number, count: number, random: () => number): string {
  const rows: string[] = [];
  for (let index = 0; index < count; index++) rows.push(eventRow(first + index, random));
  return rows.join("\n");
}
