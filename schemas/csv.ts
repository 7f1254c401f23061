/** How a CSV body is to be read. What is left out is told from the body itself. */
export interface CsvOptions {
  /** One character between fields. */
  readonly delimiter?: string | undefined;
  /** Whether the first line names the columns. */
  readonly header?: boolean | undefined;
  /** Names by place, instead of the header's. */
  readonly columns?: readonly string[] | undefined;
  /** Words that mean "missing" in every column, texts too. */
  readonly nulls?: readonly string[] | undefined;
}

/** How a CSV was read. */
export interface CsvReading {
  readonly delimiter: string;
  readonly header: boolean;
  readonly columns: readonly string[];
  readonly nulls: readonly string[];
}
