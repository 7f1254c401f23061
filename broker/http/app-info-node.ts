/** /api of what the console completes, what editors check with and what help shows. */
import { jsonText } from "#broker/http/answers-node";
import type { HttpParts } from "#broker/http/parts";
import { fixedRoute, plainRoute, type Route } from "#broker/http/route-node";
import type { Operation } from "#schemas/api/operation";
import { functionInfo, jsonSchemaDocument, versionInfo } from "#schemas/api/process";
import { list } from "#schemas/api/shape";
import { type DocumentKind, documentKinds, jsonSchemaOf } from "#schemas/definition/json-schema";
import { usageOf } from "#schemas/functions/resolve";
import { functionTable } from "#schemas/functions/table";

const tag = "App" satisfies Operation["tag"];

const functionsRoute = (): Route =>
  fixedRoute({
    method: "GET",
    path: "/api/functions",
    tag,
    summary: "Every scalar function of the SQL, with its usage.",
    answer: list(functionInfo),
    value: functionTable.map((signature) => ({
      name: signature.name,
      aliases: signature.aliases,
      group: signature.group,
      usage: usageOf(signature),
      doc: signature.doc,
    })),
  });

const mediaType = "application/schema+json";

function jsonSchemaRoute(kind: DocumentKind): Route {
  const text = jsonText(jsonSchemaOf(kind));
  return plainRoute({
    method: "GET",
    path: `/api/json-schema/${kind}`,
    tag,
    summary: `JSON Schema of a ${kind === "table" ? "table config" : kind} file, for editors.`,
    answer: { [mediaType]: { type: jsonSchemaDocument } },
    handle: ({ reply }) => reply.type(mediaType).send(text),
  });
}

const versionRoute = ({ version, kafkaBrokers, limits }: HttpParts): Route =>
  fixedRoute({
    method: "GET",
    path: "/api/version",
    tag,
    summary: "The version, Kafka's brokers and every limit.",
    answer: versionInfo,
    value: { version, kafka: kafkaBrokers, limits: { ...limits } },
  });

/** What the console completes and what help shows. */
export const appInfoRoutes = (parts: HttpParts): readonly Route[] => [
  functionsRoute(),
  ...documentKinds.map(jsonSchemaRoute),
  versionRoute(parts),
];
