/** The time zone picker: every chart, bucket and text of the page follows it. */
import { Combobox, useCombobox } from "@mantine/core";
import { IconWorld } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { sizes } from "../theme.ts";
import { allZones, offsetLabel, zoneOf } from "../time.ts";
import styles from "./dashboard.module.css";

const shownMax = 60;

/** Zones whose name holds the text, the reader's own first. */
function zonesNamed(search: string): readonly string[] {
  const wanted = search.trim().toLowerCase().replaceAll(" ", "_");
  const own = zoneOf(undefined);
  const all = [own, ...allZones().filter((name) => name !== own)];
  return all.filter((name) => name.toLowerCase().includes(wanted)).slice(0, shownMax);
}

export function ZonePicker({
  zone,
  change,
}: {
  readonly zone: string;
  readonly change: (zone: string) => void;
}) {
  const [search, setSearch] = useState("");
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setSearch("");
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const zones = useMemo(() => zonesNamed(search), [search]);
  const nowMs = Date.now();
  return (
    <Combobox
      store={combobox}
      width={sizes.sidebar}
      position="bottom-end"
      shadow="md"
      onOptionSubmit={(name) => {
        change(name);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target targetType="button">
        <button
          type="button"
          className={styles.control}
          aria-label={`Time zone: ${zone}`}
          title={zone}
          onClick={() => combobox.toggleDropdown()}
        >
          <IconWorld size={sizes.iconSmall} aria-hidden />
          <span className={styles.zoneName}>{zone.split("/").at(-1)?.replaceAll("_", " ")}</span>
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          placeholder="Find a zone"
          aria-label="Find a zone"
        />
        <Combobox.Options mah={sizes.card} style={{ overflowY: "auto" }}>
          {zones.length === 0 ? <Combobox.Empty>No zone by that name</Combobox.Empty> : null}
          {zones.map((name) => (
            <Combobox.Option key={name} value={name} active={name === zone}>
              {name.replaceAll("_", " ")} <span className="muted">{offsetLabel(name, nowMs)}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
