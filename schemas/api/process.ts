/** What the process says of itself: its version, its limits, the functions of its SQL. */
import { z } from "zod";
import { byName, list, shape } from "#schemas/api/shape";

export const functionInfo = shape({
  name: z.string(),
  aliases: list(z.string()),
  group: z.string(),
  usage: z.string(),
  doc: z.string(),
}).meta({ id: "FunctionInfo" });

export const versionInfo = shape({
  version: z.string(),
  kafka: list(z.string()).describe("Kafka's brokers; none: the embedded stream"),
  limits: byName(z.number()).describe("Every bound, its unit in its name"),
}).meta({ id: "VersionInfo" });

/** A JSON Schema, draft 2020-12. */
export const jsonSchemaDocument = byName(z.unknown());
/** This API in OpenAPI 3.1. */
export const openApiDocument = byName(z.unknown());
