/** The extractor's module, built when its source changed. */
import { readFileSync } from "node:fs";

import { compileAssemblyScript } from "#server/kernels/build-node";

export async function compiledExtractor(): Promise<WebAssembly.Module> {
  const path = await compileAssemblyScript(["ingestion/decode/extract.as.ts"], "extract");
  return new WebAssembly.Module(readFileSync(path));
}
