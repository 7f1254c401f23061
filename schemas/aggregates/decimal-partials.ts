/**
 * Exact decimal sums of machine numbers, without a bigint a row. A double counts as its shortest decimal,
 * m / 10^scale. One multiplication, one rounding and one division find m and prove it: the quotient is rounded
 * correctly, and among multiples of 10^−scale no other one reads as the same double while m is small enough. What
 * has more digits goes by its text in two limbs of nine digits behind the point; what has still more, or is huge,
 * is left to the caller.
 *
 * Invariant: a group's sum is units / 10^scale + upper / 10^9 + lower / 10^18, each below 2^53, so every addition
 * is exact.
 */
import { addDecimals, type Decimal } from "#schemas/decimal";
import { floatText } from "#schemas/functions/number-text";

const exactMax = 2 ** 53;
/** Adding and taking away 1.5 · 2^52 rounds to the nearest integer. */
const rounder = 6_755_399_441_055_744;
/** Below it two neighbours of 10^−scale are two doubles; and two floats. */
const unitsMax = { double: 10 ** 15, float: 2 ** 23 } as const;
/** Powers of ten up to 10^22 are doubles; sums need room above them. */
const scaleMax = 12;
const powers = Array.from({ length: scaleMax + 1 }, (_, scale) => 10 ** scale);

/** Digits behind the point that one limb holds. */
const limbDigits = 9;
const limb = 10 ** limbDigits;
/** What an upper limb has room for before the point. */
const wholeMax = exactMax / limb;
const [minus, point, zero] = [45, 46, 48];

