/** Which of the real parts that the tests need are missing, and how to install each. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const runs = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** One line a missing part; empty when all are there. Overrides: KAFKA_BROKERS, DATABASE_URL, CHROMIUM. */
export function missingParts(): string[] {
  const missing: string[] = [];
  if (!runs("java", ["-version"]))
    missing.push("- Java 17 (for Kafka): apt-get install openjdk-17-jre-headless");
  if (!runs("mvn", ["-version"])) missing.push("- Maven (fetches Kafka's jars): apt-get install maven");
  if (!runs("keytool", ["-help"]))
    missing.push("- keytool (part of the Java runtime): apt-get install openjdk-17-jre-headless");
  const postgres = "/usr/lib/postgresql";
  if (
    process.env["DATABASE_URL"] === undefined &&
    !(existsSync(postgres) && readdirSync(postgres).length > 0)
  ) {
    missing.push("- PostgreSQL: apt-get install postgresql, or set DATABASE_URL");
  }
  if (!existsSync(process.env["CHROMIUM"] ?? "/usr/bin/chromium")) {
    missing.push("- Chromium: apt-get install chromium, or set CHROMIUM to its path");
  }
  if (!runs("python3", ["-m", "venv", "--help"]))
    missing.push("- Python 3 with venv (for pinotdb): apt-get install python3-venv");
  return missing;
}
