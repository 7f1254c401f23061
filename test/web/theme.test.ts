import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { contrast, palettes } from "../../web/theme.ts";

const folder = fileURLToPath(new URL("../../web", import.meta.url));
const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(css|tsx?)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

test("only theme.ts names colours and lengths", () => {
  const literal = /#[0-9a-f]{3,8}\b(?!\/)|\brgba?\(|(?<![\w-])\d+(?:\.\d+)?(?:px|rem)\b/gi;
  const found = sources
    .filter((path) => !path.endsWith("theme.ts"))
    .flatMap((path) => {
      const text = readFileSync(path, "utf8")
        .replaceAll(/#schemas\S*/g, "")
        .replaceAll(/@media[^{]*/g, "");
      return [...text.matchAll(literal)].map(([hit]) => `${path.slice(folder.length + 1)}: ${hit}`);
    });
  expect(found).toEqual([]);
});

describe.each(["light", "dark"] as const)("%s", (scheme) => {
  const palette = palettes[scheme];
  const grounds = { page: palette.page, panel: palette.panel, hover: palette.hover };

  test("text reads on every ground: 4.5", () => {
    const texts = {
      text: palette.text,
      muted: palette.textMuted,
      accent: palette.accentText,
      red: palette.redText,
      amber: palette.amberText,
    };
    for (const [ground, behind] of Object.entries(grounds)) {
      for (const [name, colour] of Object.entries(texts)) {
        expect(contrast(colour, behind), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(palette.amberText, palette.amberSoft)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.redText, palette.redSoft)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.accentText, palette.accentSoft)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.onAccent, palette.accentFill)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.onAccent, palette.accentFillHover)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.barText, palette.bar)).toBeGreaterThanOrEqual(4.5);
    for (const name of ["syntaxKeyword", "syntaxText", "syntaxNumber", "syntaxComment"] as const) {
      expect(contrast(palette[name], palette.panel), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("graphics stand out: 3", () => {
    for (const colour of [...palette.series, palette.accent, palette.amber, palette.red]) {
      expect(contrast(colour, palette.panel), colour).toBeGreaterThanOrEqual(3);
    }
  });
});
