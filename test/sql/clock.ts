/** Time for tests of queries: it stands still, and sleepers wake only when they are told to stop. */
import type { Clock } from "#schemas/world";

/** 2026-03-29 14:05:06.789 UTC. */
export const testNowMs = 1_774_793_106_789;

let monotonicMs = 0;

/** Every look at the monotonic clock is a second after the last one: queries give way to others at each of their steps. */
export const testClock: Clock = {
  nowMs: () => testNowMs,
  monotonicMs: () => (monotonicMs += 1000),
  sleep: (_delayMs, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    }),
};
