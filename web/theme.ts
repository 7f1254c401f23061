/**
 * Every colour and every size of the app. Components use the CSS variables made here (`--space-2`, `--text-muted`);
 * charts, which draw on a canvas, read the same values as objects. A test keeps literals out of all other files.
 */
import { Button, type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

export type Scheme = "light" | "dark";

const unit = 4;
const px = (value: number) => `${value}px`;

/** Lengths in pixels. */
export const sizes = {
  line: 1,
  hair: 2,
  rail: 56,
  railPinned: 200,
  topBar: 48,
  bottomBar: 56,
  panelHeader: 32,
  gridRow: 32,
  panelGap: 12,
  tableRow: 28,
  control: 30,
  controlSmall: 26,
  target: 24,
  icon: 16,
  iconSmall: 14,
  iconLarge: 20,
  dot: 8,
  sidebar: 256,
  page: 1240,
  form: 560,
  card: 300,
  prose: 420,
  menu: 360,
  menuTall: 420,
  editorMin: 96,
  resultMin: 120,
  stripe: 40,
  spark: 48,
  rangeMenu: 460,
  columnMin: 64,
  columnMax: 420,
  letter: 7.4,
} as const;

/** Type sizes in pixels. */
export const types = { tiny: 11, small: 12, base: 13, body: 14, heading: 16, title: 20, big: 40 } as const;

export interface Palette {
  readonly page: string;
  readonly panel: string;
  readonly raised: string;
  readonly hover: string;
  readonly border: string;
  readonly borderStrong: string;
  readonly text: string;
  readonly textMuted: string;
  readonly accent: string;
  readonly accentText: string;
  readonly accentSoft: string;
  /** Behind the text of the main button, and under the pointer. */
  readonly accentFill: string;
  readonly accentFillHover: string;
  readonly onAccent: string;
  readonly amber: string;
  readonly amberText: string;
  readonly amberSoft: string;
  readonly red: string;
  readonly redText: string;
  readonly redSoft: string;
  readonly grid: string;
  readonly bar: string;
  readonly barText: string;
  readonly shadow: string;
  readonly overlay: string;
  readonly syntaxKeyword: string;
  readonly syntaxText: string;
  readonly syntaxNumber: string;
  readonly syntaxComment: string;
  /** Eight hues in a fixed order, told apart by colour-blind readers. */
  readonly series: readonly string[];
}

export const palettes: Readonly<Record<Scheme, Palette>> = {
  light: {
    page: "#f7f8fa",
    panel: "#ffffff",
    raised: "#ffffff",
    hover: "#f0f3f6",
    border: "#e1e6ec",
    borderStrong: "#c9d1da",
    text: "#17202a",
    textMuted: "#596775",
    accent: "#0f9d8a",
    accentText: "#0a7365",
    accentSoft: "#e3f4f1",
    accentFill: "#0b7d6e",
    accentFillHover: "#09695d",
    onAccent: "#ffffff",
    amber: "#b7791f",
    amberText: "#8a5a0f",
    amberSoft: "#fbf1dd",
    red: "#d13438",
    redText: "#b3262a",
    redSoft: "#fdecec",
    grid: "#e6eaef",
    bar: "#cfebe6",
    barText: "#17202a",
    shadow: "0 8px 28px rgba(23, 32, 42, 0.16)",
    overlay: "rgba(23, 32, 42, 0.4)",
    syntaxKeyword: "#7048b8",
    syntaxText: "#0a7365",
    syntaxNumber: "#1f5fc4",
    syntaxComment: "#66727e",
    series: ["#0f9d8a", "#3b6fd4", "#c27c0e", "#c2528b", "#7a5cc7", "#5a8f29", "#d1603d", "#64748b"],
  },
  dark: {
    page: "#0e1217",
    panel: "#161b22",
    raised: "#1c232c",
    hover: "#1f2731",
    border: "#262e38",
    borderStrong: "#3a4552",
    text: "#e6edf3",
    textMuted: "#9aa7b4",
    accent: "#2dd4bf",
    accentText: "#2dd4bf",
    accentSoft: "#12332f",
    accentFill: "#2dd4bf",
    accentFillHover: "#5ee2d1",
    onAccent: "#06231f",
    amber: "#e3a63f",
    amberText: "#eab659",
    amberSoft: "#33270f",
    red: "#f47174",
    redText: "#ff8f91",
    redSoft: "#3a1a1c",
    grid: "#252d37",
    bar: "#1b4741",
    barText: "#e6edf3",
    shadow: "0 8px 28px rgba(0, 0, 0, 0.5)",
    overlay: "rgba(0, 0, 0, 0.6)",
    syntaxKeyword: "#c3a6ff",
    syntaxText: "#5eead4",
    syntaxNumber: "#8ab4ff",
    syntaxComment: "#8794a1",
    series: ["#2dd4bf", "#7aa2f7", "#e0af68", "#f08cb8", "#b39df3", "#9ccc65", "#ff9e7a", "#94a3b8"],
  },
};

/** Tags that tell columns by type in the schema tree. */
export const fonts = {
  text: "'Inter Variable', system-ui, sans-serif",
  code: "'JetBrains Mono Variable', ui-monospace, monospace",
} as const;

/** Weights of the variable font: two, no more. */
export const weights = { normal: 450, strong: 600 } as const;

/** Below this width panels stand in one column and the rail lies at the bottom. */
export const phoneQuery = "(max-width: 760px)";

const accentShades: MantineColorsTuple = [
  "#e3f4f1",
  "#c9ebe5",
  "#9bdcd1",
  "#67cbbb",
  "#3dbba8",
  "#1fae9a",
  "#0f9d8a",
  "#0b8676",
  "#0a7365",
  "#065c51",
];
const darkShades: MantineColorsTuple = [
  "#e6edf3",
  "#b6c2ce",
  "#9aa7b4",
  "#6c7a88",
  "#3a4552",
  "#262e38",
  "#161b22",
  "#12171d",
  "#0e1217",
  "#0a0d11",
];

const mainButton = {
  "--button-bg": "var(--accent-fill)",
  "--button-hover": "var(--accent-fill-hover)",
  "--button-color": "var(--on-accent)",
};

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 8, dark: 4 },
  autoContrast: true,
  colors: { accent: accentShades, dark: darkShades },
  fontFamily: fonts.text,
  fontFamilyMonospace: fonts.code,
  fontSizes: {
    xs: px(types.small),
    sm: px(types.base),
    md: px(types.body),
    lg: px(types.heading),
    xl: px(types.title),
  },
  defaultRadius: px(6),
  radius: { xs: px(4), sm: px(6), md: px(6), lg: px(8), xl: px(12) },
  spacing: { xs: px(unit), sm: px(2 * unit), md: px(3 * unit), lg: px(4 * unit), xl: px(5 * unit) },
  headings: { fontFamily: fonts.text, fontWeight: String(weights.strong) },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: "xs", variant: "default" },
      vars: (_theme, { variant, color }) => ({
        root: variant === "filled" && color === undefined ? mainButton : {},
      }),
    }),
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: sizes.control } },
    TextInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs", comboboxProps: { shadow: "md" } } },
    SegmentedControl: {
      defaultProps: { size: "xs", withItemsBorders: false },
      styles: { label: { paddingInline: px(10) } },
    },
    Tooltip: {
      defaultProps: { openDelay: 400, withArrow: false, fz: types.small, transitionProps: { duration: 120 } },
    },
    Menu: { defaultProps: { shadow: "md", transitionProps: { duration: 120 } } },
    Popover: { defaultProps: { shadow: "md", transitionProps: { duration: 120 } } },
    Modal: { defaultProps: { transitionProps: { duration: 150 }, centered: true } },
  },
});

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function paletteVariables(palette: Palette): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(palette)) {
    if (typeof value === "string") variables[`--${kebab(name)}`] = value;
  }
  palette.series.forEach((colour, index) => {
    variables[`--series-${index + 1}`] = colour;
  });
  return {
    ...variables,
    "--mantine-color-body": palette.page,
    "--mantine-color-text": palette.text,
    "--mantine-color-dimmed": palette.textMuted,
    "--mantine-color-placeholder": palette.textMuted,
    "--mantine-color-anchor": palette.accentText,
    "--mantine-color-default": palette.panel,
    "--mantine-color-default-hover": palette.hover,
    "--mantine-color-default-border": palette.borderStrong,
    "--mantine-color-default-color": palette.text,
    "--mantine-color-gray-light-color": palette.textMuted,
    "--mantine-color-gray-text": palette.textMuted,
    "--mantine-color-error": palette.redText,
    "--mantine-shadow-md": palette.shadow,
    "--mantine-shadow-lg": palette.shadow,
    "--mantine-shadow-xl": palette.shadow,
  };
}

