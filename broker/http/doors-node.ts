/**
 * Who may come in. No login must not mean that any web page may read or post: the Host header must be an address of
 * ours (a page of another name that resolves to us, DNS rebinding, is refused) and an Origin, when there is one, must
 * be that same host.
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

/** Why a request may not come in; null when it may. */
export function doorFault(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  allowedHosts: readonly string[],
): string | null {
  const { host, origin } = headers;
  if (host === undefined) return "a request needs a Host header";
  const name = hostOf(host);
  // A numeric address cannot be rebound by DNS; a name must be one we know.
  if (!isAddress(name) && !allowedHosts.includes(name)) {
    return `Host "${host}" is not ours; start with --allow-host ${name} if it should be`;
  }
  if (origin === undefined) return null;
  const match = /^https?:\/\/(.+)$/.exec(origin);
  if (match === null || (match[1] as string).toLowerCase() !== host.toLowerCase()) {
    return `Origin "${origin}" may not use this server; open http://${host} itself`;
  }
  return null;
}

/** Refuses foreign hosts and origins with ORIGIN_REFUSED before a body is read, but on paths that carry no data. */
export function guardDoors(
  app: FastifyInstance,
  allowedHosts: readonly string[],
  openPaths: ReadonlySet<string>,
): void {
  app.addHook("onRequest", async (request: FastifyRequest, reply) => {
    if (openPaths.has(request.url.split("?")[0] as string)) return;
    const { host, origin } = request.headers;
    const fault = doorFault({ host, origin }, allowedHosts);
    if (fault !== null) return sendError(reply, new StoreError("ORIGIN_REFUSED", fault));
    return undefined;
  });
}
