/** Both changed the same: each is shown, and one is chosen. */
import { Button, Modal, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import styles from "./dashboard.module.css";
import type { Conflict, Merge, Side } from "./merge.ts";

interface ChoiceProps {
  readonly conflict: Conflict;
  readonly side: Side;
  readonly choose: (side: Side) => void;
}

function Choice({ conflict, side, choose }: ChoiceProps) {
  return (
    <div className={styles.conflict}>
      <strong>{conflict.about}</strong>
      <div>Yours: {conflict.mine}</div>
      <div>Theirs: {conflict.theirs}</div>
      <SegmentedControl
        aria-label={conflict.about}
        value={side}
        onChange={(next) => choose(next as Side)}
        data={[
          { value: "mine", label: "Yours" },
          { value: "theirs", label: "Theirs" },
        ]}
      />
    </div>
  );
}

interface ConflictsProps {
  readonly merge: Merge;
  readonly stay: () => void;
  readonly decide: (chosen: Readonly<Record<string, Side>>) => void;
}

export function Conflicts({ merge, stay, decide }: ConflictsProps) {
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({});
  return (
    <Modal opened onClose={stay} title="This dashboard was changed elsewhere too">
      <div className={styles.conflicts}>
        <p>Everything else is put together. Here both of you changed the same:</p>
        {merge.conflicts.map((conflict) => (
          <Choice
            key={conflict.key}
            conflict={conflict}
            side={chosen[conflict.key] ?? "mine"}
            choose={(side) => setChosen({ ...chosen, [conflict.key]: side })}
          />
        ))}
        <div className={styles.conflictActions}>
          <Button onClick={stay}>Go on editing</Button>
          <Button variant="filled" onClick={() => decide(chosen)}>
            Save
          </Button>
        </div>
      </div>
    </Modal>
  );
}
