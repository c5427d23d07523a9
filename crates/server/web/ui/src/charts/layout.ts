// From series to steps and stacks, without a screen: what is drawn where is decided here, in numbers.
import type { Series } from "./types";

/** The start of every step that touches the range, aligned as the points are. */
export function gridOf(series: readonly Series[], since: number, until: number, stepMs: number): number[] {
  if (!(stepMs > 0) || !(until > since)) return [];
  const anchor = series.find((one) => !one.dashed && one.points.length > 0)?.points[0]?.t ?? 0;
  const offset = ((anchor % stepMs) + stepMs) % stepMs;
  const first = Math.floor((since - offset) / stepMs) * stepMs + offset;
  const count = Math.min(5000, Math.ceil((until - first) / stepMs - 1e-9));
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * stepMs);
}

/** One value a step of the grid: null where nothing is known, as where there is no point. */
export function onGrid(series: Series, grid: readonly number[], stepMs: number): (number | null)[] {
  const values: (number | null)[] = grid.map(() => null);
  const first = grid[0];
  if (first === undefined) return values;
  for (const point of series.points) {
    const index = Math.round((point.t - first) / stepMs);
    if (index >= 0 && index < values.length) values[index] = point.v;
  }
  return values;
}

export interface Layer {
  base: number[];
  top: number[];
}

/** Layers upon each other, the first lowest. Unknown adds nothing. */
export function stackLayers(rows: readonly (readonly (number | null)[])[]): Layer[] {
  const height = new Array<number>(rows[0]?.length ?? 0).fill(0);
  return rows.map((row) => {
    const base = [...height];
    row.forEach((value, index) => {
      height[index] = (height[index] ?? 0) + Math.max(0, value ?? 0);
    });
    return { base, top: [...height] };
  });
}

/** The highest point that is drawn. */
export function peakOf(rows: readonly (readonly (number | null)[])[], stacked: boolean): number {
  if (!stacked) return rows.reduce((most, row) => row.reduce<number>((a, b) => Math.max(a, b ?? 0), most), 0);
  const tops = stackLayers(rows);
  return Math.max(0, ...(tops[tops.length - 1]?.top ?? []));
}

/** Runs of known values as [first, last] places: what stands between two runs is a gap. */
export function runsOf(values: readonly (number | null)[]): [number, number][] {
  const runs: [number, number][] = [];
  let start = -1;
  values.forEach((value, index) => {
    if (value !== null && start < 0) start = index;
    if (start >= 0 && (value === null || index === values.length - 1)) {
      runs.push([start, value === null ? index - 1 : index]);
      start = -1;
    }
  });
  return runs;
}

/** Widens a stretch of time to whole steps within the range. */
export function snap(
  from: number,
  to: number,
  grid: readonly number[],
  stepMs: number,
  bounds: readonly [number, number],
): [number, number] {
  const origin = grid[0] ?? 0;
  const low = Math.floor((Math.min(from, to) - origin) / stepMs) * stepMs + origin;
  const high = Math.ceil((Math.max(from, to) - origin) / stepMs) * stepMs + origin;
  return [Math.max(low, bounds[0]), Math.min(Math.max(high, low + stepMs), bounds[1])];
}
