/** JSON Schema of the definition files, for editors: generated from the types that check them. */
import { z } from "zod";
import { dashboardType } from "#schemas/api/dashboard-check";
import { pinotSchema } from "#schemas/definition/pinot-schema";
import { tableConfig } from "#schemas/definition/table-config";

const documents = { schema: pinotSchema, table: tableConfig, dashboard: dashboardType } as const;

export type DocumentKind = keyof typeof documents;
export const documentKinds = Object.keys(documents) as DocumentKind[];

/** What `$schema` may point at: GET /api/json-schema/{kind}. */
export const jsonSchemaOf = (kind: DocumentKind): unknown => z.toJSONSchema(documents[kind], { io: "input" });
