/** How the rows were read as CSV, to be put right where the guess was wrong: each change reads them again. */
import { Checkbox, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { InferredTable } from "#schemas/api/tables";
import styles from "./tables.module.css";

type CsvReading = NonNullable<InferredTable["csv"]>;

const delimiters = [
  { value: ",", label: "comma" },
  { value: ";", label: "semicolon" },
  { value: "\t", label: "tab" },
  { value: "|", label: "pipe" },
];

interface CsvProps {
  readonly csv: CsvReading;
  /** Only what a person decides: the columns' names follow. */
  readonly change: (csv: Pick<CsvReading, "delimiter" | "header" | "nulls">) => void;
}

export function CsvChoice({ csv, change }: CsvProps) {
  const { delimiter, header, nulls } = csv;
  const [words, setWords] = useState(nulls.join(", "));
  const known = delimiters.some(({ value }) => value === delimiter);
  const wordsOf = (text: string) =>
    text
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
  const takeWords = () => {
    const next = wordsOf(words);
    if (next.join() !== nulls.join()) change({ delimiter, header, nulls: next });
  };
  return (
    <section className={styles.csv} aria-label="How the text is read">
      <Select
        label="Between fields"
        data={known ? delimiters : [...delimiters, { value: delimiter, label: delimiter }]}
        value={delimiter}
        allowDeselect={false}
        onChange={(next) => (next === null ? undefined : change({ delimiter: next, header, nulls }))}
      />
      <TextInput
        label="Words for a missing value"
        placeholder="none among texts; numbers know NA, NULL …"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onBlur={takeWords}
        onKeyDown={(event) => (event.key === "Enter" ? takeWords() : undefined)}
      />
      <Checkbox
        label="The first line names the columns"
        checked={header}
        onChange={(event) => change({ delimiter, header: event.currentTarget.checked, nulls })}
      />
    </section>
  );
}
