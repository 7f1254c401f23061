/** HTTP to the same origin: typed requests, one error type that carries what the server said and what to do. */
import type { Dashboard, DashboardSummary } from "#schemas/api/dashboards";
import type { QueryRequest, QueryResponse } from "#schemas/api/query";
import type {
  ConsumeFrom,
  CreateAnswer,
  DeadLetters,
  DefinitionAnswer,
  InferRequest,
  InferredTable,
  IngestAnswer,
  TableDetail,
  TableSummary,
  TopicInfo,
} from "#schemas/api/tables";
import type { CsvReading } from "#schemas/csv";

/** A refused or failed request, in the server's words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** JSON path of the fault, where the server names one. */
  readonly at: string | null;
  constructor(status: number, code: string, message: string, at: string | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.at = at;
  }
}

/** A function of the SQL, for completion. */
export interface FunctionInfo {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: string;
  readonly usage: string;
  readonly doc: string;
}

/** A query kept by name. */
export interface SavedQuery {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  readonly updatedMs: number;
}

const sixteenDigits = /[0-9]{16}/;

/** JSON whose integers past 2⁵³ stay exact: they become strings of digits. */
export function parseExact(text: string): unknown {
  if (!sixteenDigits.test(text)) return JSON.parse(text);
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && /^-?[0-9]+$/.test(source) ? source : value;
  };
  return JSON.parse(text, reviver);
}

function asError(status: number, body: unknown): ApiError {
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const message = fields["message"] ?? fields["error"] ?? `the server answered ${status}`;
  const at = fields["at"];
  return new ApiError(
    status,
    String(fields["errorCode"] ?? fields["code"] ?? status),
    String(message),
    typeof at === "string" ? at : null,
  );
}

async function request(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "DISCONNECTED", "Freshet did not answer. Check that it is still running.");
  }
  const text = await response.text();
  let body: unknown = null;
  try {
    body = text === "" ? null : parseExact(text);
  } catch {
    body = { message: text.slice(0, 500) };
  }
  if (!response.ok) throw asError(response.status, body);
  return body;
}

const get = async <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
  (await request(path, signal === undefined ? {} : { signal })) as Answer;

async function send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  if (body === undefined) return (await request(path, { method })) as Answer;
  const headers = { "content-type": "application/json" };
  return (await request(path, { method, headers, body: JSON.stringify(body) })) as Answer;
}

const name = encodeURIComponent;

/** CSV is pushed as it was read when its table was proposed; all else is JSON. */
const csvAddress = ({ delimiter, header, columns, nulls }: CsvReading): string =>
  new URLSearchParams({
    delimiter,
    header: header ? "present" : "absent",
    columns: csvLine(columns),
    ...(nulls.length === 0 ? {} : { nulls: csvLine(nulls) }),
  }).toString();

const csvLine = (fields: readonly string[]): string =>
  fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");

/** As the dashboards' live queries: what is tried in the console means the same in a panel. */
export const consoleOptions = "dialect=native";

export const api = {
  tables: (signal?: AbortSignal) => get<readonly TableSummary[]>("/api/tables", signal),
  table: (table: string, signal?: AbortSignal) => get<TableDetail>(`/api/tables/${name(table)}`, signal),
  deadLetters: (table: string, signal?: AbortSignal) =>
    get<DeadLetters>(`/api/tables/${name(table)}/dead-letters`, signal),
  topics: (signal?: AbortSignal) => get<readonly TopicInfo[]>("/api/topics", signal),
  infer: (body: InferRequest) => send<InferredTable>("POST", "/api/infer", body),
  createTable: (schema: unknown, config: unknown) =>
    send<CreateAnswer>("POST", "/api/tables", { schema, config }),
  changeTable: (table: string, config: unknown) =>
    send<DefinitionAnswer>("PUT", `/tables/${name(table)}`, config),
  changeSchema: (table: string, schema: unknown) =>
    send<DefinitionAnswer>("PUT", `/schemas/${name(table)}`, schema),
  dropTable: (table: string) => send<DefinitionAnswer>("DELETE", `/tableConfigs/${name(table)}`),
  act: (table: string, action: "pauseConsumption" | "resumeConsumption" | "forceCommit") =>
    send<unknown>("POST", `/tables/${name(table)}/${action}`),
  goOn: (table: string, from: ConsumeFrom) =>
    send<unknown>("POST", `/tables/${name(table)}/resumeConsumption?consumeFrom=${from}`),
  ingest: async (table: string, rows: string, csv: CsvReading | null) =>
    (await request(`/ingest/${name(table)}?sync=true${csv === null ? "" : `&${csvAddress(csv)}`}`, {
      method: "POST",
      headers: { "content-type": csv === null ? "application/json" : "text/csv" },
      body: rows,
    })) as IngestAnswer,
  dashboards: (signal?: AbortSignal) => get<readonly DashboardSummary[]>("/api/dashboards", signal),
  dashboard: (id: string, signal?: AbortSignal) => get<Dashboard>(`/api/dashboards/${name(id)}`, signal),
  saveDashboard: (dashboard: Dashboard) =>
    send<Dashboard>("PUT", `/api/dashboards/${name(dashboard.id)}`, dashboard),
  removeDashboard: (id: string) => send<unknown>("DELETE", `/api/dashboards/${name(id)}`),
  queries: (signal?: AbortSignal) => get<readonly SavedQuery[]>("/api/queries", signal),
  saveQuery: (query: SavedQuery) => send<SavedQuery>("PUT", `/api/queries/${name(query.id)}`, query),
  removeQuery: (id: string) => send<unknown>("DELETE", `/api/queries/${name(id)}`),
  functions: (signal?: AbortSignal) => get<readonly FunctionInfo[]>("/api/functions", signal),
  version: (signal?: AbortSignal) => get<{ readonly version: string }>("/api/version", signal),
  /** Faults of the statement are `exceptions` of the answer; only a missing server rejects. */
  query: async (query: QueryRequest, signal?: AbortSignal) => {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(query) };
    return (await request("/query/sql", signal === undefined ? init : { ...init, signal })) as QueryResponse;
  },
  cancel: (clientQueryId: string) => send<unknown>("DELETE", `/query/${name(clientQueryId)}`),
  /** The whole result as the server writes CSV for a spreadsheet: no text of it runs as a formula. */
  queryCsv: async (sql: string): Promise<Blob> => {
    const headers = { "content-type": "application/json", accept: "text/csv; guard=formulas" };
    const body = JSON.stringify({ sql, queryOptions: consoleOptions });
    const response = await fetch("/query/sql", { method: "POST", headers, body });
    if (response.headers.get("content-type")?.startsWith("text/csv")) return await response.blob();
    // What failed is answered as JSON, whatever was asked for.
    const { exceptions = [] } = (await response.json().catch(() => ({}))) as Partial<QueryResponse>;
    throw new ApiError(response.status, "CSV", exceptions[0]?.message ?? "The server sent no CSV.");
  },
};
