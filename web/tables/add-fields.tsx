/** The proposed columns as an editable grid. */
import { Checkbox, Select, TextInput } from "@mantine/core";
import type { InferredTable } from "#schemas/api/tables";
import { columnTypes } from "#schemas/types";
import type { Field, FieldRole } from "./definition.ts";
import styles from "./tables.module.css";

interface FieldsProps {
  readonly fields: readonly Field[];
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
  readonly sample: string;
  readonly set: (next: Partial<Field>) => void;
}

function FieldRow({ field, sample, set }: FieldRowProps) {
  const disabled = !field.included;
  return (
    <tr>
      <td>
        <Checkbox
          size="xs"
          aria-label={`Keep ${field.name}`}
          checked={field.included}
          onChange={(event) => set({ included: event.currentTarget.checked })}
        />
      </td>
      <td>
        <TextInput
          aria-label={`Name of ${field.name}`}
          value={field.name}
          disabled={disabled}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
      </td>
      <td>
        <Select
          aria-label={`Type of ${field.name}`}
          data={columnTypes}
          value={field.type}
          allowDeselect={false}
          disabled={disabled}
          onChange={(type) => (type === null ? undefined : set({ type }))}
        />
      </td>
      <td>
        <Select
          aria-label={`Role of ${field.name}`}
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
            aria-label={`Time format of ${field.name}`}
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

export function FieldsGrid({ fields, sample, change }: FieldsProps) {
  const set = (at: number, next: Partial<Field>) =>
    change(fields.map((field, index) => (index === at ? { ...field, ...next } : field)));
  const sampleOf = (name: string) =>
    sample
      .slice(0, 3)
      .map((row) => (row[name] === undefined ? "" : JSON.stringify(row[name])))
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
            // biome-ignore lint/suspicious/noArrayIndexKey: a field is its place; its name is being typed
            <FieldRow key={at} field={field} sample={sampleOf(field.name)} set={(next) => set(at, next)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
