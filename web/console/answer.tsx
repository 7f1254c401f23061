/** What a statement answered: results, a chart of them, the plan, the statistics; or the fault and where it is. */
import { Button, SegmentedControl, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload } from "@tabler/icons-react";
import { type ReactNode, useMemo } from "react";
import type { ChartSettings } from "#schemas/api/dashboards";
import type { QueryException, QueryResponse } from "#schemas/api/query";
import { appLimits } from "#schemas/limits";
import { api } from "../api.ts";
import type { ChartResult } from "../chart/context.ts";
import { suggestChart } from "../chart/suggest.ts";
import { alignOf, formatCell, formatCount, formatCounted, numberOfCell } from "../format.ts";
import { DataGrid, type GridColumn } from "../grid/data-grid.tsx";
import { saveBlob } from "../panel/export.ts";
import { MarkedSql } from "../panel/states.tsx";
import type { ConsoleSearch } from "../search.ts";
import { sizes } from "../theme.ts";
import { AddToDashboard } from "./add-to-dashboard.tsx";
import { ChartView } from "./chart-view.tsx";
import styles from "./console.module.css";
import { Plan } from "./plan.tsx";
import { bare, type Run } from "./run.ts";
import { Statistics, statisticsLine } from "./statistics.tsx";

type View = NonNullable<ConsoleSearch["view"]>;

function resultOf(response: QueryResponse): ChartResult | null {
  const table = response.resultTable;
  if (table === undefined) return null;
  return {
    columnNames: table.dataSchema.columnNames,
    columnTypes: table.dataSchema.columnDataTypes,
    rows: table.rows,
  };
}

/** Columns of the grid: as typed, every digit. */
function gridColumns(result: ChartResult): readonly GridColumn[] {
  return result.columnNames.map((name, at) => {
    const type = result.columnTypes[at] ?? "STRING";
    const align = alignOf(type);
    const isText = align === "left";
    return {
      name: `${at} ${name}`,
      label: name,
      type,
      align,
      format: (cell) => formatCell(cell, type),
      ...(isText ? {} : { order: (cell) => numberOfCell(cell) ?? Number.NEGATIVE_INFINITY }),
    };
  });
}

function Fault({
  fault,
  sql,
  jump,
}: {
  readonly fault: QueryException;
  readonly sql: string;
  readonly jump: (at: number) => void;
}) {
  const { position } = fault;
  return (
    <div className={styles.fault} role="alert">
      {position === undefined ? (
        <div className={styles.faultText}>{fault.message}</div>
      ) : (
        <button type="button" className={styles.faultText} onClick={() => jump(position.start)}>
          {fault.message}
        </button>
      )}
      <MarkedSql sql={sql} exception={fault} />
      <div className={styles.faultCode}>
        {fault.code} · {fault.errorCode}
      </div>
    </div>
  );
}

async function saveCsv(sql: string): Promise<void> {
  try {
    saveBlob(await api.queryCsv(bare(sql)), "result.csv");
  } catch (error) {
    notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
  }
}

interface AnswerProps {
  readonly run: Run | null;
  /** The chart that was chosen for its rows; null: what suits them. */
  readonly chosen: ChartSettings | null;
  readonly choose: (chart: ChartSettings) => void;
  /** The statement in the editor is another one by now. */
  readonly isEdited: boolean;
  readonly view: View;
  readonly setView: (view: View) => void;
  readonly jump: (at: number) => void;
  readonly waiting: ReactNode;
}

interface AnswerBodyProps extends Pick<AnswerProps, "view" | "jump"> {
  readonly run: Run;
  readonly result: ChartResult | null;
  readonly chart: ChartSettings | null;
  readonly setChart: (chart: ChartSettings) => void;
}

function AnswerBody({ run, result, view, jump, chart, setChart }: AnswerBodyProps) {
  const columns = useMemo(() => (result === null ? [] : gridColumns(result)), [result]);
  if (view === "plan") return <Plan sql={run.sql} />;
  const [fault] = run.faults;
  if (fault !== undefined && result === null) {
    return <Fault fault={fault} sql={run.sql} jump={jump} />;
  }
  if (view === "statistics" && run.response !== null) return <Statistics response={run.response} />;
  if (result === null) return <div className={styles.note}>The statement answered nothing.</div>;
  if (view === "chart") return <ChartView result={result} settings={chart} change={setChart} />;
  if (result.rows.length === 0) return <div className={styles.note}>No rows match.</div>;
  return <DataGrid label="Results" columns={columns} rows={result.rows} />;
}

const views = [
  { value: "results", label: "Results" },
  { value: "chart", label: "Chart" },
  { value: "plan", label: "Plan" },
  { value: "statistics", label: "Statistics" },
];

const plainTable = { kind: "table" } as const;

interface KeepProps {
  readonly run: Run;
  readonly chart: ChartSettings;
}

/** What can be kept of an answer. */
function Keep({ run, chart }: KeepProps) {
  const [table] = run.response?.tablesQueried ?? [];
  return (
    <>
      {table === undefined ? null : <AddToDashboard sql={run.sql} table={table} chart={chart} />}
      <Button
        leftSection={<IconDownload size={sizes.iconSmall} aria-hidden />}
        onClick={() => void saveCsv(run.sql)}
      >
        CSV
      </Button>
    </>
  );
}

function summaryOf(response: QueryResponse): string {
  const rows = formatCounted(response.numRowsResultSet, "row");
  return `${response.resultRowsLimitReached ? "first " : ""}${rows} · ${statisticsLine(response)}`;
}

/** That there is more than is shown, how much where it is known, and where to find it. */
function Cut({ response }: { readonly response: QueryResponse }) {
  if (!response.resultRowsLimitReached) return null;
  const shown = formatCounted(response.numRowsResultSet, "row");
  return (
    <div className={styles.cut} role="note">
      These are the first {shown} of more: a page holds {formatCount(appLimits.consoleRows)}. Add a LIMIT or a
      filter, or take all of them as CSV.
    </div>
  );
}

export function Answer({ run, chosen, choose, isEdited, view, setView, jump, waiting }: AnswerProps) {
  const result = useMemo(() => (run?.response == null ? null : resultOf(run.response)), [run]);
  const suggested = useMemo(() => (result === null ? null : suggestChart(result)), [result]);
  const chart = chosen ?? suggested;
  const body = { run, result, view, jump, chart, setChart: choose };
  return (
    <section className={styles.answer} aria-label="Answer">
      <div className={styles.answerBar}>
        <SegmentedControl value={view} onChange={(next) => setView(next as View)} data={views} />
        <div className={styles.line} role="status">
          {waiting ?? (run?.response == null || result === null ? "" : summaryOf(run.response))}
        </div>
        {isEdited ? (
          <Tooltip label="The statement was changed after it ran; this is still its earlier answer">
            <span className={styles.edited}>of the statement before</span>
          </Tooltip>
        ) : null}
        {result === null || run === null ? null : (
          <Keep run={run} chart={view === "chart" && chart !== null ? chart : plainTable} />
        )}
      </div>
      {run?.response == null ? null : <Cut response={run.response} />}
      <div className={styles.answerBody} data-waiting={waiting === null ? undefined : true}>
        {run === null ? (
          <div className={styles.note}>Run a statement to see its rows here.</div>
        ) : (
          <AnswerBody {...body} run={run} />
        )}
      </div>
    </section>
  );
}
