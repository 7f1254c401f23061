/** One number, large: how it compares, and its course behind it. */
import { IconArrowDownRight, IconArrowRight, IconArrowUpRight } from "@tabler/icons-react";
import type { ChartSettings } from "#schemas/api/dashboards";
import { type ChartResult, columnAt } from "../chart/context.ts";
import { pivotOf } from "../chart/series.ts";
import { sparklineOf } from "../chart/sparkline.ts";
import { formatDelta, formatNumber, numberOfCell } from "../format.ts";
import { sizes } from "../theme.ts";
import styles from "./panel.module.css";

interface BigNumberProps {
  readonly result: ChartResult;
  readonly trend: ChartResult | null;
  readonly settings: ChartSettings;
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

export function BigNumber({ result, trend, settings }: BigNumberProps) {
  const [row] = result.rows;
  const at = Math.max(0, columnAt(result, settings.y?.[0]));
  const value = numberOfCell(row?.[at]);
  const previous = numberOfCell(row?.[columnAt(result, "previous")]);
  const delta = formatDelta(value, previous);
  const course =
    trend === null ? null : sparklineOf(pivotOf(trend, settings).series[0]?.values.slice(0, -1) ?? []);
  return (
    <div className={styles.big}>
      {course === null ? null : (
        <svg className={styles.spark} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <path className={styles.sparkArea} d={course.area} />
          <path className={styles.sparkLine} d={course.line} vectorEffect="non-scaling-stroke" />
        </svg>
      )}
      <div className={styles.bigValue}>{formatNumber(value, settings.format)}</div>
      {delta === null ? (
        <div className={styles.delta}>nothing to compare with</div>
      ) : (
        <Delta
          text={delta}
          goodWhen={settings.goodWhen ?? "up"}
          label={settings.comparisonLabel ?? "before"}
        />
      )}
    </div>
  );
}
