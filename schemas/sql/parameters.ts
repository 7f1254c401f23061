/**
 * The parameters of a dashboard's SQL: :from and :to (milliseconds since 1970) and :zone. They are bound as literals
 * where the SQL has a token of that name; text in quotes, quoted names, comments and casts (::type) are never
 * touched.
 */
export interface Parameters {
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: string;
}

// Alternatives in order: quoted text, quoted names, comments, casts, a parameter. What matches first is one token.
const tokens =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|::|:([A-Za-z_][A-Za-z0-9_]*)/g;

function literalOf(name: string, parameters: Parameters): string | undefined {
  switch (name.toLowerCase()) {
    case "from":
      return String(Math.trunc(parameters.fromMs));
    case "to":
      return String(Math.trunc(parameters.toMs));
    case "zone":
      return `'${parameters.zone.replaceAll("'", "''")}'`;
    default:
      return undefined;
  }
}

/** The SQL with its parameters as literals; unknown names stay, so that the parser reports them with a position. */
export function bindParameters(sql: string, parameters: Parameters): string {
  return sql.replace(tokens, (token: string, name: string | undefined) =>
    name === undefined ? token : (literalOf(name, parameters) ?? token),
  );
}

/** Names of the parameters that a statement uses, lower case. */
export function parametersOf(sql: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const match of sql.matchAll(tokens)) if (match[1] !== undefined) names.add(match[1].toLowerCase());
  return names;
}
