/** A dashboard while it is changed: title in place, panels moved, resized and taken off; saved as a new version. */
import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { Dashboard } from "#schemas/api/dashboards";
import { api } from "../api.ts";
import shell from "../shell/shell.module.css";
import styles from "./dashboard.module.css";

const EditGrid = lazy(() => import("./edit-grid.tsx"));

interface EditingProps {
  readonly dashboard: Dashboard;
  readonly close: () => void;
}

export function Editing({ dashboard, close }: EditingProps) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(dashboard);
  const [isBusy, setIsBusy] = useState(false);
  const save = async () => {
    setIsBusy(true);
    try {
      const saved = await api.saveDashboard(draft);
      client.setQueryData(["dashboard", saved.id], saved);
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      close();
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
      setIsBusy(false);
    }
  };
  const isSame = JSON.stringify(draft) === JSON.stringify(dashboard);
  const canSave = !isSame && draft.title.trim() !== "";
  return (
    <>
      <header className={shell.bar}>
        <div className={shell.titles}>
          <h1 className="visually-hidden">{draft.title}</h1>
          <TextInput
            className={styles.titleInput!}
            aria-label="Title of the dashboard"
            value={draft.title}
            onChange={(event) => setDraft({ ...draft, title: event.currentTarget.value })}
          />
        </div>
        <div className={shell.controls}>
          <Button variant="filled" loading={isBusy} disabled={!canSave} onClick={() => void save()}>
            Save
          </Button>
          <Button onClick={close}>{isSame ? "Close" : "Discard"}</Button>
        </div>
      </header>
      <div className={shell.content}>
        <Suspense>
          <EditGrid draft={draft} change={setDraft} />
        </Suspense>
      </div>
    </>
  );
}
