/** One table: its state, newest rows, columns, segments, ingestion, rejects, definition. */
import { Button, Menu, Modal, SegmentedControl } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconDotsVertical, IconPlayerPause, IconPlayerPlay, IconTerminal2 } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ConsumeFrom, TableDetail } from "#schemas/api/tables";
import { api } from "../api.ts";
import { formatCount } from "../format.ts";
import { newPlaces, PanelPageContext } from "../panel/page-context.ts";
import { TablePanel } from "../panel/table.tsx";
import { useLive } from "../panel/use-live.ts";
import type { TableSearch } from "../search.ts";
import { Bar } from "../shell/bar.tsx";
import { Disconnected } from "../shell/connection.tsx";
import { Failed } from "../shell/empty.tsx";
import shell from "../shell/shell.module.css";
import { openInTab } from "../store.ts";
import { sizes } from "../theme.ts";
import { zoneOf } from "../time.ts";
import type { Dated } from "../watch-state.ts";
import { Columns } from "./columns.tsx";
import { Configuration } from "./configuration.tsx";
import { TableState, Tiles } from "./facts.tsx";
import { GoOn } from "./go-on.tsx";
import { Ingestion, Rejects } from "./ingestion.tsx";
import { columnsOf, newestSql } from "./newest.ts";
import { Segments } from "./segments.tsx";
import styles from "./tables.module.css";
import { useStale, useTable } from "./use-tables.ts";

const route = getRouteApi("/tables/$name");
const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;
const plainTable = { kind: "table" } as const;
/** Rows of a table are shown in the reader's own zone. */
const tablePage = {
  range: { kind: "all" },
  zone: zoneOf(undefined),
  places: newPlaces(),
  widen: null,
} as const;

function NewestRows({ table }: { readonly table: TableDetail }) {
  const sql = newestSql(table, columnsOf(table));
  const question = useMemo(() => ({ sql, range: { kind: "all" }, zone: "UTC" }) as const, [sql]);
  const { result, exceptions } = useLive(question);
  const height = sizes.tableRow * 17;
  return (
    <section className={styles.box}>
      <div className={styles.boxHead}>
        <h2>Newest rows</h2>
        <span className="muted">live · {tablePage.zone}</span>
      </div>
      {exceptions === null || result !== null ? null : (
        <div className={styles.boxNote}>{exceptions[0]?.message}</div>
      )}
      {result === null ? null : result.rows.length === 0 ? (
        <div className={styles.boxNote}>No rows yet. They show here the moment they arrive.</div>
      ) : (
        <div className={styles.gridBox} style={{ height }}>
          <PanelPageContext value={tablePage}>
            <TablePanel result={result} settings={plainTable} label="Newest rows" />
          </PanelPageContext>
        </div>
      )}
    </section>
  );
}

interface DropTableProps {
  readonly table: TableDetail;
  readonly opened: boolean;
  readonly close: () => void;
  readonly drop: () => void;
}

function DropTable({ table, opened, close, drop }: DropTableProps) {
  return (
    <Modal opened={opened} onClose={close} title={`Drop ${table.name}`}>
      <p>
        Its {formatCount(table.rows)} rows are deleted from Freshet. What the stream still holds can be read
        again by a new table.
      </p>
      <div className={`${styles.actions} ${styles.below}`}>
        <Button variant="filled" color="red" onClick={drop}>
          Drop
        </Button>
        <Button onClick={close}>Keep</Button>
      </div>
    </Modal>
  );
}

