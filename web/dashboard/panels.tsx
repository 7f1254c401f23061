/** The grid of a dashboard as it is read: twelve columns, one on a phone, or one panel that fills the page. */
import { useMediaQuery } from "@mantine/hooks";
import { useMemo } from "react";
import type { Dashboard, Panel as PanelDefinition } from "#schemas/api/dashboards";
import { Panel } from "../panel/panel.tsx";
import { phoneQuery, sizes } from "../theme.ts";
import styles from "./dashboard.module.css";

/** Panels in reading order, so that one column on a phone tells the same story. */
const readingOrder = (panels: readonly PanelDefinition[]): readonly PanelDefinition[] =>
  panels.toSorted((left, right) => left.at.y - right.at.y || left.at.x - right.at.x);

function placeOf(panel: PanelDefinition, isPhone: boolean) {
  const { x, y, w, h } = panel.at;
  if (isPhone) return { height: Math.min(h, 8) * (sizes.gridRow + sizes.panelGap) - sizes.panelGap };
  return { gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` };
}

interface PanelsProps {
  readonly dashboard: Dashboard;
  readonly zoomed: string | undefined;
  readonly zoom: (id: string | undefined) => void;
}

export function Panels({ dashboard, zoomed, zoom }: PanelsProps) {
  const isPhone = useMediaQuery(phoneQuery) ?? false;
  const panels = useMemo(() => readingOrder(dashboard.panels), [dashboard]);
  const one = panels.find((panel) => panel.id === zoomed);
  if (one !== undefined) {
    return (
      <div className={styles.zoomed}>
        <Panel panel={one} zoomed zoom={() => zoom(undefined)} />
      </div>
    );
  }
  return (
    <div className={styles.grid}>
      {panels.map((panel) => (
        <div key={panel.id} className={styles.cell} style={placeOf(panel, isPhone)}>
          <Panel panel={panel} zoomed={false} zoom={() => zoom(panel.id)} />
        </div>
      ))}
    </div>
  );
}
