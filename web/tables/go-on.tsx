/** What to do about partitions that stopped: where to go on is for people to say, and what is passed over is a gap. */
import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ConsumeFrom, TableDetail } from "#schemas/api/tables";

interface Choice {
  readonly from: ConsumeFrom;
  readonly label: string;
  readonly meaning: string;
}

const largest: Choice = {
  from: "largest",
  label: "Only new rows",
  meaning: "What the stream holds now is passed over; rows from now on are read.",
};

/** By the code of what stopped the partition; other stops end with a restart only. */
const choicesOf: Readonly<Record<string, readonly Choice[]>> = {
  STREAM_CHANGED: [
    {
      from: "smallest",
      label: "From the new beginning",
      meaning: "All that the topic holds now is read, behind the rows that are here.",
    },
    largest,
    {
      from: "lastConsumed",
      label: "It is the same stream",
      meaning: "Reading goes on at the offset that comes next, as if nothing had happened.",
    },
  ],
  STREAM_CORRUPT: [
    {
      from: "next",
      label: "Behind the damaged batch",
      meaning: "The rows of the batch that cannot be read are given up; everything behind it is read.",
    },
    largest,
  ],
  LOG_CORRUPT: [
    {
      from: "next",
      label: "Without the damaged rows",
      meaning: "Rows from the damage on are given up; the damaged files are kept beside the log.",
    },
  ],
};

interface GoOnProps {
  readonly table: TableDetail;
  readonly goOn: (from: ConsumeFrom) => Promise<unknown>;
}

/** Nothing where no partition waits for such a word. */
export function GoOn({ table, goOn }: GoOnProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const stopped = table.partitions.filter(({ state }) => state === "stopped");
  const choices = stopped.flatMap(({ lastErrorCode }) => choicesOf[lastErrorCode ?? ""] ?? []);
  if (choices.length === 0) return null;
  const choose = async (from: ConsumeFrom) => {
    close();
    await goOn(from);
  };
  return (
    <>
      <Button onClick={open}>Go on…</Button>
      <Modal opened={opened} onClose={close} title={`Where ${table.name} goes on`}>
        <p>
          {stopped.length === 1 ? "A partition has" : `${stopped.length} partitions have`} stopped. What is
          passed over is recorded as a gap, and answers over it say so.
        </p>
        {[...new Map(choices.map((choice) => [choice.from, choice])).values()].map((choice) => (
          <p key={choice.from}>
            <Button onClick={() => void choose(choice.from)}>{choice.label}</Button>
            <br />
            {choice.meaning}
          </p>
        ))}
      </Modal>
    </>
  );
}
