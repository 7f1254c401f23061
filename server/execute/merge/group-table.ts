/** The groups of a whole query: common codes of the keys → group numbers in order of first appearance. */
import { type Stepwise, stepItems } from "#schemas/turns";
import type { Domain } from "#server/execute/merge/domain";
import { PairTable } from "#server/execute/merge/pair-table";

export class GroupTable {
  readonly domains: readonly Domain[];
  private numbered = 0;
  /** One key: group + 1 by code. */
  private byCode = new Uint32Array(256);
  /** More keys: (group so far, code) pairs, one table a key from the second on. */
  private readonly tables: PairTable[];
  /** One key: the code of each group. */
  private codes = new Uint32Array(256);

  /** One key whose codes are the groups: no table at all, but groups may be empty. */
  readonly dense: boolean;

  constructor(domains: readonly Domain[], options: { readonly dense: boolean }) {
    this.domains = domains;
    this.dense = options.dense;
    this.tables = domains.slice(1).map(() => new PairTable());
  }

  get groups(): number {
    if (this.domains.length === 0) return 1;
    return this.dense ? this.domains[0].card : this.numbered;
  }

  bytes(): number {
    return this.tables.reduce(
      (sum, table) => sum + table.bytes(),
      this.byCode.byteLength + this.codes.byteLength,
    );
  }

  /** Group numbers of rows of codes, one array a key. */
  *intern(codes: readonly Uint32Array[]): Stepwise<Uint32Array> {
    if (this.dense) return codes[0];
    if (codes.length === 1) return yield* this.internOne(codes[0]);
    let numbers = codes[0];
    for (const [index, table] of this.tables.entries()) {
      const right = codes[index + 1];
      const paired = new Uint32Array(right.length);
      for (let row = 0; row < right.length; row++) {
        if (row % stepItems === 0) {
          yield* table.reserve(Math.min(stepItems, right.length - row));
          yield;
        }
        paired[row] = table.intern(numbers[row], right[row]);
      }
      numbers = paired;
    }
    this.numbered = this.tables[this.tables.length - 1].count;
    return numbers;
  }

  private *internOne(codes: Uint32Array): Stepwise<Uint32Array> {
    const [domain] = this.domains;
    if (domain.card > this.byCode.length) {
      const grown = new Uint32Array(Math.max(domain.card, this.byCode.length * 2));
      grown.set(this.byCode);
      this.byCode = grown;
    }
    const { byCode } = this;
    const numbers = new Uint32Array(codes.length);
    for (let row = 0; row < codes.length; row++) {
      if (row % stepItems === 0) yield;
      const code = codes[row];
      let group = byCode[code];
      if (group === 0) {
        group = ++this.numbered;
        byCode[code] = group;
        if (group > this.codes.length) this.growCodes();
        this.codes[group - 1] = code;
      }
      numbers[row] = group - 1;
    }
    return numbers;
  }

  private growCodes(): void {
    const grown = new Uint32Array(this.codes.length * 2);
    grown.set(this.codes);
    this.codes = grown;
  }

  /** Per key the codes of the groups listed. */
  *codesOf(groups: Uint32Array): Stepwise<Uint32Array[]> {
    if (this.domains.length === 0) return [];
    if (this.dense) return [groups];
    if (this.domains.length === 1) return [groups.map((group) => this.codes[group])];
    const codes: Uint32Array[] = [];
    let numbers = groups;
    for (let index = this.tables.length - 1; index >= 0; index--) {
      const table = this.tables[index];
      const [low, high] = [new Uint32Array(groups.length), new Uint32Array(groups.length)];
      for (let row = 0; row < groups.length; row++) {
        low[row] = table.low(numbers[row]);
        high[row] = table.high(numbers[row]);
        if (row % stepItems === 0) yield;
      }
      codes.unshift(high);
      numbers = low;
    }
    return [numbers, ...codes];
  }
}
