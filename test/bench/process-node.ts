/** What a process has used, from /proc: CPU seconds of all its threads, resident bytes. */
import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const resident = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, residentBytes: resident };
}

/** The value at a share of the sorted numbers. */
export function share(values: readonly number[], at: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

/** One line of a report: name, figure, target, and whether it was met. */
export function report(name: string, figure: string, target = ""): void {
  console.log(`${name.padEnd(62)} ${figure.padStart(18)}   ${target}`);
}

export const rounded = (value: number): string => Math.round(value).toLocaleString("en-US");
