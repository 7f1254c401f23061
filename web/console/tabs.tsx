/** The tabs over the editor: one statement each, kept by this browser. */
import { ActionIcon, Button, Loader } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus, IconX } from "@tabler/icons-react";
import { type ConsoleTab, closeTab, newTab, useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import styles from "./console.module.css";
import { forget, useWork } from "./run.ts";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

/** Closing is undone for a while; a tab without a text is nothing to come back to. */
function close({ id, name, sql }: ConsoleTab): void {
  const putBack = closeTab(id);
  forget(id);
  if (sql.trim() === "") return;
  const notice = `closed ${id}`;
  const undo = () => {
    putBack();
    notifications.hide(notice);
  };
  notifications.show({
    id: notice,
    autoClose: 10_000,
    message: (
      <>
        {name} is closed. <Button onClick={undo}>Put it back</Button>
      </>
    ),
  });
}

function Tab({ tab, isActive, canClose }: { tab: ConsoleTab; isActive: boolean; canClose: boolean }) {
  const { running } = useWork(tab.id);
  const isEdited = tab.saved !== undefined && tab.saved.sql !== tab.sql;
  return (
    <div className={styles.tab} data-active={isActive || undefined}>
      <button
        type="button"
        className={styles.tabName}
        aria-pressed={isActive}
        title={isEdited ? `Changed since it was saved as ${tab.saved?.name}` : undefined}
        onClick={() => useStore.getState().change((draft) => void (draft.activeTab = tab.id))}
      >
        {tab.name}
        {isEdited ? " •" : ""}
      </button>
      {running === null ? null : <Loader size={sizes.iconSmall} aria-label="Running" />}
      {canClose ? (
        <ActionIcon aria-label={`Close ${tab.name}`} size={sizes.target} onClick={() => close(tab)}>
          <IconX {...icon} />
        </ActionIcon>
      ) : null}
    </div>
  );
}

export function Tabs() {
  const tabs = useStore((state) => state.tabs);
  const active = useStore((state) => state.activeTab);
  return (
    <div className={styles.tabs}>
      {tabs.map((tab) => (
        <Tab key={tab.id} tab={tab} isActive={tab.id === active} canClose={tabs.length > 1} />
      ))}
      <ActionIcon aria-label="New tab" size={sizes.gridRow} onClick={newTab}>
        <IconPlus {...icon} />
      </ActionIcon>
    </div>
  );
}
