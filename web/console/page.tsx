/** The SQL console. The statement and the chosen view are in the address; tabs and history are the browser's own. */
import { Button, Drawer, Kbd } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAlignLeft,
  IconLayoutSidebar,
  IconPlayerPlayFilled,
  IconPlayerStopFilled,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { appLimits } from "#schemas/limits";
import { api } from "../api.ts";
import { formatAge } from "../format.ts";
import { Bar } from "../shell/bar.tsx";
import { CopyLink } from "../shell/share.tsx";
import { useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import { Answer } from "./answer.tsx";
import styles from "./console.module.css";
import { Editor } from "./editor.tsx";
import { SaveQuery } from "./save.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Split } from "./split.tsx";
import { Tabs } from "./tabs.tsx";
import { useConsole } from "./use-console.ts";
import { useSchema } from "./use-schema.ts";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

const drawer = { body: styles.drawerBody! };
const isMac = /mac|iphone|ipad/i.test(navigator.platform);

function Elapsed({ startedMs }: { readonly startedMs: number }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return <>Running for {formatAge(nowMs - startedMs)}</>;
}

interface ToolbarProps {
  readonly isRunning: boolean;
  readonly execute: () => void;
  readonly cancel: () => void;
  readonly format: () => void;
  readonly openSide: () => void;
}

function Toolbar({ isRunning, execute, cancel, format, openSide }: ToolbarProps) {
  return (
    <div className={styles.tools}>
      {isRunning ? (
        <Button leftSection={<IconPlayerStopFilled {...icon} />} onClick={cancel}>
          Cancel
        </Button>
      ) : (
        <Button variant="filled" leftSection={<IconPlayerPlayFilled {...icon} />} onClick={execute}>
          Run
        </Button>
      )}
      <span className={styles.wideOnly}>
        <Kbd size="xs">{isMac ? "⌘" : "Ctrl"}</Kbd> <Kbd size="xs">Enter</Kbd>
      </span>
      <div className={styles.grow} />
      <Button className={styles.phoneOnly!} leftSection={<IconLayoutSidebar {...icon} />} onClick={openSide}>
        Schema
      </Button>
      <Button leftSection={<IconAlignLeft {...icon} />} onClick={format}>
        Format
      </Button>
    </div>
  );
}

function TopBar({ tab }: { readonly tab: string }) {
  const isLong = useStore(
    ({ tabs }) => (tabs.find(({ id }) => id === tab)?.sql.length ?? 0) > appLimits.addressSqlChars,
  );
  return (
    <Bar title="SQL" short>
      <SaveQuery key={tab} tab={tab} />
      <CopyLink
        what="this statement"
        lacking={isLong ? "This statement is too long for a link. Save it by name instead." : undefined}
      />
    </Bar>
  );
}

/** The sidebar beside the editor, and the same in a drawer on a phone. */
function Side({
  opened,
  close,
  children,
}: {
  readonly opened: boolean;
  readonly close: () => void;
  readonly children: ReactNode;
}) {
  return (
    <>
      <aside className={styles.side} aria-label="Schema">
        {children}
      </aside>
      <Drawer opened={opened} onClose={close} size="sm" title="Schema" classNames={drawer}>
        {children}
      </Drawer>
    </>
  );
}

export function ConsolePage() {
  const schema = useSchema();
  const functions = useQuery({
    queryKey: ["functions"],
    queryFn: ({ signal }) => api.functions(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const work = useRef<HTMLDivElement>(null);
  const editorShare = useStore((state) => state.editorShare);
  const [sideOpened, side] = useDisclosure(false);
  const desk = useConsole();
  const { editor, running } = desk;
  return (
    <>
      <TopBar tab={desk.activeTab} />
      <div className={styles.page}>
        <Side opened={sideOpened} close={side.close}>
          <Sidebar schema={schema} insert={(text) => editor.current?.insert(text)} opened={side.close} />
        </Side>
        <div className={styles.work} ref={work}>
          <Tabs />
          <div className={styles.editorBox} style={{ height: `${editorShare * 100}%` }}>
            <Editor
              initial={desk.initial}
              tables={schema.tables}
              functions={functions.data ?? []}
              onChange={desk.edited}
              onRun={desk.execute}
              onCancel={desk.cancel}
              onFormat={() => void desk.format()}
              handle={editor}
            />
          </div>
          <Toolbar
            isRunning={running !== null}
            execute={desk.execute}
            cancel={desk.cancel}
            format={() => void desk.format()}
            openSide={side.open}
          />
          <Split box={work} />
          <Answer
            key={desk.activeTab}
            run={desk.run}
            chosen={desk.chart}
            choose={desk.setChart}
            isEdited={desk.isEdited}
            view={desk.view}
            setView={desk.setView}
            jump={desk.jump}
            waiting={running === null ? null : <Elapsed startedMs={running.startedMs} />}
          />
        </div>
      </div>
    </>
  );
}
