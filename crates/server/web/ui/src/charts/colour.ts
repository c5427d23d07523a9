// Which colour a series has. Kinds of work keep their hue; what has no hue takes the palette in order; the rest is grey.

export const PALETTE = 8;

/** A name's own place in the palette, the same wherever it is drawn (FNV-1a). */
function ownPlace(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % PALETTE;
}

/** Places in the palette of names that are drawn together. Each takes its own place, or the next free one: in the order of
 * the alphabet, so that a change of ranks changes no colour. */
export function placesOf(names: readonly string[]): number[] {
  const taken = new Map<string, number>();
  const used = new Set<number>();
  for (const name of [...new Set(names)].sort()) {
    if (used.size === PALETTE) used.clear();
    let place = ownPlace(name);
    while (used.has(place)) place = (place + 1) % PALETTE;
    used.add(place);
    taken.set(name, place);
  }
  return names.map((name) => taken.get(name) ?? 0);
}

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
