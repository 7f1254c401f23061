/** A named number that its owner counts, for /metrics. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}
