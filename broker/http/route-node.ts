/**
 * A route is one value: what the API's document says of it, and what it does. The router and the document are fed from
 * the same list, and a JSON route's answer is typed by the shape it is described with.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { jsonText, sendJson } from "#broker/http/answers-node";
import { bodyLimitOf } from "#broker/http/body-limit";
import type { Drain } from "#broker/http/drain-node";
import type { Fields, Operation, PathParameter, Shape, ValueOf } from "#schemas/api/operation";
import type { Limits } from "#schemas/limits";

export interface Route {
  readonly operation: Operation;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** The parameters that a path such as "/tables/:name/size" names. */
type NamesIn<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | NamesIn<`/${Tail}`>
    : Rest
  : never;

/** An operation whose parameters are those of its path. */
type Described<Path extends string, Query extends Fields> = Omit<
  Operation,
  "path" | "query" | "parameters"
> & {
  readonly path: Path;
  readonly query?: Query;
} & ([NamesIn<Path>] extends [never]
    ? { readonly parameters?: undefined }
    : { readonly parameters: Readonly<Record<NamesIn<Path>, PathParameter>> });

interface Call<Path extends string, Query extends Fields> {
  readonly path: Readonly<Record<NamesIn<Path>, string>>;
  readonly query: Readonly<Partial<Record<keyof Query["shape"] & string, string>>>;
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const callOf = <Path extends string, Query extends Fields>(request: FastifyRequest, reply: FastifyReply) =>
  ({
    path: request.params,
    query: request.query,
    body: request.body,
    request,
    reply,
  }) as Call<Path, Query>;

/** Answers JSON of the shape it is described with. */
export function jsonRoute<const Path extends string, Answer extends Shape, Query extends Fields>(
  route: Described<Path, Query> & {
    readonly answer: Answer;
    readonly handle: (call: Call<Path, Query>) => ValueOf<Answer> | Promise<ValueOf<Answer>>;
  },
): Route {
  const { handle, ...operation } = route;
  return {
    operation: operation as Operation,
    handle: async (request, reply) => sendJson(reply, await handle(callOf(request, reply))),
  };
}

/** Answers what does not change while the process runs, written once. */
export function fixedRoute<const Path extends string, Answer extends Shape>(
  route: Described<Path, never> & { readonly answer: Answer; readonly value: ValueOf<Answer> },
): Route {
  const { value, ...operation } = route;
  const text = jsonText(value);
  return {
    operation: operation as Operation,
    handle: (_request, reply) => reply.type("application/json; charset=utf-8").send(text),
  };
}

/** Answers by itself: text, streams, statuses of its own. */
export function plainRoute<const Path extends string, Query extends Fields>(
  route: Described<Path, Query> & { readonly handle: (call: Call<Path, Query>) => unknown },
): Route {
  const { handle, ...operation } = route;
  return { operation: operation as Operation, handle: (request, reply) => handle(callOf(request, reply)) };
}

/** Whatever a handler throws is answered by the application's error handler. */
export function register(
  app: FastifyInstance,
  routes: readonly Route[],
  { drain, limits }: { readonly drain: Drain; readonly limits: Limits },
): void {
  for (const { operation, handle } of routes) {
    const handler: Route["handle"] = async (...call) => drain.within(handle(...call));
    const bodyLimit = limits[bodyLimitOf(operation.path, limits)];
    const route = { method: operation.method, url: operation.path, bodyLimit, handler };
    app.route({ ...route, compress: answerCompression });
  }
}

/** What is compressed, by what; a page's files are built once and read often. */
export const compression = { threshold: 4096, encodings: ["gzip", "deflate"] as ("gzip" | "deflate")[] };
/** Answers are made once and read once: an eighth more bytes cost a quarter of the time. */
const answerCompression = { ...compression, zlibOptions: { level: 1 } };

/** The paths of the routes that are so. */
export const pathsWhere = (
  routes: readonly Route[],
  is: (operation: Operation) => boolean,
): ReadonlySet<string> =>
  new Set(routes.filter(({ operation }) => is(operation)).map(({ operation }) => operation.path));
