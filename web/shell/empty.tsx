/** What a page says when it has nothing to show: what is missing, and the one next step. */
import { Button } from "@mantine/core";
import { IconCompass, IconPlugConnectedX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sizes } from "../theme.ts";
import styles from "./shell.module.css";

interface EmptyProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <div className={styles.emptyIcon}>{icon}</div>
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** A request of the page failed: what happened, and a way to try again. */
export function Failed({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  return (
    <Empty
      icon={<IconPlugConnectedX size={sizes.topBar} stroke={1} aria-hidden />}
      title="This could not be loaded"
      action={<Button onClick={retry}>Try again</Button>}
    >
      {error.message}
    </Empty>
  );
}

/** A page broke, or its code was replaced by a newer version while it was open. */
export function Broken({ error }: { readonly error: unknown }) {
  const message = error instanceof Error ? error.message : String(error);
  const isOutdated = /dynamically imported module|module script/i.test(message);
  return (
    <Empty
      icon={<IconPlugConnectedX size={sizes.topBar} stroke={1} aria-hidden />}
      title={isOutdated ? "Freshet was updated" : "This page broke"}
      action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
    >
      {isOutdated ? "This page belongs to an earlier version." : message}
    </Empty>
  );
}

export function NotFound() {
  return (
    <Empty
      icon={<IconCompass size={sizes.topBar} stroke={1} aria-hidden />}
      title="There is no page here"
      action={
        <Button component={Link} to="/dashboards">
          Open the dashboards
        </Button>
      }
    >
      The address does not belong to a dashboard, a table or the console.
    </Empty>
  );
}
