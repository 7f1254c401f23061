/** One number, large: how it compares, and its course behind it. */
import { IconArrowDownRight, IconArrowRight, IconArrowUpRight } from "@tabler/icons-react";
import { useMemo, useRef } from "react";
import type { ChartSettings } from "#schemas/api/dashboards";
import type { ResolvedRange } from "#schemas/api/live-range";
import type { ChartResult } from "../chart/context.ts";
import { oneNumberOf } from "../chart/number.ts";
import { courseOf } from "../chart/sparkline.ts";
import { formatDelta, formatValue, numberOfCell } from "../format.ts";
import { sizes } from "../theme.ts";
import { Notes } from "./notes.tsx";
import styles from "./panel.module.css";

interface BigNumberProps {
  readonly result: ChartResult;
  readonly trend: ChartResult | null;
  readonly settings: ChartSettings;
  readonly range: ResolvedRange | null;
}

function Delta({
  text,
  goodWhen,
  label,
}: {
  readonly text: string;
  readonly goodWhen: string;
  readonly label: string;
}) {
  const isUp = text.startsWith("+");
  const isFlat = /^[+−]0(\.0)? %$/.test(text);
  const tone = isFlat || goodWhen === "neither" ? "flat" : (goodWhen === "up") === isUp ? "good" : "bad";
  const Arrow = isFlat ? IconArrowRight : isUp ? IconArrowUpRight : IconArrowDownRight;
  return (
    <div className={styles.delta}>
      <span className={styles.deltaValue} data-tone={tone}>
        <Arrow size={sizes.iconSmall} aria-hidden />
        {text}
      </span>{" "}
      vs. {label}
    </div>
  );
}

export function BigNumber({ result, trend, settings, range }: BigNumberProps) {
  const { cell, previous, notes } = useMemo(() => oneNumberOf(result, settings), [result, settings]);
  const delta = formatDelta(numberOfCell(cell), numberOfCell(previous));
  const fromMs = useRef(range?.fromMs ?? 0);
  fromMs.current = range?.fromMs ?? 0;
  const course = useMemo(
    () => (trend === null ? null : courseOf(trend, settings, fromMs.current)),
    [trend, settings],
  );
  // A number is written in its format, anything else as it is.
  const isText = numberOfCell(cell) === null && cell !== null && cell !== undefined && cell !== "";
  return (
    <div className={styles.big}>
      {course === null ? null : (
        <svg className={styles.spark} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <path className={styles.sparkArea} d={course.area} />
          <path className={styles.sparkLine} d={course.line} vectorEffect="non-scaling-stroke" />
        </svg>
      )}
      <div className={styles.bigValue}>{isText ? String(cell) : formatValue(cell, settings.format)}</div>
      {delta === null ? (
        <div className={styles.delta}>nothing to compare with</div>
      ) : (
        <Delta
          text={delta}
          goodWhen={settings.goodWhen ?? "up"}
          label={settings.comparisonLabel ?? "before"}
        />
      )}
      <Notes notes={notes} />
    </div>
  );
}
