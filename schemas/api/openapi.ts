/**
 * The OpenAPI 3.1 document of a list of operations: what is registered is what is described, shapes come from the
 * types that check and derive them, errors from the one table. Pure, so that it is built once a process.
 */
import { curlOf } from "#schemas/api/curl";
import { errorAnswer, isBusyStatus } from "#schemas/api/error";
import { jsonSchema } from "#schemas/api/json-schema";
import {
  type Content,
  contentOf,
  type Fields,
  type Operation,
  type Shape,
  tags,
} from "#schemas/api/operation";
import { errorDocs } from "#schemas/error-docs";
import { type ErrorCode, errorCodes } from "#schemas/errors";

type Json = Record<string, unknown>;

interface About {
  readonly version: string;
  /** Where the worked examples ask, such as "http://localhost:8099". */
  readonly origin: string;
}

const introduction = `SQL over tables that are fed by a stream or by pushes, and the paths that clients of Apache Pinot call.

A query answers 200 and says what went wrong in \`exceptions\`, as Pinot does; every other route refuses with the
status of its error and one body, \`Error\`, whose \`errorCode\` is one of a fixed list. Every GET also answers HEAD.
Bodies, rates and sizes are bounded; a bound that is hit is named. There are no users yet: no route asks who you are,
but a Host that is not ours and the Origin of another site are refused.`;

/** Codes that one shared answer may have in its name; more of them are written out where they are met. */
const sharedCodes = 3;

/** Types by id, written once however many operations name them. */
class Components {
  readonly schemas: Json = {};
  readonly responses: Json = {};
  readonly #known = new Map<Shape, Json>();

  /** The type as JSON Schema; types with an id are references. */
  schema(type: Shape): Json {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const { $schema: _, $defs = {}, ...rest } = jsonSchema(type, "output");
    for (const [id, definition] of Object.entries($defs)) this.schemas[id] ??= located(definition);
    const schema = located(rest) as Json;
    this.#known.set(type, schema);
    return schema;
  }

  content(content: Content): Json {
    const entries = Object.entries(content).map(([mediaType, { type, example }]) => [
      mediaType,
      {
        ...(type === null ? {} : { schema: this.schema(type) }),
        ...(example === undefined ? {} : { example }),
      },
    ]);
    return Object.fromEntries(entries);
  }

  /** The answer to these faults, which share a status; `instead` is what it may carry beside an error. */
  fault(codes: readonly ErrorCode[], instead: Shape | undefined): Json {
    const { status } = errorCodes[codes[0] as ErrorCode];
    const types = [...(instead === undefined ? [] : [instead]), errorAnswer].map((type) => this.schema(type));
    const response = {
      description: codes.map((code) => `\`${code}\`: ${errorDocs[code].meaning}`).join("\n\n"),
      ...(isBusyStatus(status) ? { headers: { "retry-after": retryAfter } } : {}),
      content: { "application/json": { schema: types.length === 1 ? types[0] : { oneOf: types } } },
    };
    if (codes.length > sharedCodes) return response;
    const name = [...codes, ...(instead === undefined ? [] : [String(instead.meta()?.["id"])])].join(".");
    this.responses[name] = response;
    return { $ref: `#/components/responses/${name}` };
  }
}

const retryAfter = { description: "Seconds until it may succeed", schema: { type: "integer" } };

/** A schema whose references point into the document. */
function located(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(located);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === "$ref"
        ? [key, String(inner).replace("#/$defs/", "#/components/schemas/")]
        : [key, located(inner)],
    ),
  );
}

/** What an operation may refuse with: its own codes, what its kind may, what the door may. */
function codesOf({ errors = [], body, open }: Operation): readonly ErrorCode[] {
  const ofBody: readonly ErrorCode[] = body === undefined ? [] : ["BODY_SYNTAX", "BODY_BYTES"];
  const ofDoor: readonly ErrorCode[] = open ? [] : ["ORIGIN_REFUSED"];
  return [...new Set<ErrorCode>([...errors, ...ofBody, ...ofDoor, "RATE_LIMITED"])];
}

function responsesOf(operation: Operation, components: Components): Json {
  const { answer, answerHeaders, status = 200, faultyAnswer, errors = [] } = operation;
  const good = {
    description: status === 101 ? "The connection is a WebSocket from here on" : "OK",
    ...(answerHeaders === undefined ? {} : { headers: headersOf(answerHeaders, components) }),
    ...(status === 101 ? {} : { content: components.content(contentOf(answer)) }),
  };
  const byStatus = Map.groupBy(codesOf(operation), (code) => errorCodes[code].status);
  const faults = [...byStatus].map(([faultStatus, codes]) => {
    const own = codes.some((code) => errors.includes(code));
    return [faultStatus, components.fault(codes, own ? faultyAnswer : undefined)];
  });
  return {
    [status]: good,
    ...Object.fromEntries(faults),
    default: components.fault(["INTERNAL"], undefined),
  };
}

/** The keys of an object type as name, schema, description and whether it must be there. */
function fieldsOf(type: Fields, components: Components) {
  const { properties = {}, required = [] } = components.schema(type) as {
    readonly properties?: Record<string, Json>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, examples, ...schema }]) => {
    const [example] = (examples as readonly unknown[] | undefined) ?? [];
    return {
      name,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
      ...(example === undefined ? {} : { example }),
    };
  });
}

const headersOf = (type: Fields, components: Components): Json =>
  Object.fromEntries(fieldsOf(type, components).map(({ name, ...header }) => [name, header]));

function parametersOf({ parameters = {}, query, headers }: Operation, components: Components) {
  const ofPath = Object.entries(parameters).map(([name, { description, example }]) => ({
    name,
    in: "path",
    required: true,
    description,
    schema: { type: "string" },
    example,
  }));
  const of = (place: "query" | "header", type: Fields | undefined) =>
    type === undefined ? [] : fieldsOf(type, components).map((field) => ({ ...field, in: place }));
  return [...ofPath, ...of("query", query), ...of("header", headers)];
}

/** "GET /tables/:name/size" is getTablesNameSize. */
const operationId = ({ method, path }: Operation): string =>
  method.toLowerCase() +
  path
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

/** The path as OpenAPI writes it: "/tables/{name}". */
const pathTemplate = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

function operationOf(operation: Operation, components: Components, origin: string): Json {
  const { tag, summary, details, body } = operation;
  const parameters = parametersOf(operation, components);
  const example = `\`\`\`sh\n${curlOf(operation, origin)}\n\`\`\``;
  return {
    operationId: operationId(operation),
    tags: [tag],
    summary,
    description: [
      ...(details === undefined ? [] : [details]),
      ...(operation.status === 101 ? [] : [example]),
    ].join("\n\n"),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: components.content(body) } }),
    responses: responsesOf(operation, components),
  };
}

/** The whole document. */
export function openApi(operations: readonly Operation[], { version, origin }: About) {
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = (paths[pathTemplate(operation.path)] ??= {});
    path[operation.method.toLowerCase()] = operationOf(operation, components, origin);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Freshet",
      version,
      description: introduction,
      license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
    },
    // Relative to where the document was fetched from: right behind any proxy and on any port.
    servers: [{ url: "/", description: "The process that serves this document" }],
    security: [],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: components.schemas, responses: components.responses },
  };
}