/** Nine digits of the text from a place on, zeros where it ends; NaN where there is something else. */
function limbOf(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + limbDigits; at++) {
    const digit = at < text.length ? text.charCodeAt(at) - zero : 0;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

export type Precision = keyof typeof unitsMax;

function grown(from: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(capacity);
  to.set(from);
  return to;
}

export class DecimalPartials {
  units = new Float64Array(0);
  counts = new Float64Array(0);
  #scale = 0;
  /** Sums are too large for a smaller unit than this one's. */
  #scaleMost = scaleMax;
  /** Limbs of sums of values with many digits; empty while there are none. */
  #upper = new Float64Array(0);
  #lower = new Float64Array(0);
  /** Why the last `add` did not: the group's sum has no room, so after `take` it may. */
  isFull = false;
  /** The last value that was no short decimal had many digits: its like is not tried at every scale first. */
  #isLong = false;
  readonly #isFloat: boolean;
  readonly #unitsMax: number;

  constructor(precision: Precision) {
    this.#isFloat = precision === "float";
    this.#unitsMax = unitsMax[precision];
  }

  resize(groups: number): void {
    if (groups <= this.units.length) return;
    const capacity = Math.max(groups, this.units.length * 2);
    this.units = grown(this.units, capacity);
    this.counts = grown(this.counts, capacity);
    if (this.#upper.length > 0) this.#roomForLimbs();
  }

  #roomForLimbs(): void {
    this.#upper = grown(this.#upper, this.units.length);
    this.#lower = grown(this.#lower, this.units.length);
  }

  /** The units of the value at the scale, or NaN. */
  #unitsAt(value: number, scale: number): number {
    const power = powers[scale];
    const units = value * power + rounder - rounder;
    if (!(Math.abs(units) <= this.#unitsMax)) return Number.NaN;
    const back = units / power;
    return (this.#isFloat ? Math.fround(back) : back) === value ? units : Number.NaN;
  }

  /** Adds the value; false when it has too many digits or the sum no room: then nothing changed. */
  add(group: number, value: number): boolean {
    let units = this.#unitsAt(value, this.#scale);
    if (Number.isNaN(units) && !this.#isLong) units = this.#unitsElsewhere(value);
    this.#isLong = Number.isNaN(units);
    if (this.#isLong) return this.#addText(group, value);
    const sum = this.units[group] + units;
    this.isFull = !(Math.abs(sum) < exactMax);
    if (this.isFull) return false;
    this.units[group] = sum;
    this.counts[group]++;
    return true;
  }

  /** Adds a value by the digits of its text: up to 18 behind the point, and as many before it as a limb has room for. */
  #addText(group: number, value: number): boolean {
    this.isFull = false;
    const text = this.#isFloat ? floatText(value) : String(value);
    const negative = text.charCodeAt(0) === minus;
    let at = negative ? 1 : 0;
    let whole = 0;
    for (; at < text.length && text.charCodeAt(at) !== point; at++) {
      const digit = text.charCodeAt(at) - zero;
      if (!(digit >= 0 && digit <= 9)) return false;
      whole = whole * 10 + digit;
    }
    const digits = text.length - at - 1;
    if (digits > 2 * limbDigits || !(whole < wholeMax)) return false;
    const upper = limbOf(text, at + 1);
    const lower = limbOf(text, at + 1 + limbDigits);
    if (Number.isNaN(upper + lower)) return false;
    return this.#addLimbs(group, whole * limb + upper, lower, negative ? -1 : 1);
  }

  #addLimbs(group: number, upper: number, lower: number, sign: number): boolean {
    if (this.#upper.length === 0) this.#roomForLimbs();
    const upperSum = this.#upper[group] + sign * upper;
    const lowerSum = this.#lower[group] + sign * lower;
    this.isFull = !(Math.abs(upperSum) < exactMax && Math.abs(lowerSum) < exactMax);
    if (this.isFull) return false;
    this.#upper[group] = upperSum;
    this.#lower[group] = lowerSum;
    this.counts[group]++;
    return true;
  }

  /** Adds rows as long as they fit; answers the first row that does not, or `until`. */
  addRun(
    values: Float64Array,
    gids: Uint32Array | null,
    range: { readonly from: number; readonly until: number },
  ): number {
    const { units, counts } = this;
    const power = powers[this.#scale];
    const [most, isFloat] = [this.#unitsMax, this.#isFloat];
    let row = range.from;
    for (; row < range.until; row++) {
      const value = values[row];
      const found = value * power + rounder - rounder;
      if (!(found <= most && found >= -most)) break;
      const back = found / power;
      if ((isFloat ? Math.fround(back) : back) !== value) break;
      const group = gids === null ? 0 : gids[row];
      const sum = units[group] + found;
      if (!(sum < exactMax && sum > -exactMax)) break;
      units[group] = sum;
      counts[group]++;
    }
    return row;
  }

  /** The units at our scale, found at another one; our scale grows when the value has more digits. */
  #unitsElsewhere(value: number): number {
    for (let scale = 0; scale <= this.#scaleMost; scale++) {
      const units = this.#unitsAt(value, scale);
      if (Number.isNaN(units)) continue;
      if (scale > this.#scale && !this.#raise(scale)) return Number.NaN;
      const scaled = units * powers[this.#scale - scale];
      return Math.abs(scaled) < exactMax ? scaled : Number.NaN;
    }
    return Number.NaN;
  }

  /** Makes the unit smaller; false when a sum has no room for that. */
  #raise(scale: number): boolean {
    const factor = powers[scale - this.#scale];
    if (this.units.some((units) => Math.abs(units) * factor >= exactMax)) {
      this.#scaleMost = this.#scale;
      return false;
    }
    for (let group = 0; group < this.units.length; group++) this.units[group] *= factor;
    this.#scale = scale;
    return true;
  }

  /** A group's sum so far, and how many values it has; the group is then empty. */
  take(group: number): { readonly sum: Decimal; readonly count: number } | null {
    const count = this.counts[group];
    if (count === undefined || count === 0) return null;
    let sum: Decimal = { unscaled: BigInt(this.units[group]), scale: this.#scale };
    this.units[group] = 0;
    this.counts[group] = 0;
    if (this.#upper.length > 0) {
      const limbs = BigInt(this.#upper[group]) * BigInt(limb) + BigInt(this.#lower[group]);
      if (limbs !== 0n) sum = addDecimals(sum, { unscaled: limbs, scale: 2 * limbDigits });
      this.#upper[group] = 0;
      this.#lower[group] = 0;
    }
    return { sum, count };
  }

  bytes(): number {
    return (this.units.byteLength + this.#upper.byteLength) * 2;
  }
}
