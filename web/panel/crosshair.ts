/** The instant that the pointer is at on one chart, drawn as a line on all others of the page. */
import { create } from "zustand";

interface Crosshair {
  /** Wall milliseconds, or null while no chart is pointed at. */
  readonly wallMs: number | null;
  readonly source: string;
  point(source: string, wallMs: number | null): void;
}

export const useCrosshair = create<Crosshair>()((set) => ({
  wallMs: null,
  source: "",
  point: (source, wallMs) => set({ wallMs, source }),
}));
