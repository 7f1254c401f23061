/** The frame of every page: the rail (a bottom bar on a phone), commands, help. */
import { Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import {
  IconChartBar,
  IconHelp,
  IconLayoutSidebar,
  IconMoon,
  IconSearch,
  IconSun,
  IconTable,
  IconTerminal2,
} from "@tabler/icons-react";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import mark from "../icon.svg";
import { useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import { Commands } from "./commands.tsx";
import { Help } from "./help.tsx";
import styles from "./shell.module.css";
import { useKeys } from "./use-keys.ts";

const icon = { size: sizes.iconLarge, stroke: 1.5, "aria-hidden": true } as const;

const pages = [
  { to: "/dashboards", label: "Dashboards", icon: <IconChartBar {...icon} /> },
  { to: "/sql", label: "SQL", icon: <IconTerminal2 {...icon} /> },
  { to: "/tables", label: "Tables", icon: <IconTable {...icon} /> },
] as const;

interface RailButtonProps {
  readonly label: string;
  readonly pinned: boolean;
  readonly wideOnly?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function RailButton({ label, pinned, wideOnly, onClick, children }: RailButtonProps) {
  return (
    <Tooltip label={label} position="right" disabled={pinned}>
      <button
        type="button"
        className={wideOnly ? `${styles.item} ${styles.wideOnly}` : styles.item}
        aria-label={label}
        onClick={onClick}
      >
        {children}
        <span className={styles.label}>{label}</span>
      </button>
    </Tooltip>
  );
}

interface RailProps {
  readonly scheme: "light" | "dark";
  readonly switchTheme: () => void;
  readonly openHelp: () => void;
}

function Rail({ scheme, switchTheme, openHelp }: RailProps) {
  const pinned = useStore((state) => state.railPinned);
  const change = useStore((state) => state.change);
  const togglePinned = () => change((draft) => void (draft.railPinned = !draft.railPinned));
  return (
    <nav className={styles.rail} aria-label="Pages">
      <Link to="/dashboards" className={styles.brand} aria-label="Freshet">
        <img src={mark} alt="" className={styles.brandMark} />
        <span className={styles.brandName}>Freshet</span>
      </Link>
      {pages.map((page) => (
        <Tooltip key={page.to} label={page.label} position="right" disabled={pinned}>
          <Link
            to={page.to}
            className={styles.item}
            activeProps={{ "data-active": true }}
            aria-label={page.label}
          >
            {page.icon}
            <span className={styles.label}>{page.label}</span>
          </Link>
        </Tooltip>
      ))}
      <RailButton label="Find" pinned={pinned} onClick={spotlight.open}>
        <IconSearch {...icon} />
      </RailButton>
      <div className={styles.spacer} />
      <RailButton label={scheme === "dark" ? "Light" : "Dark"} pinned={pinned} onClick={switchTheme}>
        {scheme === "dark" ? <IconSun {...icon} /> : <IconMoon {...icon} />}
      </RailButton>
      <RailButton label="Help" pinned={pinned} wideOnly onClick={openHelp}>
        <IconHelp {...icon} />
      </RailButton>
      <RailButton label={pinned ? "Narrow" : "Widen"} pinned={pinned} wideOnly onClick={togglePinned}>
        <IconLayoutSidebar {...icon} />
      </RailButton>
    </nav>
  );
}

export function Shell() {
  const navigate = useNavigate();
  const pinned = useStore((state) => state.railPinned);
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const [helpOpened, help] = useDisclosure(false);
  const switchTheme = () => setColorScheme(scheme === "dark" ? "light" : "dark");
  useKeys({
    "g d": () => void navigate({ to: "/dashboards" }),
    "g s": () => void navigate({ to: "/sql" }),
    "g t": () => void navigate({ to: "/tables" }),
    "?": help.open,
  });
  return (
    <div className={styles.shell} data-pinned={pinned || undefined}>
      <Rail scheme={scheme} switchTheme={switchTheme} openHelp={help.open} />
      <main className={styles.main}>
        <Outlet />
      </main>
      <Commands switchTheme={switchTheme} openHelp={help.open} />
      <Help opened={helpOpened} close={help.close} />
    </div>
  );
}
