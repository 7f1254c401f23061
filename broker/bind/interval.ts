/** INTERVAL literals as periods: '5' MINUTE, '1 day 3 hours', 'P1DT2H'. */
import { StoreError } from "#schemas/errors";
import { type Period, periodOf, periodPart } from "#schemas/functions/period";
import type { SqlExpression } from "#schemas/sql/ast";

/** Months, days and milliseconds of an interval literal. */
export function intervalOf(node: SqlExpression & { readonly kind: "interval" }): Period {
  const period = node.unit === null ? periodOf(node.value) : periodPart(node.value, node.unit);
  if (period !== null) return period;
  const expected = "an interval such as INTERVAL '5' MINUTE or INTERVAL '1 day 3 hours'";
  throw new StoreError("SQL_TYPE", `expected ${expected} but found '${node.value}'`, {
    position: node.span,
    expected,
    found: node.value,
  });
}
