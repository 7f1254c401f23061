import { describe, expect, test } from "vitest";
import { isLoopback, openDoors, parseStart } from "#broker/arguments";

describe("flags of npm start", () => {
  test("have defaults", () => {
    expect(parseStart([])).toEqual({
      data: "data",
      host: "127.0.0.1",
      port: 8099,
      kafka: [],
      demo: true,
      demoRate: 20,
      demoBackfill: false,
      tables: null,
      allowedHosts: [],
      memoryBytes: null,
      threads: null,
    });
  });

  test("are read in both spellings", () => {
    const found = parseStart([
      "--data=/d",
      "--port",
      "0",
      "--kafka",
      "a:1, b:2",
      "--no-demo",
      "--allow-host",
      "x",
      "--allow-host=y",
      "--memory",
      "1.5G",
    ]);
    expect(found).toMatchObject({
      data: "/d",
      port: 0,
      kafka: ["a:1", "b:2"],
      demo: false,
      allowedHosts: ["x", "y"],
      memoryBytes: 1.5 * 2 ** 30,
    });
  });

  test("help is its own answer", () => expect(parseStart(["--help"])).toBeNull());

  test.each([
    [["--prot", "1"], 'unknown flag "--prot". Did you mean "--port"?'],
    [["serve"], 'unknown flag "serve"'],
    [["--port"], "--port needs a value"],
    [["--port", "--no-demo"], "--port needs a value"],
    [["--port", "70000"], "from 0 to 65535"],
    [["--port", "80a"], 'found "80a"'],
    [["--no-demo=1"], "takes no value"],
    [["--host", "a", "--host", "b"], "given twice"],
    [["--kafka", "localhost"], "host:port"],
    [["--demo-rate", "0"], "from 1 to 100000"],
    [["--memory", "lots"], "512M or 2G"],
    [["--memory", "1M"], "at least 256M"],
  ])("%j: one clear line", (args, message) => {
    expect(() => parseStart(args)).toThrow(message);
  });
});

test("an address that others reach is told loudly, whatever way it is written", () => {
  expect(
    ["127.0.0.1", "127.0.1.1", "::1", "localhost", "LOCALHOST"].filter((host) => !isLoopback(host)),
  ).toEqual([]);
  const open = ["0.0.0.0", "::", "192.168.1.7", "freshet.example", "127.0.0.1.evil.example", "fe80::1"];
  expect(open.filter(isLoopback)).toEqual([]);
  expect(openDoors("0.0.0.0", 8099)).toContain("WARNING: Freshet listens on 0.0.0.0:8099 and has no logins");
});
