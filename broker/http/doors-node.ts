/**
 * Who may come in. No login must not mean that any web page may read or post:
 * - An Origin, when there is one, must be the very host that is asked. Browsers send one with every POST, PUT and
 *   DELETE, so what changes something and has none comes from a program, and may call us by any name.
 * - Else the Host must be an address of ours: a page of another name that resolves to us (DNS rebinding) is refused.
 * - What a browser says comes from another site's page (Sec-Fetch-Site) is refused, but for a person who follows a
 *   link: that may open anything but a statement.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { sendError } from "#broker/http/answers-node";
import { StoreError } from "#schemas/errors";

/** The host of a Host or Origin value, without port and brackets, in lower case. */
function hostOf(value: string): string {
  const text = value.toLowerCase();
  if (text.startsWith("[")) return text.slice(1, text.indexOf("]"));
  return text.split(":")[0] as string;
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(":");

/** Methods that browsers send without an Origin. */
const isQuiet = (method: string): boolean => method === "GET" || method === "HEAD";

export interface Caller {
  readonly method: string;
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  /** Sec-Fetch-Site, -Mode and -Dest, as browsers send them. */
  readonly site?: string | undefined;
  readonly mode?: string | undefined;
  readonly destination?: string | undefined;
}

interface Doors {
  /** Host names, beside numeric addresses, that a Host header may carry. */
  readonly allowedHosts: readonly string[];
  /** Whether the path answers statements. */
  readonly isQuery: boolean;
}

function hostFault({ method, host, origin }: Caller, allowedHosts: readonly string[]): string | null {
  if (origin === undefined && !isQuiet(method)) return null;
  if (host === undefined) return "a request needs a Host header";
  const name = hostOf(host);
  // A numeric address cannot be rebound by DNS; a name must be one we know.
  if (isAddress(name) || allowedHosts.includes(name)) return null;
  return `Host "${host}" is not ours; start with --allow-host ${name} if it should be`;
}

function originFault({ host, origin }: Caller): string | null {
  if (origin === undefined) return null;
  const match = /^https?:\/\/(.+)$/.exec(origin);
  if (match !== null && (match[1] as string).toLowerCase() === host?.toLowerCase()) return null;
  return `Origin "${origin}" may not use this server; open http://${host} itself`;
}

function siteFault({ method, site, mode, destination }: Caller, isQuery: boolean): string | null {
  if (site !== "cross-site" && site !== "same-site") return null;
  const follows = mode === "navigate" && destination === "document" && isQuiet(method);
  if (follows && !isQuery) return null;
  return `a page of another site (Sec-Fetch-Site: ${site}) may not use this server; open the server's own pages`;
}

/** Why a request may not come in; null when it may. */
export const doorFault = (caller: Caller, { allowedHosts, isQuery }: Doors): string | null =>
  hostFault(caller, allowedHosts) ?? originFault(caller) ?? siteFault(caller, isQuery);

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

/** Refuses foreign hosts, origins and pages with ORIGIN_REFUSED before a body is read. */
export function guardDoors(
  app: FastifyInstance,
  doors: {
    readonly allowedHosts: readonly string[];
    /** Paths that carry no data. */
    readonly openPaths: ReadonlySet<string>;
    readonly queryPaths: ReadonlySet<string>;
  },
): void {
  app.addHook("onRequest", async (request: FastifyRequest, reply) => {
    const path = request.routeOptions.url ?? "";
    if (doors.openPaths.has(path)) return undefined;
    const { host, origin } = request.headers;
    const caller: Caller = {
      method: request.method,
      host,
      origin,
      site: header(request, "sec-fetch-site"),
      mode: header(request, "sec-fetch-mode"),
      destination: header(request, "sec-fetch-dest"),
    };
    const fault = doorFault(caller, {
      allowedHosts: doors.allowedHosts,
      isQuery: doors.queryPaths.has(path),
    });
    return fault === null ? undefined : sendError(reply, new StoreError("ORIGIN_REFUSED", fault));
  });
}
