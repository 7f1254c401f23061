/**
 * Kernels bound to an arena. One instance per (arena, thread): code is shared through the compiled module,
 * which is made once a process (`load-kernels-node.ts`) and posted to workers.
 */
import { assert } from "#schemas/errors";
import type { Arena } from "#server/arena/arena";
import type { Kernels } from "#server/kernels/kernels";
import { bindTwins } from "#server/kernels/twins";

export type KernelSource =
  | { readonly kind: "compiled"; readonly module: WebAssembly.Module }
  /** Plain TypeScript: for tests, and where no WebAssembly build is at hand. */
  | { readonly kind: "twin" };

const instances = new WeakMap<WebAssembly.Memory, Kernels>();

/** The kernels over this arena's memory; the compiled ones are instantiated once per thread and arena. */
export function kernelsFor(arena: Arena, source: KernelSource): Kernels {
  if (source.kind === "twin") return bindTwins(arena.views);
  const known = instances.get(arena.memory);
  if (known !== undefined) return known;
  const instance = new WebAssembly.Instance(source.module, { env: { memory: arena.memory } });
  const kernels = instance.exports as unknown as Kernels & { prepareConstants(): void };
  assert(typeof kernels.prepareConstants === "function", "the module is the one that build-node.ts compiles");
  kernels.prepareConstants();
  instances.set(arena.memory, kernels);
  return kernels;
}
