/** The keyboard sheet. */
import { Kbd, Modal } from "@mantine/core";
import { Fragment } from "react";
import styles from "./shell.module.css";

const mod = /mac|iphone|ipad/i.test(navigator.platform) ? "⌘" : "Ctrl";

const sections: readonly {
  readonly title: string;
  readonly keys: readonly (readonly [string, ...string[]])[];
}[] = [
  {
    title: "Everywhere",
    keys: [
      ["Find a page, table or command", mod, "K"],
      ["Dashboards", "g", "d"],
      ["SQL", "g", "s"],
      ["Tables", "g", "t"],
      ["This sheet", "?"],
    ],
  },
  {
    title: "Dashboard",
    keys: [
      ["Pause or resume live", "p"],
      ["Time range", "t"],
      ["Edit", "e"],
      ["Leave the zoomed panel", "Esc"],
    ],
  },
  {
    title: "SQL",
    keys: [
      ["Run the statement at the cursor, or what is selected", mod, "Enter"],
      ["Cancel the running query", mod, "."],
      ["Format", "Shift", "Alt", "F"],
      ["Comment lines", mod, "/"],
    ],
  },
];

export function Help({ opened, close }: { readonly opened: boolean; readonly close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="Keyboard">
      {sections.map((section) => (
        <Fragment key={section.title}>
          <h3 className={styles.keysTitle}>{section.title}</h3>
          <dl className={styles.keys}>
            {section.keys.map(([what, ...keys]) => (
              <Fragment key={what}>
                <dt>{what}</dt>
                <dd>
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </dd>
              </Fragment>
            ))}
          </dl>
        </Fragment>
      ))}
    </Modal>
  );
}
