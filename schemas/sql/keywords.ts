/** The words of the grammar: what may not be a bare name, and what a misspelt word is compared with. */

/** Never a bare column, table or alias name: write them in double quotes. */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    "SELECT FROM WHERE GROUP HAVING ORDER LIMIT OFFSET UNION INTERSECT EXCEPT WITH AND OR NOT IN IS BETWEEN LIKE " +
    "ILIKE CASE WHEN THEN ELSE END AS ON JOIN INNER LEFT RIGHT FULL CROSS NATURAL USING NULL TRUE FALSE DISTINCT " +
    "BY ASC DESC WINDOW FETCH"
  ).split(" "),
);

/** Names anywhere, but never an alias written without AS, because a clause may begin with them. */
export const clauseWords: ReadonlySet<string> = new Set(
  "OPTION NULLS FILTER OVER ESCAPE AT SET EXPLAIN QUALIFY TABLESAMPLE FOR".split(" "),
);

/** All words that the grammar itself knows, for suggestions, highlighting and completion. */
export const keywords: readonly string[] = [
  ...reservedWords,
  ...clauseWords,
  ..."PLAN FIRST LAST CAST EXTRACT INTERVAL TIMESTAMP DATE TIME ZONE HOP COUNT ALL".split(" "),
];

const wordPattern = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** A name as SQL text has it: bare where that reads back as the same name, else in double quotes. */
export const quoteName = (name: string): string =>
  wordPattern.test(name) && !reservedWords.has(name.toUpperCase()) ? name : `"${name.replaceAll('"', '""')}"`;

/** A text literal. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
