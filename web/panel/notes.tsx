/** What a picture does not show, said under it. */
import type { Note } from "../chart/notes.ts";
import styles from "./panel.module.css";

export function Notes({ notes }: { readonly notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  const text = notes.map((note) => note.text).join(" ");
  return (
    <p className={styles.notes} role="note" title={text}>
      {text}
    </p>
  );
}
