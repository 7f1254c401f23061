/** What a statement answered: results, a chart of them, the plan, the statistics; or the fault and where it is. */
import { Button, SegmentedControl, Select } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import type { ChartKind, ChartSettings } from "#schemas/api/dashboards";
import type { QueryException, QueryResponse } from "#schemas/api/query";
import { api } from "../api.ts";
import type { ChartResult } from "../chart/context.ts";
import { suggestChart } from "../chart/suggest.ts";
import { alignOf, formatCell, formatCount, numberOfCell } from "../format.ts";
import { DataGrid, type GridColumn } from "../grid/data-grid.tsx";
import { BigNumber } from "../panel/big-number.tsx";
import { Chart } from "../panel/chart.tsx";
import { saveBlob } from "../panel/export.ts";
import { MarkedSql } from "../panel/states.tsx";
import type { ConsoleSearch } from "../search.ts";
import { sizes } from "../theme.ts";
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

const kinds: readonly { readonly value: ChartKind; readonly label: string }[] = [
  { value: "line", label: "Line" },
  { value: "area", label: "Area" },
  { value: "bar", label: "Bars" },
  { value: "stackedBar", label: "Stacked bars" },
  { value: "pie", label: "Pie" },
  { value: "bigNumber", label: "Big number" },
];

interface ControlsProps {
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly change: (settings: ChartSettings) => void;
}

function ChartControls({ result, settings, change }: ControlsProps) {
  const names = [...new Set(result.columnNames)];
  const { series: _series, ...withoutSeries } = settings;
  return (
    <div className={styles.chartControls}>
      <Select
        className={styles.chartControl}
        label="Chart"
        data={kinds as { value: string; label: string }[]}
        value={settings.kind}
        allowDeselect={false}
        onChange={(kind) => change({ ...settings, kind: kind as ChartKind })}
      />
      <Select
        className={styles.chartControl}
        label="Along"
        data={names}
        value={settings.x ?? null}
        onChange={(x) => (x === null ? undefined : change({ ...settings, x }))}
      />
      <Select
        className={styles.chartControl}
        label="Value"
        data={names}
        value={settings.y?.[0] ?? null}
        onChange={(y) => (y === null ? undefined : change({ ...settings, y: [y] }))}
      />
      <Select
        className={styles.chartControl}
        label="Split by"
        placeholder="Nothing"
        clearable
        data={names}
        value={settings.series ?? null}
        onChange={(series) => change(series === null ? withoutSeries : { ...settings, series })}
      />
    </div>
  );
}

function ChartView({ result }: { readonly result: ChartResult }) {
  const suggested = useMemo(() => suggestChart(result), [result]);
  const [chosen, setChosen] = useState<ChartSettings | null>(null);
  const settings = chosen ?? suggested;
  if (settings === null) {
    return <div className={styles.note}>Nothing to draw: a chart needs rows with at least one number.</div>;
  }
  return (
    <div className={styles.chartView}>
      <ChartControls result={result} settings={settings} change={setChosen} />
      <div className={styles.chartBox}>
        {settings.kind === "bigNumber" ? (
          <BigNumber result={result} trend={null} settings={{ ...settings, comparisonLabel: "" }} />
        ) : (
          <Chart
            result={result}
            settings={settings}
            range={null}
            nowMs={Date.now()}
            label="Chart of the result"
          />
        )}
      </div>
    </div>
  );
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
  saveBlob(await api.queryCsv(bare(sql)), "result.csv");
}

interface AnswerProps {
  readonly run: Run | null;
  readonly view: View;
  readonly setView: (view: View) => void;
  readonly jump: (at: number) => void;
  readonly waiting: ReactNode;
}

function AnswerBody({
  run,
  result,
  view,
  jump,
}: { readonly run: Run; readonly result: ChartResult | null } & Pick<AnswerProps, "view" | "jump">) {
  const columns = useMemo(() => (result === null ? [] : gridColumns(result)), [result]);
  if (view === "plan") return <Plan sql={run.sql} />;
  const [fault] = run.faults;
  if (fault !== undefined && result === null) {
    return <Fault fault={fault} sql={run.sql} jump={(at) => jump(at + run.offset)} />;
  }
  if (view === "statistics" && run.response !== null) return <Statistics response={run.response} />;
  if (result === null) return <div className={styles.note}>The statement answered nothing.</div>;
  if (view === "chart") return <ChartView key={run.sql} result={result} />;
  if (result.rows.length === 0) return <div className={styles.note}>No rows match.</div>;
  return <DataGrid label="Results" columns={columns} rows={result.rows} />;
}

export function Answer({ run, view, setView, jump, waiting }: AnswerProps) {
  const result = useMemo(() => (run?.response == null ? null : resultOf(run.response)), [run]);
  const rows = run?.response?.numRowsResultSet ?? 0;
  return (
    <section className={styles.answer} aria-label="Answer">
      <div className={styles.answerBar}>
        <SegmentedControl
          value={view}
          onChange={(next) => setView(next as View)}
          data={[
            { value: "results", label: "Results" },
            { value: "chart", label: "Chart" },
            { value: "plan", label: "Plan" },
            { value: "statistics", label: "Statistics" },
          ]}
        />
        <div className={styles.line} role="status">
          {waiting ??
            (run?.response == null || result === null
              ? ""
              : `${formatCount(rows)} ${rows === 1 ? "row" : "rows"} · ${statisticsLine(run.response)}`)}
        </div>
        {result === null || run === null ? null : (
          <Button
            leftSection={<IconDownload size={sizes.iconSmall} aria-hidden />}
            onClick={() => void saveCsv(run.sql)}
          >
            CSV
          </Button>
        )}
      </div>
      <div className={styles.answerBody}>
        {run === null ? (
          <div className={styles.note}>Run a statement to see its rows here.</div>
        ) : (
          <AnswerBody run={run} result={result} view={view} jump={jump} />
        )}
      </div>
    </section>
  );
}