function lengthVariables(): Record<string, string> {
  const variables: Record<string, string> = {
    "--radius-panel": px(8),
    "--radius-input": px(6),
    "--radius-small": px(4),
    "--weight-normal": String(weights.normal),
    "--weight-strong": String(weights.strong),
    "--font-text": fonts.text,
    "--font-code": fonts.code,
    "--gutter": px(5 * unit),
    "--motion": "150ms ease-out",
  };
  for (let step = 1; step <= 12; step++) variables[`--space-${step}`] = px(step * unit);
  for (const [name, value] of Object.entries(sizes)) variables[`--size-${kebab(name)}`] = px(value);
  for (const [name, value] of Object.entries(types)) variables[`--type-${kebab(name)}`] = px(value);
  return variables;
}

/** The tokens as CSS variables, for both schemes. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: lengthVariables(),
  light: paletteVariables(palettes.light),
  dark: paletteVariables(palettes.dark),
});

/** Relative luminance of "#rrggbb", as WCAG defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** WCAG contrast of two colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((left, right) => left - right);
  return (high! + 0.05) / (low! + 0.05);
}

/** The text colour, dark or light, that reads best on a colour. */
export function readableOn(colour: string): string {
  const { panel } = palettes.light;
  const { page } = palettes.dark;
  return contrast(colour, panel) > contrast(colour, page) ? panel : page;
}
