/** The grid while a dashboard is edited: panels are dragged by their headers and resized at their corner. */
import GridLayout, { type Layout, noCompactor, useContainerWidth } from "react-grid-layout";
import "react-grid-layout/css/styles.css";
import type { Dashboard } from "#schemas/api/dashboards";
import { Panel } from "../panel/panel.tsx";
import { sizes } from "../theme.ts";
import styles from "./dashboard.module.css";
import { withPlaces } from "./edit.ts";

interface EditGridProps {
  readonly draft: Dashboard;
  readonly change: (draft: Dashboard) => void;
  readonly remove: (id: string) => void;
}

const gridConfig = {
  cols: 12,
  rowHeight: sizes.gridRow,
  margin: [sizes.panelGap, sizes.panelGap],
  containerPadding: [0, 0],
} as const;
const dragConfig = { enabled: true, handle: "[data-drag]", cancel: "button" } as const;
const stay = () => undefined;

export default function EditGrid({ draft, change, remove }: EditGridProps) {
  const { width, containerRef, mounted } = useContainerWidth();
  const layout = draft.panels.map(({ id, at }) => ({ i: id, ...at, minW: 2, minH: 2 }));
  // Told at the end of a drag only: nothing but a hand moves a panel.
  const placed = (next: Layout) => {
    const places = next.map(({ i, x, y, w, h }) => ({ id: i, at: { x, y, w, h } }));
    const moved = withPlaces(draft, places);
    if (JSON.stringify(moved.panels) !== JSON.stringify(draft.panels)) change(moved);
  };
  return (
    <div ref={containerRef} className={styles.editGrid}>
      {mounted ? (
        <GridLayout
          layout={layout}
          width={width}
          gridConfig={gridConfig}
          dragConfig={dragConfig}
          compactor={noCompactor}
          onDragStop={placed}
          onResizeStop={placed}
        >
          {draft.panels.map((panel) => (
            <div key={panel.id}>
              <Panel panel={panel} zoomed={false} zoom={stay} remove={() => remove(panel.id)} />
            </div>
          ))}
        </GridLayout>
      ) : null}
    </div>
  );
}
