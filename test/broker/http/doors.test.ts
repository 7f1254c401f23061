import { describe, expect, test } from "vitest";
import { doorFault } from "#broker/http/doors-node";
import { formatOf } from "#broker/http/ingest-node";

const doors = { allowedHosts: ["localhost"], isQuery: true };
const link = { site: "cross-site", mode: "navigate", destination: "document" };

describe("who may come in", () => {
  test.each([
    [{ host: "localhost:8099" }],
    [{ host: "127.0.0.1:8099" }],
    [{ host: "[::1]:8099" }],
    [{ host: "192.168.1.7:8099", origin: "http://192.168.1.7:8099" }],
    [{ host: "localhost:8099", origin: "http://localhost:8099" }],
    [{ host: "LOCALHOST:8099", origin: "http://localhost:8099" }],
    [{ method: "POST", host: "pinot-broker:8099" }],
    [{ method: "PUT", host: "pinot-controller:9000" }],
    [{ method: "DELETE", host: "pinot-controller" }],
    [{ method: "POST" }],
    [{ host: "localhost", site: "same-origin", mode: "cors", destination: "empty" }],
    [{ host: "localhost", site: "none", mode: "navigate", destination: "document" }],
  ])("%j may", (caller) => expect(doorFault({ method: "GET", ...caller }, doors)).toBeNull());

  test.each([
    [{}, "needs a Host"],
    [{ host: "evil.example:8099" }, "is not ours; start with --allow-host evil.example if"],
    [{ method: "HEAD", host: "evil.example:8099" }, "is not ours"],
    [{ method: "POST", host: "evil.example", origin: "http://evil.example" }, "is not ours"],
    [{ method: "POST", host: "pinot-broker:8099", origin: "null" }, "is not ours"],
    [{ host: "localhost.evil.example" }, "is not ours"],
    [{ host: "localhost:8099", origin: "http://evil.example" }, "may not use this server"],
    [{ host: "localhost:8099", origin: "http://localhost:3000" }, "may not use this server"],
    [{ host: "localhost:8099", origin: "null" }, "may not use this server"],
    [{ host: "127.0.0.1:8099", origin: "http://localhost:8099" }, "may not use this server"],
    [{ host: "localhost", site: "cross-site", mode: "no-cors", destination: "image" }, "another site"],
    [{ host: "localhost", site: "same-site", mode: "cors", destination: "empty" }, "another site"],
    [{ host: "localhost", site: "cross-site" }, "another site"],
    [{ host: "localhost", ...link }, "another site"],
    [{ method: "POST", host: "localhost", ...link }, "another site"],
  ])("%j may not", (caller, message) =>
    expect(doorFault({ method: "GET", ...caller }, doors)).toContain(message),
  );

  test("a link from elsewhere opens a page, not a frame, and starts no statement", () => {
    const page = { ...doors, isQuery: false };
    const caller = { method: "GET", host: "localhost", ...link };
    expect(doorFault(caller, page)).toBeNull();
    expect(doorFault({ ...caller, destination: "iframe" }, page)).toContain("another site");
    expect(doorFault({ ...caller, mode: "no-cors" }, page)).toContain("another site");
    expect(doorFault({ ...caller, method: "POST" }, page)).toContain("another site");
  });
});

describe("the format of a push", () => {
  const bytes = (text: string) => Buffer.from(text);
  test.each([
    ["application/x-ndjson", '[{"a":1}]', "ndjson"],
    ["application/json", ' [{"a":1}]', "json"],
    ["application/json; charset=utf-8", '{"a":1}\n{"a":2}', "ndjson"],
    ["text/csv", "a,b\n1,2", "csv"],
    ["", '[{"a":1}]', "json"],
    ["application/json", '\ufeff[{"a":1}]', "json"],
    ["text/plain", '{"a":1}', "ndjson"],
    ["application/json", '\n{\n  "a": 1\n}\n', "json"],
    ["", '{"a": [1,\r\n2]}', "json"],
    ["text/plain", 'nope\n{"a":1}', "ndjson"],
    ["application/x-ndjson", "a,b\n1,2", "ndjson"],
  ] as const)("%s", (type, body, format) => expect(formatOf(type, bytes(body))).toBe(format));

  test.each(["", "application/x-www-form-urlencoded", "application/json"])(
    "%s over CSV is a hint",
    (type) => {
      expect(() => formatOf(type, bytes("city,price\nOslo,5\n"))).toThrow(
        'found "city,price"; for CSV, whose first line names the columns, send the header content-type: text/csv',
      );
    },
  );
});
