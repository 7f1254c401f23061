/**
 * Every error a user can meet: one table maps our code to Pinot's number and to an HTTP status.
 * `assert` is for our own bugs and must not be used for their input; `StoreError` is for their input or the world.
 * A message says what was expected, what was found, where, and what to do.
 */
interface ErrorEntry {
  /** Pinot's QueryErrorCode, so that its clients recognise the case. */
  readonly pinot: number;
  /** HTTP status on our own routes; the query routes answer 200 with `exceptions[]`, as Pinot does. */
  readonly status: number;
}

export const errorCodes = {
  JSON_SYNTAX: { pinot: 100, status: 400 },
  SQL_SYNTAX: { pinot: 150, status: 400 },
  SQL_UNSUPPORTED: { pinot: 150, status: 400 },
  SQL_TYPE: { pinot: 700, status: 400 },
  OPTION_UNKNOWN: { pinot: 700, status: 400 },
  OPTION_VALUE: { pinot: 700, status: 400 },
  FUNCTION_UNKNOWN: { pinot: 700, status: 400 },
  FUNCTION_ARGUMENTS: { pinot: 700, status: 400 },
  COLUMN_UNKNOWN: { pinot: 710, status: 400 },
  TABLE_UNKNOWN: { pinot: 190, status: 404 },
  TABLE_EXISTS: { pinot: 190, status: 409 },
  TABLE_DEFINITION: { pinot: 100, status: 400 },
  TABLE_STREAM: { pinot: 190, status: 409 },
  DASHBOARD_UNKNOWN: { pinot: 190, status: 404 },
  DASHBOARD_CONFLICT: { pinot: 190, status: 409 },
  VALUE_RANGE: { pinot: 200, status: 400 },
  VALUE_SYNTAX: { pinot: 200, status: 400 },
  RESULT_ROWS: { pinot: 245, status: 400 },
  RESULT_BYTES: { pinot: 245, status: 400 },
  QUERY_MEMORY: { pinot: 245, status: 400 },
  QUERY_DEADLINE: { pinot: 250, status: 504 },
  QUERY_CANCELLED: { pinot: 503, status: 499 },
  QUERIES_QUEUED: { pinot: 429, status: 429 },
  RATE_LIMITED: { pinot: 429, status: 429 },
  BODY_BYTES: { pinot: 245, status: 413 },
  BODY_SYNTAX: { pinot: 100, status: 400 },
  BODY_ENCODING: { pinot: 100, status: 415 },
  ID_SYNTAX: { pinot: 100, status: 400 },
  REQUEST_SYNTAX: { pinot: 100, status: 400 },
  REQUEST_BYTES: { pinot: 245, status: 431 },
  REQUEST_TIMEOUT: { pinot: 400, status: 408 },
  ORIGIN_REFUSED: { pinot: 180, status: 403 },
  NOT_FOUND: { pinot: 190, status: 404 },
  METHOD_UNKNOWN: { pinot: 190, status: 405 },
  IDEMPOTENCY_CONFLICT: { pinot: 200, status: 409 },
  INGESTION_PAUSED: { pinot: 211, status: 503 },
  SERVER_MISSING: { pinot: 427, status: 503 },
  SHUTTING_DOWN: { pinot: 210, status: 503 },
  MEMORY_BUDGET: { pinot: 211, status: 503 },
  DISK_FULL: { pinot: 211, status: 507 },
  DISK_FAILED: { pinot: 450, status: 500 },
  SEGMENT_CORRUPT: { pinot: 235, status: 500 },
  LOG_CORRUPT: { pinot: 235, status: 500 },
  CATALOG_CORRUPT: { pinot: 235, status: 500 },
  CATALOG_CONFLICT: { pinot: 450, status: 409 },
  FRAME_CORRUPT: { pinot: 425, status: 400 },
  STREAM_CORRUPT: { pinot: 200, status: 500 },
  STREAM_UNREACHABLE: { pinot: 200, status: 503 },
  STREAM_CHANGED: { pinot: 200, status: 409 },
  ROW_SYNTAX: { pinot: 200, status: 400 },
  ROW_VALUE: { pinot: 200, status: 400 },
  START_FAILED: { pinot: 450, status: 500 },
  INTERNAL: { pinot: 450, status: 500 },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;

/** Where in a SQL text an error is: UTF-16 code units from its start. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One of several things that are wrong with a definition. */
interface DefinitionFault {
  readonly at: string;
  readonly message: string;
  readonly found?: string;
}

export interface ErrorDetail {
  readonly position?: Span;
  readonly expected?: string;
  readonly found?: string;
  /** A JSON path, a file, a table: where the fault lies when it is not in SQL text. */
  readonly at?: string;
  /** What to write instead: a name that is free, a word that is known. */
  readonly suggestion?: string;
  readonly cause?: unknown;
  /** A definition's faults, when it has several. */
  readonly faults?: readonly DefinitionFault[];
}

/** A fault of input or world, with a code from the one table. */
export class StoreError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "StoreError";
    this.code = code;
    this.detail = detail;
  }
}

/** Our own bug: what must hold does not. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The default branch of an exhaustive switch: a new kind is then a compile error at every use. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected ${JSON.stringify(value)}`);
}

/** What any thrown thing says, in one line. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether it is ours, of this code. */
export const hasCode = (error: unknown, code: ErrorCode): error is StoreError =>
  error instanceof StoreError && error.code === code;

/** What the engine says when one value would be larger than it can hold. */
const engineLimit =
  /^(Invalid (string|array|typed array|array buffer) length|Maximum call stack|Array buffer allocation|Cannot create a (string|Buffer)|Map maximum size|Set maximum size)/;

/** The same error as a StoreError: ours as it is, the engine's own limits as QUERY_MEMORY, anything else as INTERNAL. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = messageOf(error);
  if (error instanceof Error && engineLimit.test(message)) {
    const words = "a value of this request would be larger than one value may be; ask for less at once";
    return new StoreError("QUERY_MEMORY", words, { cause: error });
  }
  return new StoreError("INTERNAL", message, { cause: error });
}
