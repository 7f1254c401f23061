/** The compiled kernels of this process: built when stale, read and compiled once; workers are posted the module. */
import { readFileSync } from "node:fs";
import { buildKernels } from "#server/kernels/build-node";
import type { KernelSource } from "#server/kernels/instance";

let loading: Promise<WebAssembly.Module> | null = null;

export function loadKernelModule(): Promise<WebAssembly.Module> {
  loading ??= buildKernels().then((path) => new WebAssembly.Module(readFileSync(path)));
  return loading;
}

/** What `kernelsFor` takes. */
export async function loadKernels(): Promise<KernelSource> {
  return { kind: "compiled", module: await loadKernelModule() };
}
