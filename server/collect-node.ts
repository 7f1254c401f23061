/**
 * Collection on purpose. What a thread dropped is collected when it allocates more: one that rests after large work
 * keeps its buffers for ever.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { serverBounds } from "#schemas/limits";

/** V8's own collector, of which Node shows nothing unless a flag says so. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** To be called after large work; collects once the thread has rested. */
export function collectAtRest(): () => void {
  const collect = collector();
  let timer: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(collect, serverBounds.restMs).unref();
  };
}
