/** The bar between editor and answer. */
import type { KeyboardEvent, PointerEvent } from "react";
import { useStore } from "../store.ts";
import styles from "./console.module.css";

/** Dragged, or moved by arrow keys. */
export function Split({ box }: { readonly box: { readonly current: HTMLDivElement | null } }) {
  const share = useStore((state) => state.editorShare);
  const change = useStore((state) => state.change);
  const set = (next: number) =>
    change((draft) => void (draft.editorShare = Math.min(0.85, Math.max(0.12, next))));
  const onMove = (event: PointerEvent<HTMLHRElement>) => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    set((event.clientY - bounds.top) / bounds.height);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowUp") set(share - 0.03);
    if (event.key === "ArrowDown") set(share + 0.03);
  };
  return (
    <hr
      className={styles.split}
      tabIndex={0}
      aria-label="Height of the editor"
      aria-orientation="horizontal"
      aria-valuenow={Math.round(share * 100)}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onMove}
      onKeyDown={onKey}
    />
  );
}
