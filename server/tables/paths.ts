/** Where a table's files lie in the data folder. Names come from checked definitions and hold no separators. */

export const tablesFolder = "tables";
/** Ingestion's, a folder a table. */
export const logsFolder = "log";
export const tableFolder = (table: string): string => `${tablesFolder}/${table}`;
/** The accepted definition, beside the segments: a lost catalog is rebuilt from these and the footers. */
export const definitionPath = (table: string): string => `${tableFolder(table)}/definition.json`;
export const segmentsFolder = (table: string): string => `${tableFolder(table)}/segments`;
export const segmentSuffix = ".segment";
export const segmentPath = (table: string, id: string): string =>
  `${segmentsFolder(table)}/${id}${segmentSuffix}`;
