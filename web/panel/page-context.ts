/** What all panels of a page share: range, zone, colours. */
import { createContext, useContext } from "react";
import type { LiveRange } from "#schemas/api/live";
import { ColourPlaces } from "../chart/colours.ts";
import { palettes } from "../theme.ts";

/** Another range, in words, and how to take it. */
export interface Widen {
  readonly label: string;
  readonly act: () => void;
}

export interface PanelPage {
  readonly range: LiveRange;
  readonly zone: string;
  readonly places: ColourPlaces;
  /** Makes the range wider, where a page can. */
  readonly widen: Widen | null;
}

/** Colour places for a page of its own. */
export const newPlaces = (fixed: Readonly<Record<string, number>> = {}): ColourPlaces =>
  new ColourPlaces(palettes.light.series.length, fixed);

export const PanelPageContext = createContext<PanelPage>({
  range: { kind: "all" },
  zone: "UTC",
  places: newPlaces(),
  widen: null,
});

export const usePanelPage = (): PanelPage => useContext(PanelPageContext);
