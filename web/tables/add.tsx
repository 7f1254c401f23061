/** Add a table: rows, a file or a topic → a proposed schema to edit → the table, with live rows within a second. */
import { useState } from "react";
import type { InferRequest, InferredTable } from "#schemas/api/tables";
import { api } from "../api.ts";
import { Bar } from "../shell/bar.tsx";
import shell from "../shell/shell.module.css";
import { Proposal } from "./add-proposal.tsx";
import { type ChosenRows, Sources } from "./add-source.tsx";
import { sampleOf } from "./file-text.ts";
import styles from "./tables.module.css";

/** Characters that inference is sent: it looks at no more than some thousand rows. */
const sampleMax = 1 << 20;

interface Proposed {
  readonly proposal: InferredTable;
  readonly chosen: ChosenRows;
}

export function AddTablePage() {
  const [proposed, setProposed] = useState<Proposed | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const propose = async (chosen: ChosenRows, csv?: InferRequest["csv"]) => {
    setIsBusy(true);
    setRefused(null);
    try {
      const { rows, topic, name } = chosen;
      const proposal = await api.infer({
        ...(rows === null ? {} : { rows: sampleOf(rows, sampleMax) }),
        ...(topic === null ? {} : { topic }),
        ...(csv === undefined ? {} : { csv }),
        table: name,
      });
      setProposed({ proposal, chosen });
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    setIsBusy(false);
  };
  return (
    <>
      <Bar title="Add a table" parent={{ label: "Tables", to: "/tables" }} short />
      <div className={shell.content}>
        <div className={styles.form}>
          {proposed === null ? (
            <Sources isBusy={isBusy} proceed={(chosen) => void propose(chosen)} />
          ) : (
            <Proposal
              key={JSON.stringify(proposed.proposal.csv)}
              proposal={proposed.proposal}
              rows={proposed.chosen.rows}
              read={(csv) => void propose(proposed.chosen, csv)}
              back={() => setProposed(null)}
            />
          )}
          {refused === null ? null : (
            <div className={styles.message} data-tone="bad" role="alert">
              {refused}
            </div>
          )}
        </div>
      </div>
    </>
  );
}
