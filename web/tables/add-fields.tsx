/** The proposed columns as an editable grid. */
import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { InferredTable } from "#schemas/api/tables";
import { columnTypes } from "#schemas/types";
import { sizes } from "../theme.ts";
import { type Field, type FieldRole, newField } from "./definition.ts";
import styles from "./tables.module.css";

interface FieldsProps {
  readonly fields: readonly Field[];
  /** Rows that name their values themselves: what they name cannot be called otherwise. */
  readonly isNamed: boolean;
  readonly sample: InferredTable["sample"];
  readonly change: (fields: readonly Field[]) => void;
}

const roles = [
  { value: "dimension", label: "dimension" },
  { value: "metric", label: "metric" },
  { value: "dateTime", label: "date-time" },
];

interface FieldRowProps {
  readonly field: Field;
  readonly isNamed: boolean;
  /** What its inputs are called: its name, or its place while it has none. */
  readonly label: string;
  readonly sample: string;
  readonly set: (next: Partial<Field>) => void;
}

function FieldRow({ field, isNamed, label, sample, set }: FieldRowProps) {
  const disabled = !field.included;
  return (
    <tr>
      <td>
        <Checkbox
          size="xs"
          aria-label={`Keep ${label}`}
          checked={field.included}
          onChange={(event) => set({ included: event.currentTarget.checked })}
        />
      </td>
      <td>
        <TextInput
          aria-label={`Name of ${label}`}
          value={field.name}
          disabled={disabled}
          readOnly={isNamed && field.source !== null}
          title={isNamed && field.source !== null ? "The rows call it so" : undefined}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
      </td>
      <td>
        <Select
          aria-label={`Type of ${label}`}
          data={columnTypes}
          value={field.type}
          allowDeselect={false}
          disabled={disabled}
          onChange={(type) => (type === null ? undefined : set({ type }))}
        />
      </td>
      <td>
        <Select
          aria-label={`Role of ${label}`}
          data={roles}
          value={field.role}
          allowDeselect={false}
          disabled={disabled}
          onChange={(role) => (role === null ? undefined : set({ role: role as FieldRole }))}
        />
      </td>
      <td>
        {field.role === "dateTime" ? (
          <TextInput
            aria-label={`Time format of ${label}`}
            value={field.format}
            disabled={disabled}
            onChange={(event) => set({ format: event.currentTarget.value })}
          />
        ) : null}
      </td>
      <td className={styles.sample}>{sample}</td>
    </tr>
  );
}

export function FieldsGrid({ fields, isNamed, sample, change }: FieldsProps) {
  const set = (at: number, next: Partial<Field>) =>
    change(fields.map((field, index) => (index === at ? { ...field, ...next } : field)));
  const sampleOf = (source: string | null) =>
    source === null
      ? ""
      : sample
          .slice(0, 3)
          .map((row) => (row[source] === undefined ? "" : JSON.stringify(row[source])))
          .join("  ");
  return (
    <section className={`${styles.box} ${styles.fieldsScroll}`} aria-label="Columns">
      <table className={styles.fields}>
        <thead>
          <tr>
            <th>
              <span className="visually-hidden">Keep</span>
            </th>
            <th>Column</th>
            <th>Type</th>
            <th>Role</th>
            <th>Time format</th>
            <th>In the rows</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field, at) => (
            <FieldRow
              // biome-ignore lint/suspicious/noArrayIndexKey: a field is its place; its name is being typed
              key={at}
              field={field}
              label={field.name === "" ? `column ${at + 1}` : field.name}
              isNamed={isNamed}
              sample={sampleOf(field.source)}
              set={(next) => set(at, next)}
            />
          ))}
        </tbody>
      </table>
      <div className={styles.addField}>
        <Button
          size="compact-xs"
          leftSection={<IconPlus size={sizes.iconSmall} aria-hidden />}
          onClick={() => change([...fields, newField])}
        >
          Add a column
        </Button>
      </div>
    </section>
  );
}
