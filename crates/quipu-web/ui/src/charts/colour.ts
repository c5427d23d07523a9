// Which colour a series has. Kinds of work keep their hue; what has no hue takes the palette in order; the rest is grey.

export const PALETTE = 8;

/** The palette's colour at a place, as a hue. */
export const paletteHue = (index: number): string => `--chart-${(index % PALETTE) + 1}`;

/** A colour for style sheets. */
export function colourOf(hue: string | undefined, index: number, rest = false): string {
  if (rest) return "var(--chart-rest)";
  if (!hue) return `var(--chart-${(index % PALETTE) + 1})`;
  if (hue.startsWith("var(")) return hue;
  if (hue.startsWith("--")) return `var(${hue})`;
  return `var(--${hue.replace(/^hue-/, "")})`;
}
