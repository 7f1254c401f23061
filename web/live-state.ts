/** The state of one subscription and how messages change it: pure, so a test can replay any stream of them. */
import type { LiveMessage, LiveResult, Watermark } from "#schemas/api/live";
import type { ResolvedRange } from "#schemas/api/live-range";
import type { QueryException } from "#schemas/api/query";

export interface SubscriptionState {
  /** The newest result; stays while another is under way. */
  readonly result: LiveResult | null;
  readonly range: ResolvedRange | null;
  readonly watermark: Watermark | null;
  readonly exceptions: readonly QueryException[] | null;
  readonly sequence: number;
  /** A question was asked whose first answer has not come. */
  readonly waiting: boolean;
}

export const emptyState: SubscriptionState = {
  result: null,
  range: null,
  watermark: null,
  exceptions: null,
  sequence: 0,
  waiting: true,
};

/** A message to one subscription or watch. */
export type OwnMessage = Extract<LiveMessage, { readonly id: string }>;

function patched(result: LiveResult, message: Extract<OwnMessage, { kind: "delta" }>): LiveResult {
  const rows = result.rows.slice(0, message.rowCount);
  message.at.forEach((row, index) => {
    rows[row] = message.rows[index]!;
  });
  return { ...result, rows, statistics: message.statistics };
}

/** The state after a message; null when the message does not follow what the page has (it must subscribe again). */
export function applyMessage(state: SubscriptionState, message: OwnMessage): SubscriptionState | null {
  switch (message.kind) {
    case "snapshot": {
      const { result, range, watermark, sequence } = message;
      return { result, range, watermark, sequence, exceptions: null, waiting: false };
    }
    case "delta": {
      if (state.result === null || message.sequence !== state.sequence + 1) return null;
      const { range, watermark, sequence } = message;
      const result = patched(state.result, message);
      return { result, range, watermark, sequence, exceptions: null, waiting: false };
    }
    case "error":
      // Rows of the question before do not answer the one that failed.
      return {
        ...state,
        result: state.waiting ? null : state.result,
        exceptions: message.exceptions,
        waiting: false,
      };
    case "tables":
    case "table":
      return state; // a watch's
  }
}
