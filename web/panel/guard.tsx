/** A panel that cannot be drawn says so in its own place; the others of the page go on. */
import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import styles from "./panel.module.css";

interface GuardProps {
  /** Another one is tried anew. */
  readonly of: unknown;
  readonly children: ReactNode;
}

interface GuardState {
  readonly message: string | null;
  readonly of: unknown;
}

export class Guard extends Component<GuardProps, GuardState> {
  override state: GuardState = { message: null, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Partial<GuardState> {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  static getDerivedStateFromProps({ of }: GuardProps, state: GuardState): Partial<GuardState> | null {
    return of === state.of ? null : { of, message: null };
  }

  override render(): ReactNode {
    const { message } = this.state;
    if (message === null) return this.props.children;
    return (
      <div className={`${styles.state} ${styles.error}`} role="alert">
        <div className={styles.errorText}>This could not be drawn: {message}</div>
        <Button onClick={() => this.setState({ message: null })}>Try again</Button>
      </div>
    );
  }
}
