/** The web app under /ui: built files with long-lived caching, every other path the app's own page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Files under assets/ carry their content's hash in the name. */
const yearSeconds = 31_536_000;

/** Where a page answers. */
export const webPages = ["/", "/ui", "/ui/*"].map((path) => ({ method: "GET", path }) as const);

export async function webRoutes(app: FastifyInstance, webFolder: string): Promise<void> {
  const page = readFileSync(join(webFolder, "index.html"));
  const sendPage = (reply: {
    type(type: string): { header(name: string, value: string): { send(body: Buffer): unknown } };
  }) => reply.type("text/html; charset=utf-8").header("cache-control", "no-cache").send(page);
  await app.register(fastifyStatic, {
    root: join(webFolder, "assets"),
    prefix: "/ui/assets/",
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply) => reply.header("cache-control", `public, max-age=${yearSeconds}, immutable`),
  });
  app.get("/", async (_request, reply) => reply.redirect("/ui/"));
  app.get("/ui", async (_request, reply) => sendPage(reply)); // also /ui/: trailing slashes are ignored
  app.get("/ui/*", async (_request, reply) => sendPage(reply));
}
