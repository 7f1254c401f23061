/** Keeping a statement by name, on the server. Another query of that name is replaced only when that is said. */
import { Button, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { suggestedId } from "#schemas/api/ids";
import { api } from "../api.ts";
import { randomId } from "../random-id.ts";
import { changeTab, useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import styles from "./console.module.css";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

const idOf = (name: string): string | null => suggestedId(name.toLowerCase(), "document");

function useSaving(tab: string, close: () => void) {
  const client = useQueryClient();
  return async (name: string) => {
    const sql = useStore.getState().tabs.find(({ id }) => id === tab)?.sql ?? "";
    const id = idOf(name) ?? randomId();
    try {
      await api.saveQuery({ id, name: name.trim(), sql, updatedMs: Date.now() });
      changeTab(tab, { saved: { id, name: name.trim(), sql } });
      await client.invalidateQueries({ queryKey: ["queries"] });
      notifications.show({ message: `Saved as ${name.trim()}.` });
      close();
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
}

export function SaveQuery({ tab }: { readonly tab: string }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const known = useStore((state) => state.tabs.find(({ id }) => id === tab));
  const [name, setName] = useState(known?.saved?.name ?? "");
  const queries = useQuery({ queryKey: ["queries"], queryFn: ({ signal }) => api.queries(signal) });
  const save = useSaving(tab, close);
  const other = queries.data?.find(({ id }) => id === idOf(name) && id !== known?.saved?.id);
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end">
      <Popover.Target>
        <Button leftSection={<IconDeviceFloppy {...icon} />} onClick={toggle}>
          Save
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") void save(name);
          }}
        >
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          {other === undefined ? null : (
            <div className={styles.edited}>{other.name} exists: it will have this statement instead.</div>
          )}
          <Button type="submit" variant="filled" fullWidth disabled={name.trim() === ""}>
            {other === undefined ? "Save query" : `Replace ${other.name}`}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
