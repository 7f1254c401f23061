/** Names and colours of a chart's series as chips: a click toggles one, a click with Shift shows it alone. */
import type { MouseEvent } from "react";
import type { LegendEntry } from "../chart/picture.ts";
import styles from "./panel.module.css";

interface LegendProps {
  readonly entries: readonly LegendEntry[];
  readonly hidden: ReadonlySet<string>;
  readonly colourOf: (name: string) => string;
  readonly change: (hidden: ReadonlySet<string>) => void;
}

export function Legend({ entries, hidden, colourOf, change }: LegendProps) {
  const press = (name: string, event: MouseEvent) => {
    const others = entries.map((entry) => entry.name).filter((other) => other !== name);
    if (event.shiftKey) {
      const isAlone = others.every((other) => hidden.has(other)) && !hidden.has(name);
      change(new Set(isAlone ? [] : others));
      return;
    }
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    change(next.size === entries.length ? new Set() : next);
  };
  return (
    <div className={styles.legend}>
      {entries.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          className={styles.chip}
          aria-pressed={!hidden.has(name)}
          title="Click to hide or show, Shift-click to show alone"
          onClick={(event) => press(name, event)}
        >
          <span className={styles.swatch} style={{ background: colourOf(name) }} />
          {label}
        </button>
      ))}
    </div>
  );
}
