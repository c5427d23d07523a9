import { expect, test } from "vitest";
import { type Tile, treemap } from "../src/lib/treemap";

const area = ({ w, h }: Tile) => w * h;

test("areas are the shares of the values, and cover the box", () => {
  const values = [6, 6, 4, 3, 2, 2, 1];
  const tiles = treemap(values, 600, 400);
  for (const tile of tiles) expect(area(tile)).toBeCloseTo((values[tile.index] ?? 0) / 24, 9);
  expect(tiles.reduce((sum, tile) => sum + area(tile), 0)).toBeCloseTo(1, 9);
});

test("no tile overlaps another or leaves the box", () => {
  const tiles = treemap([50, 20, 10, 9, 5, 3, 2, 1, 0.5, 0.01], 1200, 220);
  for (const [at, a] of tiles.entries()) {
    expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(-1e-9);
    expect(Math.max(a.x + a.w, a.y + a.h)).toBeLessThanOrEqual(1 + 1e-9);
    for (const b of tiles.slice(at + 1)) {
      const apart =
        a.x + a.w <= b.x + 1e-9 ||
        b.x + b.w <= a.x + 1e-9 ||
        a.y + a.h <= b.y + 1e-9 ||
        b.y + b.h <= a.y + 1e-9;
      expect(apart).toBe(true);
    }
  }
});

test("tiles are close to squares", () => {
  const tiles = treemap([6, 6, 4, 3, 2, 2, 1], 600, 400);
  const ratio = ({ w, h }: Tile) => Math.max((w * 600) / (h * 400), (h * 400) / (w * 600));
  expect(Math.max(...tiles.map(ratio))).toBeLessThan(3);
});

test("what is zero, negative or nothing has no tile", () => {
  expect(treemap([0, 5, -1], 100, 100).map(({ index }) => index)).toEqual([1]);
  expect(treemap([0, 0], 100, 100)).toEqual([]);
  expect(treemap([1], 0, 100)).toEqual([]);
});
