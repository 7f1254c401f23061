/** What a query cost: one line, and the whole answer's fields below it. */
import type { QueryResponse } from "#schemas/api/query";
import { formatCompact, formatCount, formatCounted, formatMicros } from "../format.ts";
import styles from "./console.module.css";

/** "1.2 ms · 3 of 41 segments · 12,400 rows scanned of 9.8M · inverted(product_id) · 38 from cache" */
export function statisticsLine(response: QueryResponse): string {
  const parts = [
    formatMicros(response.timeUsedUs),
    `${formatCount(response.numSegmentsProcessed)} of ${formatCounted(response.numSegmentsQueried, "segment")}`,
    `${formatCounted(response.numDocsScanned, "row")} scanned of ${formatCompact(response.totalDocs)}`,
    ...response.indexesUsed,
  ];
  if (response.numSegmentsCached > 0) parts.push(`${response.numSegmentsCached} from cache`);
  if (response.partialResult && !response.resultRowsLimitReached) parts.push("partial");
  // Dashboards show times in their own zone, the console as the server writes them.
  if (response.resultTable?.dataSchema.columnDataTypes.includes("TIMESTAMP")) parts.push("times in UTC");
  return parts.join(" · ");
}

export function Statistics({ response }: { readonly response: QueryResponse }) {
  const { resultTable, ...fields } = response;
  return (
    <dl className={styles.fields}>
      {Object.entries(fields).map(([name, value]) => (
        <div key={name} className={styles.field}>
          <dt>{name}</dt>
          <dd>{typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
