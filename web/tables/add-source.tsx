/** Where a new table's rows come from: pasted text, a file, a topic. */
import { Button, SegmentedControl, Select, Textarea } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type DragEvent, useRef, useState } from "react";
import type { TopicInfo } from "#schemas/api/tables";
import { api } from "../api.ts";
import { formatBytes } from "../format.ts";
import { sizes } from "../theme.ts";
import { type FileText, fileText } from "./file-text.ts";
import styles from "./tables.module.css";

type Source = "paste" | "file" | "topic";

const example = `{"at": "2026-11-20T09:30:00Z", "page": "/menu", "user": 4213, "latency_ms": 12.5}
{"at": "2026-11-20T09:30:01Z", "page": "/cart", "user": 17, "latency_ms": 8.1}`;

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
      Drop a file of JSON or CSV here
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.ndjson,.jsonl,.csv,.tsv,.txt,.gz,.log"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) take(file);
        }}
      />
    </section>
  );
}

interface TopicChoiceProps {
  readonly topic: string | null;
  readonly choose: (topic: string | null) => void;
}

function topicLabel({ name, partitions, table, taken }: TopicInfo): string {
  const read =
    table === null ? "" : ` · ${taken === undefined ? "read by" : "is what is pushed to"} ${table}`;
  return `${name} · ${partitions} ${partitions === 1 ? "partition" : "partitions"}${read}`;
}

function TopicChoice({ topic, choose }: TopicChoiceProps) {
  const { data: topics } = useQuery({ queryKey: ["topics"], queryFn: ({ signal }) => api.topics(signal) });
  return (
    <Select
      label="Topic"
      description="Its newest rows show what columns there are"
      placeholder={topics?.length === 0 ? "The stream has no topics" : "Choose"}
      searchable
      data={(topics ?? []).map((info) => ({
        value: info.name,
        label: topicLabel(info),
        disabled: info.taken !== undefined,
      }))}
      value={topic}
      onChange={choose}
    />
  );
}

interface FileChoice extends FileText {
  readonly name: string;
}

function FileRows({
  file,
  choose,
}: {
  readonly file: FileChoice | null;
  readonly choose: (file: FileChoice | null) => void;
}) {
  const [refused, setRefused] = useState<string | null>(null);
  const take = async (given: File) => {
    setRefused(null);
    try {
      choose({ name: given.name, ...(await fileText(given)) });
    } catch (error) {
      choose(null);
      setRefused(`${given.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <>
      <FileDrop take={(given) => void take(given)} />
      {file === null ? null : (
        <div>
          {file.name} · {formatBytes(file.text.length)}
        </div>
      )}
      {file?.note ? <div className="muted">{file.note}</div> : null}
      {refused === null ? null : (
        <div className={styles.message} data-tone="bad" role="alert">
          {refused}
        </div>
      )}
    </>
  );
}

function PastedRows({ text, change }: { readonly text: string; readonly change: (text: string) => void }) {
  return (
    <Textarea
      className={styles.paste!}
      label="Rows"
      description="JSON lines, a JSON array, or CSV"
      placeholder={example}
      autosize
      minRows={8}
      maxRows={20}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

const sources = [
  { value: "paste", label: "Paste rows" },
  { value: "file", label: "Drop a file" },
  { value: "topic", label: "Choose a topic" },
];

/** Rows, or the topic that brings them, and what a table of them would be called. */
export interface ChosenRows {
  readonly rows: string | null;
  readonly topic: string | null;
  readonly name: string;
}

/** A table's name out of a file's or a topic's. */
const nameOf = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9_]+/g, "_").replaceAll(/^[_0-9]+|_+$/g, "") || "rows";

function chosenOf(source: Source, text: string, file: FileChoice | null, topic: string | null): ChosenRows {
  switch (source) {
    case "paste":
      return { rows: text, topic: null, name: "rows" };
    case "file":
      return {
        rows: file?.text ?? "",
        topic: null,
        name: nameOf((file?.name ?? "").replace(/\.gz$/, "").replace(/\.[^.]*$/, "")),
      };
    case "topic":
      return { rows: null, topic, name: nameOf(topic ?? "") };
  }
}

interface SourcesProps {
  readonly proceed: (chosen: ChosenRows) => void;
  readonly isBusy: boolean;
}

export function Sources({ proceed, isBusy }: SourcesProps) {
  const [source, setSource] = useState<Source>("paste");
  const [text, setText] = useState("");
  const [file, setFile] = useState<FileChoice | null>(null);
  const [topic, setTopic] = useState<string | null>(null);
  const chosen = chosenOf(source, text, file, topic);
  const isReady = chosen.topic !== null || (chosen.rows ?? "").trim() !== "";
  return (
    <>
      <SegmentedControl
        className={styles.sources!}
        value={source}
        onChange={(next) => setSource(next as Source)}
        data={sources}
      />
      {source === "paste" ? <PastedRows text={text} change={setText} /> : null}
      {source === "file" ? <FileRows file={file} choose={setFile} /> : null}
      {source === "topic" ? <TopicChoice topic={topic} choose={setTopic} /> : null}
      <div className={styles.actions}>
        <Button variant="filled" disabled={!isReady} loading={isBusy} onClick={() => proceed(chosen)}>
          Propose a schema
        </Button>
        {source === "paste" && text === "" ? (
          <Button onClick={() => setText(example)}>Use an example</Button>
        ) : null}
      </div>
    </>
  );
}
