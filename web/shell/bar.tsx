/** The top bar of a page: where we are, and the page's own controls. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import styles from "./shell.module.css";

interface BarProps {
  readonly title: string;
  readonly parent?: { readonly label: string; readonly to: "/dashboards" | "/tables" };
  /** Controls that fit beside the title on a phone. */
  readonly short?: boolean;
  readonly children?: ReactNode;
}

export function Bar({ title, parent, short, children }: BarProps) {
  useEffect(() => {
    document.title = `${title} · Freshet`;
  }, [title]);
  return (
    <header className={styles.bar} data-short={short || undefined}>
      <div className={styles.titles}>
        {parent === undefined ? null : (
          <>
            <Link to={parent.to} className={styles.crumb}>
              {parent.label}
            </Link>
            <span className={styles.crumb} aria-hidden>
              /
            </span>
          </>
        )}
        <h1 className={styles.title}>{title}</h1>
      </div>
      {children === undefined ? null : <div className={styles.controls}>{children}</div>}
    </header>
  );
}
