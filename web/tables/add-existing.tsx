/** The name is taken: whether the rows go into that table, or into a new one beside it. */
import { SegmentedControl } from "@mantine/core";
import type { InferredTable } from "#schemas/api/tables";
import styles from "./tables.module.css";

export type Target = "new" | "existing";

interface ExistingProps {
  readonly existing: NonNullable<InferredTable["existing"]>;
  readonly freeName: string;
  readonly target: Target;
  readonly choose: (target: Target) => void;
}

function consequence({ existing, freeName, target }: ExistingProps): string {
  if (target === "new")
    return `The table ${existing.name} stays as it is; the rows make the table ${freeName}.`;
  if (existing.unknown.length === 0) return `${existing.name} has a column for every field of the rows.`;
  const fields = existing.unknown.join(", ");
  return `${existing.name} has no column for ${fields}: those values are not kept.`;
}

export function ExistingChoice(props: ExistingProps) {
  const { existing, freeName, target, choose } = props;
  if (!existing.isPushed)
    return (
      <div className={styles.message}>
        There is a table {existing.name} already, and it reads Kafka: the rows make the table {freeName}.
      </div>
    );
  return (
    <section className={`${styles.message} ${styles.choice}`} aria-label="The table exists">
      There is a table {existing.name} already.
      <SegmentedControl
        value={target}
        onChange={(next) => choose(next as Target)}
        data={[
          { value: "new", label: `Make a new table ${freeName}` },
          { value: "existing", label: `Add the rows to ${existing.name}` },
        ]}
      />
      {consequence(props)}
    </section>
  );
}
