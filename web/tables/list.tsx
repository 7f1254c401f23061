/** All tables: how many rows, how fast, how fresh, what went wrong. */
import { Button } from "@mantine/core";
import { IconPlus, IconTable } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { formatCounted } from "../format.ts";
import { Bar } from "../shell/bar.tsx";
import { Disconnected } from "../shell/connection.tsx";
import { Empty, Failed } from "../shell/empty.tsx";
import shell from "../shell/shell.module.css";
import { sizes } from "../theme.ts";
import { Facts, RateSparkline, TableState } from "./facts.tsx";
import styles from "./tables.module.css";
import { useRates, useStale, useTables } from "./use-tables.ts";

export function TablesPage() {
  const { value: tables, error, retry } = useTables();
  const isStale = useStale();
  const rates = useRates(tables, isStale);
  const add = (
    <Button
      component={Link}
      to="/add-table"
      variant="filled"
      leftSection={<IconPlus size={sizes.iconSmall} aria-hidden />}
    >
      Add table
    </Button>
  );
  return (
    <>
      <Bar title="Tables" short>
        <Disconnected />
        {add}
      </Bar>
      <div className={shell.content}>
        {error !== null && tables === null ? <Failed error={error} retry={retry} /> : null}
        {tables?.length === 0 ? (
          <Empty
            icon={<IconTable size={sizes.topBar} stroke={1} aria-hidden />}
            title="No tables yet"
            action={add}
          >
            Paste a few rows, drop a file or choose a topic: Freshet proposes the schema.
          </Empty>
        ) : null}
        <div className={styles.cards} data-stale={isStale || undefined}>
          {tables?.map((table) => (
            <Link key={table.name} to="/tables/$name" params={{ name: table.name }} className={styles.card}>
              <div className={styles.cardHead}>
                <h2>{table.name}</h2>
                <TableState table={table} />
              </div>
              <div className={styles.topic}>
                {table.stream} · {table.topic}
              </div>
              <div className={styles.rows}>{formatCounted(table.rows, "row")}</div>
              <div className={styles.rate}>
                <RateSparkline rates={rates.get(table.name) ?? []} />
              </div>
              <Facts table={table} />
            </Link>
          ))}
        </div>
      </div>
    </>
  );
}
