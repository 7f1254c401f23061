/** A dashboard while it is changed: title in place, panels moved, resized and taken off; saved as a new version. */
import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import type { Dashboard } from "#schemas/api/dashboards";
import shell from "../shell/shell.module.css";
import { sizes } from "../theme.ts";
import { Conflicts } from "./conflicts.tsx";
import styles from "./dashboard.module.css";
import { withoutPanel } from "./edit.ts";
import { Leaving, useMayLeave } from "./leaving.tsx";
import { useDraft, useKeeping } from "./use-draft.ts";

const EditGrid = lazy(() => import("./edit-grid.tsx"));
const icon = { size: sizes.icon, stroke: 1.5, "aria-hidden": true } as const;

interface StepProps {
  readonly label: string;
  readonly act: (() => void) | null;
  readonly children: React.ReactNode;
}

function Step({ label, act, children }: StepProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} disabled={act === null} onClick={() => act?.()}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

interface EditingProps {
  readonly dashboard: Dashboard;
  readonly close: () => void;
}

export function Editing({ dashboard, close }: EditingProps) {
  const { base, draft, isChanged, change, undo, redo } = useDraft(dashboard);
  const mayLeave = useMayLeave();
  const leave = () => {
    mayLeave.current = true;
    close();
  };
  const keeping = useKeeping(base, draft, leave);
  const remove = (id: string) => {
    change(withoutPanel(draft, id));
    const title = draft.panels.find((panel) => panel.id === id)?.title ?? id;
    notifications.show({ message: `${title} is taken off; Undo brings it back.` });
  };
  return (
    <>
      <header className={shell.bar}>
        <div className={shell.titles}>
          <h1 className="visually-hidden">{draft.title}</h1>
          <TextInput
            className={styles.titleInput!}
            aria-label="Title of the dashboard"
            value={draft.title}
            onChange={(event) => change({ ...draft, title: event.currentTarget.value }, "title")}
          />
        </div>
        <div className={shell.controls}>
          <Step label="Undo" act={undo}>
            <IconArrowBackUp {...icon} />
          </Step>
          <Step label="Redo" act={redo}>
            <IconArrowForwardUp {...icon} />
          </Step>
          <Button
            variant="filled"
            loading={keeping.isBusy}
            disabled={!isChanged || draft.title.trim() === ""}
            onClick={() => void keeping.save()}
          >
            Save
          </Button>
          <Button onClick={leave}>{isChanged ? "Discard" : "Close"}</Button>
        </div>
      </header>
      <div className={shell.content}>
        <Suspense>
          <EditGrid draft={draft} change={change} remove={remove} />
        </Suspense>
      </div>
      <Leaving isChanged={isChanged} mayLeave={mayLeave} save={keeping.save} />
      {keeping.merge === null ? null : (
        <Conflicts
          merge={keeping.merge}
          stay={keeping.stay}
          decide={(chosen) => void keeping.decide(chosen)}
        />
      )}
    </>
  );
}
