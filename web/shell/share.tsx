/** Copies the page's address, which is all of its state. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconLink } from "@tabler/icons-react";
import { sizes } from "../theme.ts";

async function copy(lacking: string | undefined): Promise<void> {
  if (lacking !== undefined) {
    notifications.show({ message: lacking });
    return;
  }
  try {
    await navigator.clipboard.writeText(window.location.href);
    notifications.show({ message: "The link to this view is in the clipboard." });
  } catch {
    // Browsers lend the clipboard to https and localhost only.
    notifications.show({ message: "The clipboard is not open to this page. Copy its address instead." });
  }
}

interface CopyLinkProps {
  /** "this view", "this statement" */
  readonly what: string;
  /** Why the address is not all of the page's state just now. */
  readonly lacking?: string | undefined;
}

export function CopyLink({ what, lacking }: CopyLinkProps) {
  const label = `Copy the link to ${what}`;
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => void copy(lacking)}>
        <IconLink size={sizes.icon} stroke={1.5} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
