/** Add a table: rows, a file or a topic → a proposed schema to edit → the table, with live rows within a second. */
import { Button, Checkbox, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type DragEvent, useRef, useState } from "react";
import type { InferredTable } from "#schemas/api/tables";
import { ApiError, api } from "../api.ts";
import { formatBytes } from "../format.ts";
import { Bar } from "../shell/bar.tsx";
import shell from "../shell/shell.module.css";
import { sizes } from "../theme.ts";
import {
  configOf,
  type Field,
  type FieldRole,
  faultOf,
  fieldsOf,
  fieldTypes,
  rowFormatOf,
  schemaOf,
  timeColumnOf,
} from "./definition.ts";
import styles from "./tables.module.css";

type Source = "paste" | "file" | "topic";

const example = `{"at": "2026-11-20T09:30:00Z", "page": "/menu", "user": 4213, "latency_ms": 12.5}
{"at": "2026-11-20T09:30:01Z", "page": "/cart", "user": 17, "latency_ms": 8.1}`;

/** What a refusal says, with the JSON path it is about. */
function textOf(error: unknown): string {
  if (error instanceof ApiError && error.at !== null) return `${error.at}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

function FileDrop({ take }: { readonly take: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    const [file] = event.dataTransfer.files;
    if (file !== undefined) take(file);
  };
  return (
    <section
      className={styles.drop}
      data-over={isOver || undefined}
      aria-label="Drop a file"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={onDrop}
    >
      <IconUpload size={sizes.iconLarge} stroke={1.5} aria-hidden />
      Drop a file of JSON lines, a JSON array or CSV here
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.ndjson,.jsonl,.csv,.txt"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) take(file);
        }}
      />
    </section>
  );
}

interface FieldsProps {
  readonly fields: readonly Field[];
  readonly sample: InferredTable["sample"];
  readonly change: (fields: readonly Field[]) => void;
}

function FieldsGrid({ fields, sample, change }: FieldsProps) {
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
            <tr key={at}>
              <td>
                <Checkbox
                  size="xs"
                  aria-label={`Keep ${field.name}`}
                  checked={field.included}
                  onChange={(event) => set(at, { included: event.currentTarget.checked })}
                />
              </td>
              <td>
                <TextInput
                  aria-label={`Name of ${field.name}`}
                  value={field.name}
                  disabled={!field.included}
                  onChange={(event) => set(at, { name: event.currentTarget.value })}
                />
              </td>
              <td>
                <Select
                  aria-label={`Type of ${field.name}`}
                  data={fieldTypes}
                  value={field.type}
                  allowDeselect={false}
                  disabled={!field.included}
                  onChange={(type) => (type === null ? undefined : set(at, { type }))}
                />
              </td>
              <td>
                <Select
                  aria-label={`Role of ${field.name}`}
                  data={[
                    { value: "dimension", label: "dimension" },
                    { value: "metric", label: "metric" },
                    { value: "dateTime", label: "date-time" },
                  ]}
                  value={field.role}
                  allowDeselect={false}
                  disabled={!field.included}
                  onChange={(role) => (role === null ? undefined : set(at, { role: role as FieldRole }))}
                />
              </td>
              <td>
                {field.role === "dateTime" ? (
                  <TextInput
                    aria-label={`Time format of ${field.name}`}
                    value={field.format}
                    disabled={!field.included}
                    onChange={(event) => set(at, { format: event.currentTarget.value })}
                  />
                ) : null}
              </td>
              <td className={styles.sample}>{sampleOf(field.name)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface ProposalProps {
  readonly proposal: InferredTable;
  readonly initialName: string;
  /** Rows to push once the table exists; null for a topic, which brings its own. */
  readonly rows: string | null;
  readonly back: () => void;
}

function Proposal({ proposal, initialName, rows, back }: ProposalProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [name, setName] = useState(initialName);
  const [fields, setFields] = useState(() => fieldsOf(proposal.schema));
  const [timeColumn, setTimeColumn] = useState(() => timeColumnOf(proposal.config));
  const [refused, setRefused] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const fault = faultOf(name, fields);
  const times = fields
    .filter((field) => field.included && field.role === "dateTime")
    .map((field) => field.name);
  const create = async () => {
    setIsBusy(true);
    setRefused(null);
    try {
      await api.createSchema(schemaOf(proposal.schema, name, fields));
      await api.createTable(configOf(proposal.config, name, timeColumn));
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
      {proposal.notes.length === 0 ? null : (
        <div className={styles.boxNote}>{proposal.notes.join(" · ")}</div>
      )}
      <FieldsGrid fields={fields} sample={proposal.sample} change={setFields} />
      {refused === null ? null : (
        <div className={styles.message} data-tone="bad" role="alert">
          {refused}
        </div>
      )}
      <div className={styles.actions}>
        <Button variant="filled" loading={isBusy} disabled={fault !== null} onClick={() => void create()}>
          {rows === null ? "Create the table" : "Create the table and add the rows"}
        </Button>
        <Button onClick={back}>Back</Button>
      </div>
    </>
  );
}

interface SourcesProps {
  readonly proceed: (rows: string | null, topic: string | null) => void;
  readonly isBusy: boolean;
}

function Sources({ proceed, isBusy }: SourcesProps) {
  const [source, setSource] = useState<Source>("paste");
  const [text, setText] = useState("");
  const [file, setFile] = useState<{ readonly name: string; readonly text: string } | null>(null);
  const [topic, setTopic] = useState<string | null>(null);
  const { data: topics } = useQuery({
    queryKey: ["topics"],
    queryFn: ({ signal }) => api.topics(signal),
    enabled: source === "topic",
  });
  const rows = source === "paste" ? text : source === "file" ? (file?.text ?? "") : "";
  const isReady = source === "topic" ? topic !== null : rows.trim() !== "";
  return (
    <>
      <SegmentedControl
        style={{ alignSelf: "flex-start" }}
        value={source}
        onChange={(next) => setSource(next as Source)}
        data={[
          { value: "paste", label: "Paste rows" },
          { value: "file", label: "Drop a file" },
          { value: "topic", label: "Choose a topic" },
        ]}
      />
      {source === "paste" ? (
        <Textarea
          className={styles.paste!}
          label="Rows"
          description="JSON lines, a JSON array, or CSV with a header"
          placeholder={example}
          autosize
          minRows={8}
          maxRows={20}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : null}
      {source === "file" ? (
        <FileDrop
          take={(given) => void given.text().then((read) => setFile({ name: given.name, text: read }))}
        />
      ) : null}
      {source === "file" && file !== null ? (
        <div>
          {file.name} · {formatBytes(file.text.length)}
        </div>
      ) : null}
      {source === "topic" ? (
        <Select
          label="Topic"
          description="Its newest rows show what columns there are"
          placeholder={topics?.length === 0 ? "The stream has no topics" : "Choose"}
          searchable
          data={(topics ?? []).map(({ name, partitions, table }) => ({
            value: name,
            label: `${name} · ${partitions} ${partitions === 1 ? "partition" : "partitions"}${table === null ? "" : ` · read by ${table}`}`,
          }))}
          value={topic}
          onChange={setTopic}
        />
      ) : null}
      <div className={styles.actions}>
        <Button
          variant="filled"
          disabled={!isReady}
          loading={isBusy}
          onClick={() => (source === "topic" ? proceed(null, topic) : proceed(rows, null))}
        >
          Propose a schema
        </Button>
        {source === "paste" && text === "" ? (
          <Button onClick={() => setText(example)}>Use an example</Button>
        ) : null}
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
  const proceed = async (rows: string | null, topic: string | null) => {
    setIsBusy(true);
    setRefused(null);
    const name = topic === null ? "rows" : topic.replaceAll(/[^A-Za-z0-9_]+/g, "_");
    try {
      const proposal = await api.infer({
        ...(rows === null ? {} : { rows }),
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
            <Sources isBusy={isBusy} proceed={(rows, topic) => void proceed(rows, topic)} />
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