function useActions(table: TableDetail) {
  const client = useQueryClient();
  return async (what: () => Promise<unknown>, done: string) => {
    try {
      await what();
      notifications.show({ message: done });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
    await client.invalidateQueries({ queryKey: ["table", table.name] });
  };
}

function Actions({ table }: { readonly table: TableDetail }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [dropOpened, drop] = useDisclosure(false);
  const act = useActions(table);
  const isPaused = table.state === "paused";
  const toggle = () =>
    isPaused
      ? act(() => api.act(table.name, "resumeConsumption"), `${table.name} consumes again.`)
      : act(() => api.act(table.name, "pauseConsumption"), `${table.name} is paused; its stream waits.`);
  const openSql = () => {
    openInTab(table.name, newestSql(table));
    void navigate({ to: "/sql" });
  };
  const remove = async () => {
    drop.close();
    await act(() => api.dropTable(table.name), `${table.name} is gone.`);
    await client.invalidateQueries({ queryKey: ["tables"] });
    void navigate({ to: "/tables" });
  };
  const goOn = (from: ConsumeFrom) =>
    act(() => api.goOn(table.name, from), `${table.name} goes on; see its ingestion for the gap.`);
  return (
    <>
      <GoOn table={table} goOn={goOn} />
      <Button leftSection={<IconTerminal2 {...icon} />} onClick={openSql}>
        Query
      </Button>
      <Button
        leftSection={isPaused ? <IconPlayerPlay {...icon} /> : <IconPlayerPause {...icon} />}
        onClick={() => void toggle()}
      >
        {isPaused ? "Resume" : "Pause"}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button aria-label={`More for ${table.name}`} px="xs">
            <IconDotsVertical {...icon} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() =>
              void act(() => api.act(table.name, "forceCommit"), "What was consumed is being sealed.")
            }
          >
            Seal now
          </Menu.Item>
          <Menu.Item color="red" onClick={drop.open}>
            Drop the table
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DropTable table={table} opened={dropOpened} close={drop.close} drop={() => void remove()} />
    </>
  );
}

type View = NonNullable<TableSearch["view"]>;

function Content({ table, view }: { readonly table: Dated<TableDetail>; readonly view: View }) {
  switch (view) {
    case "overview":
      return (
        <>
          <Tiles table={table} />
          <NewestRows table={table} />
        </>
      );
    case "columns":
      return <Columns table={table} />;
    case "segments":
      return <Segments table={table} />;
    case "ingestion":
      return <Ingestion table={table} />;
    case "rejects":
      return <Rejects table={table} />;
    case "configuration":
      return <Configuration table={table} />;
  }
}

interface MessageProps {
  readonly table: TableDetail;
  /** Why its state cannot be told any more: it was dropped, say. */
  readonly error: Error | null;
}

function Message({ table, error }: MessageProps) {
  const text = error?.message ?? table.message;
  if (text === null) return null;
  const isBad = error !== null || table.state === "stopped";
  return (
    <div className={styles.message} data-tone={isBad ? "bad" : undefined} role="status">
      {text}
    </div>
  );
}

export function TablePage() {
  const { name } = route.useParams();
  const { view = "overview" } = route.useSearch();
  const navigate = route.useNavigate();
  const { value: table, error, retry } = useTable(name);
  const isStale = useStale();
  const labels: Readonly<Record<View, string>> = {
    overview: "Overview",
    columns: "Columns",
    segments: "Segments",
    ingestion: "Ingestion",
    rejects: table !== null && table.rejected > 0 ? `Rejects ${formatCount(table.rejected)}` : "Rejects",
    configuration: "Configuration",
  };
  return (
    <>
      <Bar title={name} parent={{ label: "Tables", to: "/tables" }}>
        <Disconnected />
        {table === null ? null : (
          <>
            <TableState table={table} />
            <Actions table={table} />
          </>
        )}
      </Bar>
      <div className={shell.content}>
        {error !== null && table === null ? <Failed error={error} retry={retry} /> : null}
        {table === null ? null : (
          <div className={styles.page} data-stale={isStale || undefined}>
            <div className={styles.views}>
              <SegmentedControl
                value={view}
                onChange={(next) => void navigate({ search: { view: next as View } })}
                data={Object.entries(labels).map(([value, label]) => ({ value, label }))}
              />
            </div>
            <Message table={table} error={error} />
            <Content table={table} view={view} />
          </div>
        )}
      </div>
    </>
  );
}
