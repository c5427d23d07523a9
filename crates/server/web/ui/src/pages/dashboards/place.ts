// Panels on a grid of twelve columns: none lies on another, and each rises as far as it can.

export const COLUMNS = 12;
export const MOST_ROWS = 40;

export interface Placed {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export const LEAST = { w: 2, h: 2 };

const meet = (a: Placed, b: Placed) =>
  a.id !== b.id && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

function within<T extends Placed>(one: T): T {
  const w = Math.min(COLUMNS, Math.max(LEAST.w, Math.round(one.w)));
  const h = Math.min(MOST_ROWS, Math.max(LEAST.h, Math.round(one.h)));
  const x = Math.min(COLUMNS - w, Math.max(0, Math.round(one.x)));
  return { ...one, x, y: Math.max(0, Math.round(one.y)), w, h };
}

/** In reading order. */
export function inOrder<T extends Placed>(panels: readonly T[]): T[] {
  return [...panels].sort((a, b) => a.y - b.y || a.x - b.x);
}

/** Lets every panel rise. The one called `first` takes its place before those that stand at the same height. */
export function settle<T extends Placed>(panels: readonly T[], first?: string): T[] {
  const order = [...panels]
    .map(within)
    .sort((a, b) => a.y - b.y || Number(b.id === first) - Number(a.id === first) || a.x - b.x);
  const placed: T[] = [];
  for (const panel of order) {
    let y = 0;
    // As high as possible, but not through what already stands: from its own height upwards, else down to where it fits.
    const free = (at: number) => placed.every((other) => !meet({ ...panel, y: at }, other));
    y = panel.y;
    while (!free(y)) y += 1;
    while (y > 0 && free(y - 1)) y -= 1;
    placed.push({ ...panel, y });
  }
  return panels.map((panel) => placed.find((one) => one.id === panel.id) ?? panel);
}

/** Moves or sizes one panel; the others make room. Downwards it goes past the panel that stands below. */
export function moved<T extends Placed>(
  panels: readonly T[],
  id: string,
  by: Partial<Record<"x" | "y" | "w" | "h", number>>,
): T[] {
  const one = panels.find((panel) => panel.id === id);
  if (!one) return [...panels];
  const wanted = within({
    ...one,
    x: one.x + (by.x ?? 0),
    y: one.y + (by.y ?? 0),
    w: one.w + (by.w ?? 0),
    h: one.h + (by.h ?? 0),
  });
  if (by.y && by.y > 0) {
    const below = inOrder(panels).find(
      (panel) => panel.id !== id && panel.y >= one.y + one.h && overlapsX(panel, one),
    );
    if (!below) return [...panels];
    // It takes the place of the panel below, which rises into the gap.
    const swapped = panels.map((panel) =>
      panel.id === id
        ? { ...wanted, y: one.y + below.h }
        : panel.id === below.id
          ? { ...panel, y: one.y }
          : panel,
    );
    return settle(swapped, below.id);
  }
  if (by.y && by.y < 0) {
    const above = [...inOrder(panels)]
      .reverse()
      .find((panel) => panel.id !== id && panel.y + panel.h <= one.y && overlapsX(panel, one));
    if (!above) return [...panels];
    return settle(
      panels.map((panel) => (panel.id === id ? { ...wanted, y: above.y } : panel)),
      id,
    );
  }
  return settle(
    panels.map((panel) => (panel.id === id ? wanted : panel)),
    id,
  );
}

const overlapsX = (a: Placed, b: Placed) => a.x < b.x + b.w && b.x < a.x + a.w;

/** Where a new panel goes: below everything. */
export function bottomOf(panels: readonly Placed[]): number {
  return panels.reduce((most, panel) => Math.max(most, panel.y + panel.h), 0);
}
