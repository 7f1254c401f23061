/** How fresh the page's data is, and the switch between live and paused. Freshness is the newest event's age. */
import { Tooltip } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { formatAge, formatCount } from "../format.ts";
import type { LivePageState } from "../live-world.ts";
import { useIsLost, useLivePage, useServerNow } from "../panel/use-live.ts";
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
  const isLost = useIsLost();
  const paused = useLivePage((page) => page.paused);
  const isKnown = useLivePage((page) => newestOf(page, tables) !== null);
  if (isLost) return <Disconnected />;
  if (tables.length === 0) return null;
  if (paused) return <Paused tables={tables} />;
  if (!isKnown) return <NoEvents />;
  return (
    <Tooltip label="Age of the newest event">
      <span className={styles.freshness} data-live="live">
        <Age tables={tables} />
      </span>
    </Tooltip>
  );
}

function Paused({ tables }: { readonly tables: readonly string[] }) {
  const rows = useLivePage((page) => newRows(page, tables));
  return (
    <span className={styles.freshness} data-live="paused">
      <span className={styles.dot} />
      paused · {formatCount(rows)} new {rows === 1 ? "row" : "rows"}
    </span>
  );
}

function NoEvents() {
  const isOpen = useLivePage(
    ({ status, tables }) => status.kind === "open" && Object.keys(tables).length > 0,
  );
  return (
    <span className={styles.freshness}>
      <span className={styles.dot} />
      {isOpen ? "no events yet" : "connecting"}
    </span>
  );
}

/** The only part that changes by the second. */
function Age({ tables }: { readonly tables: readonly string[] }) {
  const nowMs = useServerNow(500);
  const newestMs = useLivePage((page) => newestOf(page, tables)) ?? nowMs;
  const ageMs = Math.max(0, nowMs - newestMs);
  return (
    <>
      <span className={styles.dot} data-tone={ageMs > lateMs ? "late" : "live"} />
      {formatAge(ageMs)}
    </>
  );
}

export function LiveSwitch({ change }: { readonly change: (isLive: boolean) => void }) {
  const paused = useLivePage((page) => page.paused);
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
