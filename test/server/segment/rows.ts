/** Arbitrary rows over every column type, for properties. */
import fc from "fast-check";
import type { SqlType } from "#schemas/types";

export const allTypes = {
  int: "INT",
  long: "LONG",
  flag: "BOOLEAN",
  at: "TIMESTAMP",
  float: "FLOAT",
  price: "DOUBLE",
  name: "STRING",
  raw: "STRING",
  blob: "BYTES",
  amount: "BIG_DECIMAL",
} as const satisfies Record<string, SqlType>;

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 4 });
const text = fc.oneof(
  fc.constantFrom("", "a", "b", "a\u0000", "é", "日本", "\u{1f600}"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const positiveZero = (value: number) => value + 0;

/** Canonical decimals: no needless zeros, no sign of zero. */
export const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => decimalText(digits, scale));

function decimalText(digits: bigint, scale: number): string {
  const negative = digits < 0n;
  const padded = (negative ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = padded.slice(0, padded.length - scale);
  const fraction = padded.slice(padded.length - scale).replace(/0+$/, "");
  const plain = fraction === "" ? whole : `${whole}.${fraction}`;
  return negative && plain !== "0" ? `-${plain}` : plain;
}

export const rowArbitrary = fc.record({
  int: orNull(fc.integer().map(BigInt)),
  long: orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  flag: orNull(fc.boolean()),
  at: orNull(fc.bigInt({ min: 1_700_000_000_000n, max: 1_700_000_100_000n })),
  float: orNull(fc.float().map(positiveZero)),
  price: orNull(
    fc
      .oneof(
        fc.double(),
        fc.integer({ min: 0, max: 9999 }).map((cents) => cents / 100),
      )
      .map(positiveZero),
  ),
  name: orNull(text),
  raw: orNull(text),
  blob: orNull(fc.uint8Array({ maxLength: 6 })),
  amount: orNull(decimal),
});
