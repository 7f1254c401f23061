import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketStates, unfinishedFrom } from "../../../web/chart/buckets.ts";
import { ColourPlaces } from "../../../web/chart/colours.ts";
import { filledBuckets, pivotOf } from "../../../web/chart/series.ts";
import { coarsened, sparklineOf } from "../../../web/chart/sparkline.ts";
import { suggestChart } from "../../../web/chart/suggest.ts";
import { niceCeiling } from "../../../web/panel/nice.ts";

const hour = 3_600_000;

test("a DATE is the beginning of its day in the page's zone", () => {
  const result = {
    columnNames: ["d", "v"],
    columnTypes: ["DATE", "LONG"] as const,
    rows: [["2026-03-29", 1]],
  };
  const settings = { kind: "line", x: "d", y: ["v"] } as const;
  expect(pivotOf(result, settings, { zone: "America/New_York" }).xs).toEqual([Date.UTC(2026, 2, 29, 4)]);
});

describe("buckets", () => {
  test("missing ones are null, totals go on over them", () => {
    const result = {
      columnNames: ["t", "v"],
      columnTypes: ["LONG", "DOUBLE"] as const,
      rows: [
        [0, 1],
        [3 * hour, 2],
      ],
    };
    const settings = { kind: "line", x: "t", y: ["v"], bucketMs: hour } as const;
    expect(pivotOf(result, settings, { zone: "UTC" }).series[0]!.values).toEqual([1, null, null, 2]);
    expect(pivotOf(result, { ...settings, cumulative: true }, { zone: "UTC" }).series[0]!.values).toEqual([
      1, 1, 1, 3,
    ]);
    const openAt = (nowMs: number) => {
      const pivot = pivotOf(result, settings, { zone: "UTC" });
      const around = { nowMs, range: null, cuts: { start: true, end: true }, zone: "UTC" };
      return unfinishedFrom(pivot, bucketStates(pivot, settings, around));
    };
    expect([3 * hour + 1, 4 * hour].map(openAt)).toEqual([3, 4]);
  });

  test("a day of 25 hours is one bucket", () => {
    expect(filledBuckets([0, 25 * hour], 24 * hour)).toEqual([0, 25 * hour]);
    expect(filledBuckets([0, 48 * hour], 24 * hour)).toEqual([0, 24 * hour, 48 * hour]);
    expect(filledBuckets([], hour)).toEqual([]);
  });

  test("a far outlier cannot fill memory", () => {
    expect(filledBuckets([0, 1e15], 1000).length).toBeLessThan(21_000);
  });
});

describe("colours", () => {
  const placed = (groups: readonly (readonly string[])[], names: readonly string[]) => {
    const places = new ColourPlaces(8);
    for (const group of groups) places.learn("k", group);
    return names.map((name) => places.placeOf("k", name));
  };

  test("places follow from the values alone, in whatever order and company they come; eight values have eight", () => {
    const someNames = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(someNames, fc.infiniteStream(fc.nat(3)), (names, chance) => {
        const expected = placed([names], names);
        const shuffled = names.toSorted(() => (chance.next().value ?? 0) - 1.5);
        const cut = Math.floor(names.length / 2);
        expect(placed([shuffled.slice(cut), shuffled.slice(0, cut)], names)).toEqual(expected);
        expect(
          placed(
            shuffled.map((name) => [name]),
            names,
          ),
        ).toEqual(expected);
        expect(new Set(expected).size).toBe(Math.min(8, names.length));
      }),
    );
  });

  test("what other columns hold does not move them, and what is fixed stays", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { maxLength: 12 }),
        fc.uniqueArray(fc.string()),
        (names, others) => {
          const alone = placed([names], names);
          const places = new ColourPlaces(8, { Fruit: 3, __proto__: 1 });
          places.learn("other", others);
          places.learn("k", names);
          if (!names.includes("Fruit")) expect(names.map((name) => places.placeOf("k", name))).toEqual(alone);
          places.learn("k", ["Fruit"]);
          expect([places.placeOf("k", "Fruit"), places.placeOf("other", "Fruit")]).toEqual([3, 3]);
          if (names.length < 7)
            expect(names.filter((name) => name !== "Fruit" && places.placeOf("k", name) === 3)).toEqual([]);
        },
      ),
    );
  });

  test("who drew with a place that moved is told", () => {
    const places = new ColourPlaces(8);
    let told = 0;
    places.watch(() => told++);
    places.learn("k", ["a", "b"]);
    places.learn("k", ["b"]);
    expect(told).toBe(1);
  });
});

describe("sparkline", () => {
  test("needs two points, stays in its box, keeps at most forty", () => {
    expect(sparklineOf([1])).toBeNull();
    expect(sparklineOf([5, 5])?.line).toBe("M0,50L100,50");
    expect(coarsened(Array.from({ length: 1000 }, (_, at) => at)).length).toBeLessThanOrEqual(40);
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 2, maxLength: 200 }),
        (values) => {
          const numbers = sparklineOf(values)!
            .line.match(/-?[\d.]+/g)!
            .map(Number);
          expect(numbers.every((number) => number >= 0 && number <= 100)).toBe(true);
        },
      ),
    );
  });
});

describe("a first chart", () => {
  const suggest = (types: readonly string[], rows: readonly (readonly (number | string)[])[]) =>
    suggestChart({ columnNames: types.map((_, at) => `c${at}`), columnTypes: types as never, rows });
  test("follows the shape of the result", () => {
    const t = 1_700_000_000_000;
    expect(
      suggest(
        ["LONG", "DOUBLE"],
        [
          [t, 1],
          [t + hour, 2],
          [t + 2 * hour, 3],
        ],
      ),
    ).toMatchObject({ kind: "line", x: "c0", bucketMs: hour });
    expect(
      suggest(
        ["TIMESTAMP", "STRING", "LONG"],
        [
          [t, "a", 1],
          [t + hour, "a", 2],
        ],
      ),
    ).toMatchObject({ kind: "stackedBar", series: "c1" });
    expect(suggest(["STRING", "LONG"], [["a", 1]])).toMatchObject({ kind: "bar", x: "c0", y: ["c1"] });
    expect(suggest(["LONG"], [[5]])).toMatchObject({ kind: "bigNumber" });
    expect(suggest(["STRING"], [["a"]])).toBeNull();
    expect(suggest(["LONG"], [])).toBeNull();
  });
});

test("bars end at round numbers", () => {
  expect([0, 1, 1.1, 9.5, 103, 260].map(niceCeiling)).toEqual([1, 1, 1.2, 10, 120, 300]);
});
