/** A table's definition as JSON: read, changed, validated as it is typed. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { TableDetail } from "#schemas/api/tables";
import { ApiError, api } from "../api.ts";
import styles from "./tables.module.css";

/** Why a text is not JSON; null when it is. */
function jsonFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface JsonBoxProps {
  readonly title: string;
  readonly value: unknown;
  /** Sends the changed definition; answers what was ignored. */
  readonly save: (json: unknown) => Promise<{ readonly ignored?: readonly string[] }>;
}

function JsonBox({ title, value, save }: JsonBoxProps) {
  const client = useQueryClient();
  const original = JSON.stringify(value, null, 2);
  const [text, setText] = useState(original);
  const [refused, setRefused] = useState<string | null>(null);
  const fault = jsonFault(text);
  const submit = async () => {
    setRefused(null);
    try {
      const { ignored } = await save(JSON.parse(text));
      await client.invalidateQueries({ queryKey: ["table"] });
      notifications.show({
        message:
          ignored === undefined || ignored.length === 0
            ? "Changed."
            : `Changed. Ignored: ${ignored.join(", ")}.`,
      });
    } catch (error) {
      const at = error instanceof ApiError && error.at !== null ? `${error.at}: ` : "";
      setRefused(`${at}${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const message = fault ?? refused;
  return (
    <section className={styles.box}>
      <div className={styles.boxHead}>
        <h2>{title}</h2>
        <div className={styles.grow} />
        <Button disabled={text === original} onClick={() => setText(original)}>
          Undo
        </Button>
        <Button variant="filled" disabled={fault !== null || text === original} onClick={() => void submit()}>
          Save
        </Button>
      </div>
      {message === null ? null : (
        <div className={styles.message} data-tone="bad" role="alert">
          {message}
        </div>
      )}
      <textarea
        className={styles.json}
        rows={Math.min(40, text.split("\n").length + 1)}
        spellCheck={false}
        aria-label={title}
        aria-invalid={message !== null}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </section>
  );
}

export function Configuration({ table }: { readonly table: TableDetail }) {
  return (
    <div className={styles.two}>
      <JsonBox
        title="Table config"
        value={table.configJson ?? {}}
        save={(json) => api.changeTable(table.name, json)}
      />
      <JsonBox
        title="Schema"
        value={table.schemaJson ?? {}}
        save={(json) => api.changeSchema(table.name, json)}
      />
    </div>
  );
}
