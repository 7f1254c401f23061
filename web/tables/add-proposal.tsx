/** What was read of the rows, to be put right; and the table, new or known, that they go to. */
import { Button, Select, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { InferRequest, InferredTable, IngestAnswer } from "#schemas/api/tables";
import { ApiError, api } from "../api.ts";
import { formatCounted } from "../format.ts";
import { CsvChoice } from "./add-csv.tsx";
import { ExistingChoice, type Target } from "./add-existing.tsx";
import { FieldsGrid } from "./add-fields.tsx";
import {
  configOf,
  type Field,
  faultOf,
  fieldsOf,
  placeInWords,
  placesOf,
  schemaNameOf,
  schemaOf,
  timeColumnOf,
} from "./definition.ts";
import styles from "./tables.module.css";

/** What a refusal says, and of which column. */
function textOf(error: unknown, schema: unknown): string {
  if (!(error instanceof ApiError) || error.at === null)
    return error instanceof Error ? error.message : String(error);
  const said = error.message.replace(`${error.at}: `, "");
  return `${placeInWords(error.at, schema)}: ${said}`;
}

/** Rows that were refused beside others that were taken are told; nothing taken is a failure. */
function tell({ accepted, rejected, rejects: [first] }: IngestAnswer, name: string): void {
  if (first === undefined) return;
  const why = `line ${first.line}: ${first.reason}`;
  if (accepted === 0) throw new Error(`No row fits the table. ${why}`);
  notifications.show({
    color: "red",
    autoClose: false,
    message: `${formatCounted(accepted, "row")} added to ${name}, ${formatCounted(rejected, "row")} refused. The first: ${why}`,
  });
}

interface Draft {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly timeColumn: string | null;
}

interface Plan extends Draft {
  readonly target: Target;
}

/** Makes the table unless it is there, and adds the rows. */
async function carryOut(
  { target, name, fields, timeColumn }: Plan,
  { proposal, rows }: ProposalProps,
): Promise<void> {
  if (target === "new") {
    const schema = schemaOf(proposal.schema, name, fields);
    try {
      await api.createTable(schema, configOf(proposal.config, name, timeColumn));
    } catch (error) {
      throw new Error(textOf(error, schema));
    }
  }
  if (rows === null) return;
  const { csv } = proposal;
  const columns = csv === null || target === "existing" ? csv?.columns : placesOf(csv.columns, fields);
  tell(await api.ingest(name, rows, csv === null ? null : { ...csv, columns: columns ?? [] }), name);
}

interface ProposalProps {
  readonly proposal: InferredTable;
  /** Rows to push once the table exists; null for a topic, which brings its own. */
  readonly rows: string | null;
  /** Reads the rows anew. */
  readonly read: (csv: InferRequest["csv"]) => void;
  readonly back: () => void;
}

function useCarryOut(props: ProposalProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [refused, setRefused] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (plan: Plan) => {
    setIsBusy(true);
    setRefused(null);
    try {
      await carryOut(plan, props);
      await client.invalidateQueries({ queryKey: ["tables"] });
      void navigate({ to: "/tables/$name", params: { name: plan.name } });
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    setIsBusy(false);
  };
  return { submit, refused, isBusy };
}

function labelOf(target: Target, name: string, rows: string | null): string {
  if (target === "existing") return `Add the rows to ${name}`;
  return rows === null ? "Create the table" : "Create the table and add the rows";
}

interface NewTableProps {
  readonly draft: Draft;
  readonly fault: string | null;
  readonly proposal: InferredTable;
  readonly change: { readonly [Part in keyof Draft]: (next: Draft[Part]) => void };
}

function NewTable({ draft, fault, proposal, change }: NewTableProps) {
  const { name, fields, timeColumn } = draft;
  const times = fields
    .filter(({ included, role }) => included && role === "dateTime")
    .map((field) => field.name);
  return (
    <>
      <div className={styles.two}>
        <TextInput
          label="Table"
          value={name}
          error={fault}
          onChange={(event) => change.name(event.currentTarget.value)}
        />
        <Select
          label="Time column"
          placeholder="None"
          clearable
          data={times}
          value={timeColumn !== null && times.includes(timeColumn) ? timeColumn : null}
          onChange={change.timeColumn}
        />
      </div>
      <FieldsGrid
        fields={fields}
        isNamed={proposal.csv === null}
        sample={proposal.sample}
        change={change.fields}
      />
    </>
  );
}

export function Proposal(props: ProposalProps) {
  const { proposal, rows, read, back } = props;
  const { existing, csv, notes } = proposal;
  const freeName = schemaNameOf(proposal.schema);
  const [target, setTarget] = useState<Target>("new");
  const [name, setName] = useState(freeName);
  const [fields, setFields] = useState(() => fieldsOf(proposal.schema));
  const [timeColumn, setTimeColumn] = useState(() => timeColumnOf(proposal.config));
  const { submit, refused, isBusy } = useCarryOut(props);
  const isNew = target === "new";
  const fault = isNew ? faultOf(name, fields) : null;
  const plan = { target, name: isNew ? name : (existing?.name ?? name), fields, timeColumn };
  return (
    <>
      {existing === null ? null : (
        <ExistingChoice existing={existing} freeName={freeName} target={target} choose={setTarget} />
      )}
      {csv === null ? null : <CsvChoice csv={csv} change={read} />}
      {notes.length === 0 ? null : (
        <ul className={styles.notes} aria-label="What was guessed">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {isNew ? (
        <NewTable
          draft={{ name, fields, timeColumn }}
          fault={fault}
          proposal={proposal}
          change={{ name: setName, fields: setFields, timeColumn: setTimeColumn }}
        />
      ) : null}
      {refused === null ? null : (
        <div className={styles.message} data-tone="bad" role="alert">
          {refused}
        </div>
      )}
      <div className={styles.actions}>
        <Button variant="filled" loading={isBusy} disabled={fault !== null} onClick={() => void submit(plan)}>
          {labelOf(target, plan.name, rows)}
        </Button>
        <Button onClick={back}>Back</Button>
      </div>
    </>
  );
}
