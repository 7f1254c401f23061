/** What the HTTP routes are given: the composition root builds it once. */

import type { EncodedAnswer } from "#broker/response/encode";
import type { Infer, TableAdmin } from "#schemas/admin";
import type { QueryRequest } from "#schemas/api/query";
import type { CatalogClient } from "#schemas/catalog";
import type { Limits } from "#schemas/limits";
import type { Metric } from "#schemas/metric";
import type { World } from "#schemas/world";

/** SQL in, bytes out. `accept` is the request's Accept header. */
export interface QueryDoor {
  answer(
    request: QueryRequest,
    options: {
      readonly accept: string;
      readonly dialect: "native" | "pinot";
      /** Who asks: clients take turns when many wait. */
      readonly client: string;
      readonly signal: AbortSignal;
    },
  ): Promise<EncodedAnswer>;
  /** Cancels by the client's or the broker's id; false when nothing of that id runs. */
  cancel(id: string): boolean;
  /** Ids and texts of what runs now. */
  running(): readonly { readonly id: string; readonly sql: string; readonly startedMs: number }[];
}

export interface HttpParts {
  readonly world: World;
  readonly limits: Limits;
  readonly admin: TableAdmin;
  readonly catalog: CatalogClient;
  readonly queries: QueryDoor;
  readonly infer: Infer;
  readonly metrics: () => readonly Metric[];
  /** host:port that clients reach us at. */
  readonly address: { readonly host: string; readonly port: number };
  readonly version: string;
  /** Brokers of the process's --kafka; empty: the embedded stream. */
  readonly kafkaBrokers: readonly string[];
  /** The built web app; null when this process serves none. */
  readonly webFolder: string | null;
  readonly log: World["log"];
  /** Fires when the process is asked to stop: what is under way ends with its reason. */
  readonly stopping: AbortSignal;
}
