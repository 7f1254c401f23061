/** JSON Schema of the definition files, for editors: generated from the types that check them. */
import { dashboardType } from "#schemas/api/dashboards";
import { jsonSchema } from "#schemas/api/json-schema";
import { pinotSchema } from "#schemas/definition/pinot-schema";
import { tableConfig } from "#schemas/definition/table-config";

const documents = { schema: pinotSchema, table: tableConfig, dashboard: dashboardType } as const;

export type DocumentKind = keyof typeof documents;
export const documentKinds = Object.keys(documents) as DocumentKind[];

/** What `$schema` may point at: GET /api/json-schema/{kind}. The document's own shape stands at the root. */
export function jsonSchemaOf(kind: DocumentKind) {
  const { $ref, $defs = {}, ...rest } = jsonSchema(documents[kind], "input");
  const own = $ref?.split("/").at(-1) ?? "";
  const { [own]: root, ...others } = $defs;
  return { ...rest, ...root, ...(Object.keys(others).length === 0 ? {} : { $defs: others }) };
}
