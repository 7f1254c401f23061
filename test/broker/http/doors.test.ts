import { describe, expect, test } from "vitest";
import { doorFault } from "#broker/http/doors-node";
import { formatOf } from "#broker/http/ingest-node";

const names = ["localhost"];

describe("who may come in", () => {
  test.each([
    [{ host: "localhost:8099" }],
    [{ host: "127.0.0.1:8099" }],
    [{ host: "[::1]:8099" }],
    [{ host: "192.168.1.7:8099", origin: "http://192.168.1.7:8099" }],
    [{ host: "localhost:8099", origin: "http://localhost:8099" }],
    [{ host: "LOCALHOST:8099", origin: "http://localhost:8099" }],
  ])("%j may", (headers) => expect(doorFault(headers, names)).toBeNull());

  test.each([
    [{}, "needs a Host"],
    [{ host: "evil.example:8099" }, "is not ours"],
    [{ host: "localhost.evil.example" }, "is not ours"],
    [{ host: "localhost:8099", origin: "http://evil.example" }, "may not use this server"],
    [{ host: "localhost:8099", origin: "http://localhost:3000" }, "may not use this server"],
    [{ host: "localhost:8099", origin: "null" }, "may not use this server"],
    [{ host: "127.0.0.1:8099", origin: "http://localhost:8099" }, "may not use this server"],
  ])("%j may not", (headers, message) => expect(doorFault(headers, names)).toContain(message));
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
