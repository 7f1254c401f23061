/** Pinot's schema JSON, as users write it: the shape only; `columns.ts` gives it meaning. */
import { z } from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const fieldSpec = z.strictObject({
  name: z.string(),
  dataType: z.string(),
  singleValueField: z.boolean().optional(),
  notNull: z.boolean().optional(),
  maxLength: z.number().int().positive().optional(),
  maxLengthExceedStrategy: z
    .enum(["TRIM_LENGTH", "NO_ACTION", "ERROR", "SUBSTITUTE_DEFAULT_VALUE"])
    .optional(),
  allowTrailingZeros: z.boolean().optional(),
  defaultNullValue: scalar.nullable().optional(),
  transformFunction: z.string().nullable().optional(),
  virtualColumnProvider: z.string().nullable().optional(),
  fieldId: z.number().nullable().optional(),
  cardinality: z.unknown().optional(),
  fieldSize: z.unknown().optional(),
  maxFieldSize: z.unknown().optional(),
  maxStringLength: z.unknown().optional(),
  fieldType: z.string().optional(),
  aliases: z.array(z.string()).optional(),
  metadata: z.unknown().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

const dateTimeFieldSpec = fieldSpec.extend({
  format: z.string(),
  granularity: z.string().optional(),
  sampleValue: scalar.nullable().optional(),
});

export const pinotSchema = z
  .strictObject({
    schemaName: z.string(),
    dimensionFieldSpecs: z.array(fieldSpec).optional(),
    metricFieldSpecs: z.array(fieldSpec).optional(),
    dateTimeFieldSpecs: z.array(dateTimeFieldSpec).optional(),
    complexFieldSpecs: z.array(z.unknown()).optional(),
    timeFieldSpec: z.unknown().optional(),
    primaryKeyColumns: z.array(z.string()).nullable().optional(),
    enableColumnBasedNullHandling: z.boolean().optional(),
    description: z.string().nullable().optional(),
    tags: z.array(z.string()).optional(),
    updateSchemaFromTableConfig: z.boolean().optional(),
  })
  .meta({ id: "Schema", description: "A table's columns, in Apache Pinot's schema format" });

export type PinotSchema = z.infer<typeof pinotSchema>;
export type PinotField = z.infer<typeof fieldSpec> & { readonly format?: string };
