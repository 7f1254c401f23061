/** Asks before changes are lost: when another page is opened, when one goes back, when the window is closed. */
import { Button, Modal } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { type RefObject, useRef } from "react";
import styles from "./dashboard.module.css";

interface LeavingProps {
  readonly isChanged: boolean;
  /** Set while the page is left on purpose. */
  readonly mayLeave: RefObject<boolean>;
  readonly save: () => Promise<void>;
}

export const useMayLeave = (): RefObject<boolean> => useRef(false);

export function Leaving({ isChanged, mayLeave, save }: LeavingProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => {
      if (!isChanged || mayLeave.current) return false;
      const stays = "edit" in next.search && next.search.edit === "on" && next.pathname === current.pathname;
      return !stays;
    },
    enableBeforeUnload: () => isChanged && !mayLeave.current,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Modal opened onClose={blocker.reset} title="This dashboard has changes that are not saved">
      <div className={styles.conflictActions}>
        <Button onClick={blocker.reset}>Go on editing</Button>
        <Button color="red" onClick={blocker.proceed}>
          Discard them
        </Button>
        <Button
          variant="filled"
          onClick={() => {
            blocker.reset();
            void save();
          }}
        >
          Save
        </Button>
      </div>
    </Modal>
  );
}
