/**
 * What of a table's stream is not read and will not be until somebody does something: its rows are missing from every
 * answer, which is therefore partial. A partition that tries again by itself is behind, which is another thing.
 */
import { type ErrorCode, errorCodes } from "#schemas/errors";
import type { Fault } from "#schemas/plan/server-client";
import { standstillOf } from "#server/tables/life";
import type { TableState } from "#server/tables/table";

const isKnown = (code: string | undefined): code is ErrorCode => code !== undefined && code in errorCodes;

/** One fault for each partition that stopped, or one for all when the whole table has. */
export function standstills({ life, status, name }: TableState): Fault[] {
  const reason = standstillOf(life);
  if (reason !== null)
    return [{ segment: `stream of ${name}`, rows: 0, code: "INGESTION_PAUSED", message: reason }];
  return status.partitions
    .filter(({ state }) => state === "stopped")
    .map(({ partition, lastError, lastErrorCode }) => ({
      segment: `${lastErrorCode === "LOG_CORRUPT" ? "log" : "stream"} of ${name}, partition ${partition}`,
      rows: 0,
      code: isKnown(lastErrorCode) ? lastErrorCode : "INGESTION_PAUSED",
      message: lastError ?? "it has stopped",
    }));
}
