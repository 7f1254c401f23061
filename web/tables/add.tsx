/** Add a table: rows, a file or a topic → a proposed schema to edit → the table, with live rows within a second. */
import { Button, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { InferredTable } from "#schemas/api/tables";
import { ApiError, api } from "../api.ts";
import { Bar } from "../shell/bar.tsx";
import shell from "../shell/shell.module.css";
import { FieldsGrid } from "./add-fields.tsx";
import { type ChosenRows, Sources } from "./add-source.tsx";
import { csvAsJsonLines } from "./csv-rows.ts";
import { configOf, faultOf, fieldsOf, rowFormatOf, schemaOf, timeColumnOf } from "./definition.ts";
import styles from "./tables.module.css";

/** What a refusal says, with the JSON path it is about. */
function textOf(error: unknown): string {
  if (error instanceof ApiError && error.at !== null) return `${error.at}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

interface Creation {
  readonly name: string;
  readonly schema: unknown;
  readonly config: unknown;
  /** Rows to push once the table exists. */
  readonly rows: string | null;
}

function useCreate() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [refused, setRefused] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const create = async ({ name, schema, config, rows }: Creation) => {
    setIsBusy(true);
    setRefused(null);
    try {
      await api.createSchema(schema);
      await api.createTable(config);
      if (rows !== null) {
        const answer = await api.ingest(name, rows, rowFormatOf(rows));
        const [first] = answer.rejects;
        if (answer.accepted === 0 && first !== undefined)
          throw new Error(`line ${first.line}: ${first.reason}`);
      }
      await client.invalidateQueries({ queryKey: ["tables"] });
      void navigate({ to: "/tables/$name", params: { name } });
    } catch (error) {
      setRefused(textOf(error));
    }
    setIsBusy(false);
  };
  return { create, refused, isBusy };
}

interface ProposalProps {
  readonly proposal: InferredTable;
  readonly initialName: string;
  /** Rows to push once the table exists; null for a topic, which brings its own. */
  readonly rows: string | null;
  readonly back: () => void;
}

function Proposal({ proposal, initialName, rows, back }: ProposalProps) {
  const [name, setName] = useState(initialName);
  const [fields, setFields] = useState(() => fieldsOf(proposal.schema));
  const [timeColumn, setTimeColumn] = useState(() => timeColumnOf(proposal.config));
  const fault = faultOf(name, fields);
  const times = fields
    .filter((field) => field.included && field.role === "dateTime")
    .map((field) => field.name);
  const { create, refused, isBusy } = useCreate();
  const submit = () =>
    void create({
      name,
      schema: schemaOf(proposal.schema, name, fields),
      config: configOf(proposal.config, name, timeColumn),
      rows,
    });
  return (
    <>
      <div className={styles.two}>
        <TextInput
          label="Table"
          value={name}
          error={fault}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Time column"
          placeholder="None"
          clearable
          data={times}
          value={timeColumn !== null && times.includes(timeColumn) ? timeColumn : null}
          onChange={setTimeColumn}
        />
      </div>
      {proposal.notes.length === 0 ? null : <div className="muted">{proposal.notes.join(" · ")}</div>}
      <FieldsGrid fields={fields} sample={proposal.sample} change={setFields} />
      {refused === null ? null : (
        <div className={styles.message} data-tone="bad" role="alert">
          {refused}
        </div>
      )}
      <div className={styles.actions}>
        <Button variant="filled" loading={isBusy} disabled={fault !== null} onClick={submit}>
          {rows === null ? "Create the table" : "Create the table and add the rows"}
        </Button>
        <Button onClick={back}>Back</Button>
      </div>
    </>
  );
}

interface Proposed {
  readonly proposal: InferredTable;
  readonly rows: string | null;
  readonly name: string;
}

export function AddTablePage() {
  const [proposed, setProposed] = useState<Proposed | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const proceed = async ({ rows, topic, name }: ChosenRows) => {
    setIsBusy(true);
    setRefused(null);
    try {
      const proposal = await api.infer({
        ...(rows === null ? {} : { rows: rowFormatOf(rows) === "csv" ? csvAsJsonLines(rows) : rows }),
        ...(topic === null ? {} : { topic }),
        table: name,
      });
      setProposed({ proposal, rows, name });
    } catch (error) {
      setRefused(textOf(error));
    }
    setIsBusy(false);
  };
  return (
    <>
      <Bar title="Add a table" parent={{ label: "Tables", to: "/tables" }} short />
      <div className={shell.content}>
        <div className={styles.form}>
          {proposed === null ? (
            <Sources isBusy={isBusy} proceed={(chosen) => void proceed(chosen)} />
          ) : (
            <Proposal
              proposal={proposed.proposal}
              initialName={proposed.name}
              rows={proposed.rows}
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
