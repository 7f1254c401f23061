/** A worker that allocates and frees in one arena as fast as it can and checks that nobody writes into its blocks. */
import { parentPort, workerData } from "node:worker_threads";
import { attachArena } from "#server/arena/attach";

const { memory, seed, rounds } = workerData as { memory: WebAssembly.Memory; seed: number; rounds: number };
const arena = attachArena(memory, 0);
const live: { pointer: number; words: number }[] = [];
let state = seed * 7919;

function below(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % limit;
}

function release(index: number): void {
  const [block] = live.splice(index, 1);
  const at = block.pointer >>> 2;
  for (let word = 0; word < block.words; word++)
    if (arena.views.u32[at + word] !== seed) throw new Error(`block ${block.pointer} was overwritten`);
  arena.free(block.pointer);
}

for (let round = 0; round < rounds; round++) {
  if (live.length > 20) release(below(live.length));
  const words = below(8000);
  const pointer = arena.allocate(words * 4, "scratch");
  arena.views.u32.fill(seed, pointer >>> 2, (pointer >>> 2) + words);
  live.push({ pointer, words });
}
while (live.length > 0) release(live.length - 1);
parentPort?.postMessage("whole");
