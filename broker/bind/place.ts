/** Where an expression stands in a query. */
/** What names and aggregates it may use. */
export type Place =
  /** WHERE, FILTER, arguments of aggregates: columns only. */
  | "rows"
  /** GROUP BY, and ORDER BY without groups: columns and aliases. */
  | "key"
  /** The select list. */
  | "select"
  /** HAVING, ORDER BY of groups: keys, aliases, aggregates. */
  | "groups";
