/** The tabs over the editor: one statement each, kept by this browser. */
import { ActionIcon } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import styles from "./console.module.css";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

export function Tabs({ switchTo }: { readonly switchTo: (sql: string) => void }) {
  const tabs = useStore((state) => state.tabs);
  const active = useStore((state) => state.activeTab);
  const change = useStore((state) => state.change);
  const choose = (id: string) => {
    change((draft) => void (draft.activeTab = id));
    switchTo(useStore.getState().tabs.find((tab) => tab.id === id)?.sql ?? "");
  };
  const add = () => {
    const id = String(1 + Math.max(0, ...tabs.map((tab) => Number(tab.id))));
    change((draft) => void draft.tabs.push({ id, name: `Query ${id}`, sql: "" }));
    choose(id);
  };
  const close = (id: string) => {
    const at = tabs.findIndex((tab) => tab.id === id);
    change((draft) => void draft.tabs.splice(at, 1));
    if (id === active) choose((tabs[at + 1] ?? tabs[at - 1])!.id);
  };
  return (
    <div className={styles.tabs}>
      {tabs.map((tab) => (
        <div key={tab.id} className={styles.tab} data-active={tab.id === active || undefined}>
          <button
            type="button"
            className={styles.tabName}
            aria-pressed={tab.id === active}
            onClick={() => choose(tab.id)}
          >
            {tab.name}
          </button>
          {tabs.length === 1 ? null : (
            <ActionIcon aria-label={`Close ${tab.name}`} size={sizes.target} onClick={() => close(tab.id)}>
              <IconX {...icon} />
            </ActionIcon>
          )}
        </div>
      ))}
      <ActionIcon aria-label="New tab" size={sizes.gridRow} onClick={add}>
        <IconPlus {...icon} />
      </ActionIcon>
    </div>
  );
}
