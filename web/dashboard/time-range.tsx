/** The time range picker: quick ranges, or two instants as text or from a calendar. */
import { Button, Popover, TextInput } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import { IconCalendar, IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { resolveRange } from "#schemas/api/live-range";
import { sizes } from "../theme.ts";
import { absoluteText, parseRange, quickRanges, type RangeText, rangeLabel } from "../time.ts";
import styles from "./dashboard.module.css";

interface TimeRangeProps {
  readonly value: RangeText;
  readonly zone: string;
  readonly opened: boolean;
  readonly setOpened: (opened: boolean) => void;
  readonly change: (value: RangeText) => void;
}

function Absolute({ value, zone, change }: Omit<TimeRangeProps, "opened" | "setOpened">) {
  const known = parseRange(value, zone, Date.now()) ?? { kind: "last", ms: 3_600_000 };
  const shown = known.kind === "all" ? value : absoluteText(resolveRange(known, zone, Date.now()), zone);
  const [text, setText] = useState(shown);
  const problem =
    parseRange(text, zone, Date.now()) === null
      ? "Write 2026-11-20 09:30, or now-2h; the end is later"
      : null;
  const setDays = (days: readonly [string | null, string | null]) => {
    const [first, last] = days;
    if (first === null) return;
    setText({ from: `${first}T00:00:00`, to: `${last ?? first}T23:59:59` });
  };
  return (
    <form
      className={styles.absolute}
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) change(text);
      }}
    >
      <TextInput
        label="From"
        value={text.from}
        onChange={(event) => setText({ ...text, from: event.currentTarget.value })}
      />
      <TextInput
        label="Until"
        value={text.to}
        error={problem}
        onChange={(event) => setText({ ...text, to: event.currentTarget.value })}
      />
      <DatePickerInput
        type="range"
        size="xs"
        label="Or whole days"
        placeholder="Choose days"
        leftSection={<IconCalendar size={sizes.iconSmall} aria-hidden />}
        popoverProps={{ withinPortal: false }}
        value={[null, null]}
        onChange={setDays}
      />
      <Button type="submit" variant="filled" disabled={problem !== null}>
        Apply
      </Button>
      <div className={styles.hint}>Times are in {zone}.</div>
    </form>
  );
}

export function TimeRange({ value, zone, opened, setOpened, change }: TimeRangeProps) {
  const choose = (next: RangeText) => {
    change(next);
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus>
      <Popover.Target>
        <button
          type="button"
          className={styles.control}
          aria-haspopup="dialog"
          onClick={() => setOpened(!opened)}
        >
          <span className={styles.rangeText}>{rangeLabel(value, zone, Date.now())}</span>
          <IconChevronDown size={sizes.iconSmall} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.rangeMenu}>
          <div className={styles.quick}>
            {quickRanges.map((range) => (
              <button
                key={range.from}
                type="button"
                className={styles.quickItem}
                aria-pressed={range.from === value.from && range.to === value.to}
                onClick={() => choose(range)}
              >
                {rangeLabel(range, zone, 0)}
              </button>
            ))}
          </div>
          <Absolute key={`${value.from} ${value.to}`} value={value} zone={zone} change={choose} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
