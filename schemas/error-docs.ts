/** What each error code means and what to do: ERRORS.md is printed from here, and a test holds the two together. */
import type { ErrorCode } from "#schemas/errors";

interface ErrorDoc {
  readonly meaning: string;
  readonly remedy: string;
}

export const errorDocs: Readonly<Record<ErrorCode, ErrorDoc>> = {
  JSON_SYNTAX: {
    meaning: "A JSON text cannot be read.",
    remedy: "Check the JSON at the place the message names.",
  },
  SQL_SYNTAX: {
    meaning: "The statement is not SQL as we read it.",
    remedy: "The message says what was expected and found; `position` marks the token.",
  },
  SQL_UNSUPPORTED: {
    meaning: "The statement uses a part of SQL that Freshet does not have.",
    remedy: "SQL.md lists what there is; the message names the part.",
  },
  SQL_TYPE: {
    meaning: "An operator or function met a type it does not take.",
    remedy: "CAST the argument, or compare like with like.",
  },
  OPTION_UNKNOWN: {
    meaning: "A query option (`SET`, `OPTION`, queryOptions) does not exist.",
    remedy: "The message suggests the nearest; SQL.md lists all.",
  },
  OPTION_VALUE: {
    meaning: "A query option has a value it cannot have.",
    remedy: "The message says what is allowed.",
  },
  FUNCTION_UNKNOWN: {
    meaning: "There is no function of that name.",
    remedy: "The message suggests the nearest; SQL.md lists all.",
  },
  FUNCTION_ARGUMENTS: {
    meaning: "A function was called with other arguments than it takes.",
    remedy: "The message shows its usage.",
  },
  COLUMN_UNKNOWN: {
    meaning: "The table has no such column.",
    remedy: "The message suggests the nearest; names ignore case.",
  },
  TABLE_UNKNOWN: { meaning: "There is no such table.", remedy: "GET /tables lists them." },
  TABLE_EXISTS: {
    meaning: "A table of that name is there already.",
    remedy: "PUT /tables/{name} changes it.",
  },
  TABLE_DEFINITION: {
    meaning: "A schema, table config or dashboard is not valid.",
    remedy: "The message begins with the JSON path and says what is allowed.",
  },
  TABLE_STREAM: {
    meaning:
      "The request does not fit the table's stream: a push to a Kafka table, another topic, another stream kind.",
    remedy: "Produce to the topic, or make a new table.",
  },
  DASHBOARD_UNKNOWN: { meaning: "There is no such dashboard.", remedy: "GET /api/dashboards lists them." },
  DASHBOARD_CONFLICT: {
    meaning: "Somebody else saved the dashboard meanwhile.",
    remedy: "Load it again and repeat the change.",
  },
  VALUE_RANGE: {
    meaning: "A result does not fit its type: an integer past 64 bits, a date past its range.",
    remedy: "Use SUMPRECISION or BIG_DECIMAL, or narrow the rows.",
  },
  VALUE_SYNTAX: {
    meaning: "A text cannot be read as the wanted type.",
    remedy: "The message shows the text; filter such rows, or fix the format.",
  },
  RESULT_ROWS: {
    meaning: "The result has more rows than `resultRows`.",
    remedy: "Add LIMIT or filters, or `SET truncate=true` for a cut result.",
  },
  RESULT_BYTES: {
    meaning: "The result is larger than `resultBytes`.",
    remedy: "Select fewer columns or rows.",
  },
  QUERY_MEMORY: {
    meaning: "The query needs more memory than `queryBytes`.",
    remedy: "Group by fewer values, or filter first.",
  },
  QUERY_DEADLINE: {
    meaning: "The query did not finish within its time.",
    remedy: "`SET timeoutMs=…`, or ask for less.",
  },
  QUERY_CANCELLED: { meaning: "The query was cancelled, or its connection closed.", remedy: "Ask again." },
  QUERIES_QUEUED: {
    meaning: "`queriesQueued` statements wait already.",
    remedy: "Ask again in a moment; Retry-After says when.",
  },
  RATE_LIMITED: {
    meaning: "Too many requests from one address, or too many live pages.",
    remedy: "Slow down; Retry-After says when.",
  },
  BODY_BYTES: { meaning: "The body is larger than `bodyBytes`.", remedy: "Send it in parts." },
  BODY_SYNTAX: {
    meaning: "The body is not what the route takes.",
    remedy: "The message says what was expected and where.",
  },
  BODY_ENCODING: {
    meaning: "The body is packed in a way that we cannot unpack.",
    remedy: "Send it plain, or with Content-Encoding gzip, deflate, br or zstd.",
  },
  ID_SYNTAX: {
    meaning: "Something new is to have an id, or is asked with a key, that breaks the rule of ids.",
    remedy: 'The message says the rule and an id that would do; SQL.md\'s "Names and ids" has it whole.',
  },
  REQUEST_SYNTAX: {
    meaning: "The request is not HTTP as we read it: a broken first line, header or address.",
    remedy: "The message says which; encode what stands in an address with percent signs.",
  },
  REQUEST_BYTES: {
    meaning: "The request's address and headers are larger than `headerBytes`.",
    remedy: "Send a long statement as the body of a POST.",
  },
  REQUEST_TIMEOUT: {
    meaning: "The request did not arrive whole in time.",
    remedy: "Send it again, without pauses.",
  },
  ORIGIN_REFUSED: {
    meaning: "The request's Host or Origin is not ours: another site's page may not use this server.",
    remedy: "Open the server's own address, or start with --allow-host.",
  },
  NOT_FOUND: {
    meaning: "There is no such route or running query.",
    remedy: "README.md lists the routes, GET /queries what runs.",
  },
  METHOD_UNKNOWN: {
    meaning: "The route is there, but not with this method.",
    remedy: "The `Allow` header and the message list the methods it has.",
  },
  IDEMPOTENCY_CONFLICT: {
    meaning: "An Idempotency-Key came again with another body.",
    remedy: "Use a new key for a new body.",
  },
  INGESTION_PAUSED: {
    meaning: "The table takes no rows now: paused by a user, or short of memory or disk.",
    remedy: "The message says why; resume the table, or wait.",
  },
  SERVER_MISSING: {
    meaning: "A server did not answer; the result lacks its rows and says so.",
    remedy: "Check that server; ask again.",
  },
  SHUTTING_DOWN: {
    meaning: "The process is ending; a push that is answered so may or may not be taken.",
    remedy: "Ask again when it is back; pushes with an Idempotency-Key are safe to repeat.",
  },
  MEMORY_BUDGET: {
    meaning: "The memory for columns is full.",
    remedy: "Start with a larger --memory; ingestion goes on by itself when segments are sealed.",
  },
  DISK_FULL: {
    meaning: "The disk is full; ingestion pauses, queries go on.",
    remedy: "Make room; ingestion resumes by itself.",
  },
  DISK_FAILED: {
    meaning: "Reading or writing a file failed.",
    remedy: "The message names the file and the system's reason.",
  },
  SEGMENT_CORRUPT: {
    meaning: "A segment file's bytes do not match their checksums.",
    remedy:
      "The message names the file. The rest keeps serving, marked partial; restore the file from a backup.",
  },
  LOG_CORRUPT: {
    meaning: "A tail log is damaged before its end.",
    remedy:
      "The message names file and position. Kafka tables read the rest again from Kafka. A pushed table serves what " +
      "lay before and takes no rows: restore the file from a backup; or, giving up what lies behind the position, " +
      "POST forceCommit, stop, move the file's folder away, start; the lost offsets are then a gap in every answer.",
  },
  CATALOG_CORRUPT: {
    meaning: "The catalog cannot be read; the process does not start.",
    remedy: "Move the named file away: the catalog is rebuilt from the segment files.",
  },
  CATALOG_CONFLICT: {
    meaning: "Another process changed the same rows of the catalog.",
    remedy: "Only one process may own a data folder; stop the other.",
  },
  FRAME_CORRUPT: {
    meaning: "A message between broker and server is damaged.",
    remedy: "The connection is made anew; if it repeats, check the network.",
  },
  STREAM_CORRUPT: {
    meaning: "A batch from the stream does not match its CRC.",
    remedy: "It is fetched again; if it repeats, the topic is damaged at that offset.",
  },
  STREAM_UNREACHABLE: {
    meaning: "Kafka does not answer, or the topic is not there.",
    remedy: "It is tried again by itself; check address, login and topic.",
  },
  STREAM_CHANGED: {
    meaning: "The topic was deleted and made anew: its offsets mean other rows.",
    remedy: "Consumption stops rather than mixing; drop the table and make it again.",
  },
  ROW_SYNTAX: {
    meaning: "A row is not a JSON object.",
    remedy: "It is kept with its offset and reason; see the table's dead letters.",
  },
  ROW_VALUE: {
    meaning: "A row's value does not fit its column.",
    remedy: "It is kept with its offset and reason; see the table's dead letters.",
  },
  START_FAILED: { meaning: "The process cannot start as asked.", remedy: "The one line it prints says why." },
  INTERNAL: { meaning: "A fault of ours.", remedy: "The log has the details; please report it." },
};
