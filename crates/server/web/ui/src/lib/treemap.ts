// Rectangles whose areas are shares of a whole, as square as possible: the squarified treemap of Bruls, Huizing and
// van Wijk ("Squarified Treemaps", 2000).

export interface Tile {
  /** Index of the value. */
  index: number;
  /** Shares of the width and height, 0 to 1. */
  x: number;
  y: number;
  w: number;
  h: number;
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The worst ratio of sides in a row of these areas along a side of this length. */
function worst(areas: readonly number[], side: number): number {
  const sum = areas.reduce((a, b) => a + b, 0);
  const [most, least] = [Math.max(...areas), Math.min(...areas)];
  return Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
}

/** Places a row along the shorter side of `box`; gives what is left of it. */
function place(row: readonly [index: number, area: number][], box: Box, tiles: Tile[]): Box {
  const sum = row.reduce((all, [, area]) => all + area, 0);
  const upright = box.w >= box.h;
  const depth = sum / (upright ? box.h : box.w);
  let at = upright ? box.y : box.x;
  for (const [index, area] of row) {
    const length = area / depth;
    tiles.push(
      upright
        ? { index, x: box.x, y: at, w: depth, h: length }
        : { index, x: at, y: box.y, w: length, h: depth },
    );
    at += length;
  }
  return upright
    ? { ...box, x: box.x + depth, w: box.w - depth }
    : { ...box, y: box.y + depth, h: box.h - depth };
}

/** Tiles of the values above zero in a box of this width and height; positions are shares of the box. */
export function treemap(values: readonly number[], width: number, height: number): Tile[] {
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  if (total <= 0 || width <= 0 || height <= 0) return [];
  const waiting = values
    .map((value, index): [number, number] => [index, (Math.max(0, value) / total) * width * height])
    .filter(([, area]) => area > 0)
    .sort((a, b) => b[1] - a[1]);
  const tiles: Tile[] = [];
  let box: Box = { x: 0, y: 0, w: width, h: height };
  let row: [number, number][] = [];
  for (const next of waiting) {
    const side = Math.min(box.w, box.h);
    const areas = row.map(([, area]) => area);
    if (row.length > 0 && worst([...areas, next[1]], side) > worst(areas, side)) {
      box = place(row, box, tiles);
      row = [];
    }
    row.push(next);
  }
  if (row.length > 0) place(row, box, tiles);
  return tiles.map(({ index, x, y, w, h }) => ({
    index,
    x: x / width,
    y: y / height,
    w: w / width,
    h: h / height,
  }));
}
