/** DuckDB as the oracle: the same rows in, cells out as values that compare with ours. */
import {
  DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import type { Value } from "#schemas/types";
import type { Row } from "#test/sql/values";

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function literal(value: Value): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return `CAST('${value}' AS DOUBLE)`;
  return String(value);
}

function rowLiteral(row: Row): string {
  const { k, s, u, b, i, l, f, r, t } = row;
  const time = t === null ? "NULL" : `make_timestamp(${(t as bigint) * 1000n})`;
  const numbers = [literal(i), literal(l), literal(f), literal(r)];
  const cells = [literal(k), literal(s), literal(u), literal(b), ...numbers, time];
  return `(${cells.join(", ")})`;
}

export class Duck {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** With a zone t is a moment there too, and meets dates and texts on the zone's wall clock. */
  static async open(rows: readonly Row[], zone: string | null = null): Promise<Duck> {
    const connection = await DuckDBConnection.create();
    await connection.run(`SET threads = 1; SET TimeZone = 'UTC'`);
    // Its rewriter takes NULL <> date_trunc(…) for true when the constant is not a start of the unit.
    await connection.run("SET disabled_optimizers = 'expression_rewriter'");
    await connection.run(
      "CREATE TABLE o (k BIGINT, s TEXT, u TEXT, b BOOLEAN, i BIGINT, l BIGINT, f REAL, r DOUBLE, t TIMESTAMP)",
    );
    if (rows.length > 0) await connection.run(`INSERT INTO o VALUES ${rows.map(rowLiteral).join(", ")}`);
    if (zone !== null)
      await connection.run(`ALTER TABLE o ALTER t TYPE TIMESTAMPTZ; SET TimeZone = ${quote(zone)}`);
    return new Duck(connection);
  }

  /** The rows; or the error's text when DuckDB refuses. */
  async ask(sql: string): Promise<readonly (readonly Value[])[] | string> {
    try {
      const reader = await this.#connection.runAndReadAll(sql);
      return reader.getRows().map((row) => row.map(valueOfCell));
    } catch (error) {
      return String(error);
    }
  }

  close(): void {
    this.#connection.closeSync();
  }
}

function valueOfCell(cell: unknown): Value {
  if (cell instanceof DuckDBTimestampValue || cell instanceof DuckDBTimestampTZValue)
    return cell.micros / 1000n;
  if (cell instanceof DuckDBDateValue) return BigInt(cell.days);
  if (cell instanceof DuckDBDecimalValue) return Number(cell.toString());
  return cell as Value;
}
