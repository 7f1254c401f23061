/** What the demo's café sells. Invented; money in cents. */

export interface Product {
  readonly product_id: string;
  readonly category: string;
  readonly item: string;
  readonly size: string;
  /** Cost of goods sold and price, in cents. */
  readonly cogsCents: number;
  readonly priceCents: number;
  /** Units on the shelf when it is full. */
  readonly inventory_level: number;
  readonly contains_fruit: boolean;
  readonly contains_veggies: boolean;
  readonly contains_nuts: boolean;
  readonly contains_caffeine: boolean;
  /** Relative: how often it is chosen. */
  readonly propensity_to_buy: number;
}

/** Name, size, cost, price, shelf, contents (f v n c), propensity. */
type Line = readonly [string, string, number, number, number, string, number];

const menu: Readonly<Record<string, readonly Line[]>> = {
  "Fruit Smoothies": [
    ["Harbour Mango", "M", 168, 599, 160, "f", 11],
    ["Harbour Mango", "L", 214, 749, 140, "f", 7],
    ["Berry Lantern", "M", 182, 629, 160, "f", 12],
    ["Berry Lantern", "L", 231, 779, 120, "f", 6],
    ["Paper Kite Peach", "M", 171, 599, 120, "f", 7],
    ["Banana Ferry", "M", 149, 549, 140, "fn", 8],
    ["Pineapple Signal", "L", 208, 729, 100, "f", 5],
  ],
  "Green Smoothies": [
    ["Garden Gate", "M", 176, 629, 120, "fv", 6],
    ["Garden Gate", "L", 224, 769, 100, "fv", 4],
    ["Kale Weather", "M", 181, 649, 100, "fv", 3],
    ["Cucumber Canal", "M", 163, 599, 80, "v", 3],
    ["Spinach & Pear Pier", "L", 219, 759, 80, "fv", 3],
  ],
  "Protein Shakes": [
    ["Almond Anchor", "L", 243, 829, 100, "n", 5],
    ["Peanut Rower", "L", 238, 819, 100, "fn", 6],
    ["Oat Lighthouse", "M", 189, 679, 90, "n", 4],
    ["Cocoa Winch", "L", 236, 799, 90, "n", 4],
  ],
  "Coffee Blends": [
    ["Night Ferry Mocha", "M", 158, 579, 160, "c", 9],
    ["Night Ferry Mocha", "L", 199, 709, 120, "c", 5],
    ["Cold Brew Breeze", "M", 121, 499, 180, "c", 10],
    ["Hazel Harbour Latte", "M", 166, 609, 120, "nc", 6],
    ["Matcha Mooring", "M", 187, 649, 100, "c", 5],
  ],
  Juices: [
    ["Orange Quay", "S", 119, 449, 160, "f", 7],
    ["Carrot Compass", "S", 112, 429, 100, "fv", 4],
    ["Beet Beacon", "S", 116, 439, 80, "fv", 2],
    ["Ginger Gale Shot", "S", 74, 329, 140, "fv", 5],
    ["Apple Slipway", "M", 131, 479, 120, "f", 5],
  ],
};

/** "Fruit Smoothies", 3 → "FS03" */
const idOf = (category: string, number: number): string =>
  category.replace(/[^A-Z]/g, "").padEnd(2, "U") + `${number}`.padStart(2, "0");

export const products: readonly Product[] = Object.entries(menu).flatMap(([category, lines]) =>
  lines.map(([name, size, cogsCents, priceCents, shelf, contents, propensity], at) => ({
    product_id: idOf(category, at + 1),
    category,
    item: `${name} ${size}`,
    size,
    cogsCents,
    priceCents,
    inventory_level: shelf,
    contains_fruit: contents.includes("f"),
    contains_veggies: contents.includes("v"),
    contains_nuts: contents.includes("n"),
    contains_caffeine: contents.includes("c"),
    propensity_to_buy: propensity,
  })),
);
