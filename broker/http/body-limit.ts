/** Which limit the bodies of a route have: rows and statements are large, what defines something is not. */

export type BodyLimit = "bodyBytes" | "definitionBytes";

/** Routes whose body is a statement, with a few options around it. */
export const statementPaths: ReadonlySet<string> = new Set(["/query/sql", "/query", "/sql"]);

export const takesRows = (path: string): boolean => path.startsWith("/ingest/");

export const bodyLimitOf = (
  path: string,
  limits: { readonly bodyBytes: number; readonly definitionBytes: number },
): BodyLimit =>
  takesRows(path) || statementPaths.has(path) || limits.bodyBytes < limits.definitionBytes
    ? "bodyBytes"
    : "definitionBytes";
