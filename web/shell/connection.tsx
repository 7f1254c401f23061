/** Says that the live connection is lost, when it is tried again, and offers to do so at once. */
import { Button } from "@mantine/core";
import { live } from "../live.ts";
import { useLivePage, useServerNow } from "../panel/use-live.ts";
import styles from "./shell.module.css";

function Countdown({ retryAtMs }: { readonly retryAtMs: number }) {
  useServerNow(500);
  const seconds = Math.max(0, Math.ceil((retryAtMs - Date.now()) / 1000));
  return (
    <span className={styles.lost} role="status">
      <span className={styles.lostDot} />
      {seconds === 0 ? "Reconnecting" : `Disconnected · retrying in ${seconds} s`}
      <Button onClick={() => live.reconnect()}>Now</Button>
    </span>
  );
}

/** Nothing while the connection stands. */
export function Disconnected() {
  const status = useLivePage((page) => page.status);
  return status.kind === "waiting" ? <Countdown retryAtMs={status.retryAtMs} /> : null;
}
