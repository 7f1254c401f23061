/** Keeping a statement by name, on the server. */
import { Button, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api.ts";
import { sizes } from "../theme.ts";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

export function SaveQuery({ sqlOf }: { readonly sqlOf: () => string }) {
  const client = useQueryClient();
  const [opened, { toggle, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const save = async () => {
    const id =
      name
        .trim()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") || crypto.randomUUID();
    try {
      await api.saveQuery({ id, name: name.trim(), sql: sqlOf(), updatedMs: Date.now() });
      await client.invalidateQueries({ queryKey: ["queries"] });
      notifications.show({ message: `Saved as ${name.trim()}.` });
      close();
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end">
      <Popover.Target>
        <Button leftSection={<IconDeviceFloppy {...icon} />} onClick={toggle}>
          Save
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") void save();
          }}
        >
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Button type="submit" variant="filled" mt="xs" fullWidth disabled={name.trim() === ""}>
            Save query
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
