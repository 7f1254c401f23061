/** DuckDB as the oracle: the same rows in, cells out as values that compare with ours. */
import { DuckDBConnection, DuckDBDecimalValue, DuckDBTimestampValue } from "@duckdb/node-api";
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
  const { k, s, u, b, i, l, r, t } = row;
  const time = t === null ? "NULL" : `make_timestamp(${(t as bigint) * 1000n})`;
  const cells = [literal(k), literal(s), literal(u), literal(b), literal(i), literal(l), literal(r), time];
  return `(${cells.join(", ")})`;
}

export class Duck {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(rows: readonly Row[]): Promise<Duck> {
    const connection = await DuckDBConnection.create();
    await connection.run("SET threads = 1; SET TimeZone = 'UTC'");
    // Its rewriter takes NULL <> date_trunc(…) for true when the constant is not a start of the unit.
    await connection.run("SET disabled_optimizers = 'expression_rewriter'");
    await connection.run(
      "CREATE TABLE o (k BIGINT, s TEXT, u TEXT, b BOOLEAN, i BIGINT, l BIGINT, r DOUBLE, t TIMESTAMP)",
    );
    if (rows.length > 0) await connection.run(`INSERT INTO o VALUES ${rows.map(rowLiteral).join(", ")}`);
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
  if (cell instanceof DuckDBTimestampValue) return cell.micros / 1000n;
  if (cell instanceof DuckDBDecimalValue) return Number(cell.toString());
  if (typeof cell === "object" && cell !== null && "days" in cell)
    return BigInt(cell.days as number) * 86_400_000n;
  return cell as Value;
}
