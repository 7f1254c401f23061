/** How fresh the page's data is, and the switch between live and paused. Freshness is the newest event's age. */
import { Tooltip } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { formatAge, formatCount } from "../format.ts";
import type { LivePageState } from "../live-world.ts";
import { useLivePage, useServerNow } from "../panel/use-live.ts";
import { Disconnected } from "../shell/connection.tsx";
import { sizes } from "../theme.ts";
import styles from "./dashboard.module.css";

/** Past this age a table counts as late. */
const lateMs = 15_000;

function newestOf(page: LivePageState, tables: readonly string[]): number | null {
  let newest: number | null = null;
  for (const table of tables) {
    const eventMs = page.tables[table]?.eventMs ?? null;
    if (eventMs !== null && (newest === null || eventMs > newest)) newest = eventMs;
  }
  return newest;
}

/** Rows that came since the page was paused. */
function newRows(page: LivePageState, tables: readonly string[]): number {
  let count = 0;
  for (const table of tables) {
    const now = page.tables[table]?.rows;
    if (now !== undefined) count += Math.max(0, now - (page.pausedRows[table] ?? now));
  }
  return count;
}

/** Nothing on a dashboard without tables: there is nothing that could be fresh. */
export function Freshness({ tables }: { readonly tables: readonly string[] }) {
  const page = useLivePage();
  const nowMs = useServerNow(200);
  if (page.status.kind === "waiting") return <Disconnected />;
  if (tables.length === 0) return null;
  if (page.paused) {
    const rows = newRows(page, tables);
    return (
      <span className={styles.freshness} data-live="paused">
        <span className={styles.dot} />
        paused · {formatCount(rows)} new {rows === 1 ? "row" : "rows"}
      </span>
    );
  }
  const newestMs = newestOf(page, tables);
  if (newestMs === null) {
    return (
      <span className={styles.freshness}>
        <span className={styles.dot} />
        {page.status.kind === "open" && Object.keys(page.tables).length > 0 ? "no events yet" : "connecting"}
      </span>
    );
  }
  const ageMs = Math.max(0, nowMs - newestMs);
  return (
    <Tooltip label="Age of the newest event">
      <span className={styles.freshness} data-live="live">
        <span className={styles.dot} data-tone={ageMs > lateMs ? "late" : "live"} />
        {formatAge(ageMs)}
      </span>
    </Tooltip>
  );
}

export function LiveSwitch({ change }: { readonly change: (isLive: boolean) => void }) {
  const { paused } = useLivePage();
  const icon = { size: sizes.iconSmall, "aria-hidden": true } as const;
  return (
    <button
      type="button"
      className={styles.control}
      data-paused={paused || undefined}
      aria-label={paused ? "Resume" : "Pause"}
      onClick={() => change(paused)}
    >
      {paused ? <IconPlayerPlayFilled {...icon} /> : <IconPlayerPauseFilled {...icon} />}
      <span className={styles.controlText}>{paused ? "Resume" : "Pause"}</span>
    </button>
  );
}
