/** Clients that stand still: half a body, an answer that nobody reads, more bodies at once than may be held. */
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import fastify from "fastify";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ClientBytes } from "#broker/client-bytes";
import { boundSlowClients } from "#broker/http/slow-clients-node";

const answerBytes = 16 << 20; // more than the sockets of both sides hold
const account = new ClientBytes({ clientBytes: 4000 });
const app = fastify({
  forceCloseConnections: true,
  requestTimeout: 300,
  http: { headersTimeout: 300, connectionsCheckingInterval: 50 },
});
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
boundSlowClients(app, { account, unreadMs: 100 });
app.post("/take", async () => "taken");
app.get("/large", async () => Buffer.alloc(answerBytes));
let port = 0;
beforeAll(async () => {
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

/** What is held now. */
const held = (purpose: "bodies" | "answers") =>
  account.metrics().find(({ labels }) => labels?.["purpose"] === purpose)?.value;
const holds = (purpose: "bodies" | "answers", bytes: number) =>
  vi.waitFor(() => expect(held(purpose)).toBe(bytes), { timeout: 10_000, interval: 5 });

/** A client that wrote `text`; `closed` resolves when its connection ends, however it ends. */
async function client(text: string): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // a connection that the server resets
  const closed = new Promise<void>((done) => socket.once("close", () => done()));
  await once(socket, "connect");
  socket.write(text);
  return { socket, closed };
}
const head = (length: number) =>
  `POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
const post = (bytes: number) => app.inject({ method: "POST", url: "/take", payload: "x".repeat(bytes) });

test("half a body counts whole, is cut off in time, and is given back", async () => {
  const { socket, closed } = await client(`${head(1000)}half`);
  await holds("bodies", 1000);
  socket.resume();
  await closed;
  await holds("bodies", 0);
});

test("a body whose length nobody told counts while it comes", async () => {
  const chunked = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  const { socket, closed } = await client(`POST /take HTTP/1.1\r\nHost: localhost\r\n${chunked}`);
  await holds("bodies", 5);
  socket.resume();
  await closed;
  await holds("bodies", 0);
});

test("bodies that do not fit together are refused with the limit's name; later ones are taken", async () => {
  const clients = await Promise.all([client(head(1000)), client(head(900))]);
  await holds("bodies", 1900);
  expect((await post(200)).body).toContain("clientBytes");
  for (const { socket } of clients) socket.destroy();
  await holds("bodies", 0);
  expect((await post(200)).body).toBe("taken");
});

test("an answer that nobody reads fills the account, then is given up", async () => {
  const { socket } = await client("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  socket.pause();
  await holds("answers", answerBytes);
  expect(account.isFull).toBe(true);
  await new Promise<void>((resume) => account.whenRoom(resume));
  expect(held("answers")).toBe(0);
  expect(account.isFull).toBe(false);
  socket.destroy();
});
