// Rows of an outline that are on the screen: folding, narrowing, self time. Rows are numbers in display order, so a folded
// row is passed over by its size.
import type { Outline } from "./outline";

/** Which rows are folded: all from a level on, but for those that were flipped by hand. */
export interface Folds {
  /** Depths whose rows stay open: 1 shows the roots only. null shows all. */
  level: number | null;
  flipped: ReadonlySet<string>;
}

export const UNFOLDED: Folds = { level: null, flipped: new Set() };

export function isFolded(outline: Outline, row: number, folds: Folds): boolean {
  if (outline.sizeOf(row) <= 1) return false;
  const byLevel = folds.level !== null && (outline.depth[row] ?? 0) >= folds.level - 1;
  return folds.flipped.size > 0 && folds.flipped.has(outline.ids[row] ?? "") ? !byLevel : byLevel;
}

/** Folded where it was open and the other way round. */
export function flip(folds: Folds, id: string): Folds {
  const flipped = new Set(folds.flipped);
  if (!flipped.delete(id)) flipped.add(id);
  return { ...folds, flipped };
}

/** Opens everything above a row. */
export function reveal(outline: Outline, row: number, folds: Folds): Folds {
  let next = folds;
  for (let at = outline.parent[row] ?? -1; at >= 0; at = outline.parent[at] ?? -1)
    if (isFolded(outline, at, next)) next = flip(next, outline.ids[at] ?? "");
  return next;
}

export interface Shown {
  /** Row numbers in display order. */
  rows: Int32Array;
  /** Rows that are not there yet and will stand below. */
  coming: number;
}

/** The rows that are shown; with `keep`, only those it marks, else without those from `second` to `end` of a repeat. */
export function shownRows(
  outline: Outline,
  folds: Folds,
  keep: Uint8Array | null = null,
  repeats: readonly { second: number; end: number }[] = [],
): Shown {
  const ends = new Map(repeats.map(({ second, end }) => [second, end]));
  const rows = new Int32Array(outline.loaded);
  let many = 0;
  let row = 0;
  while (row < outline.loaded) {
    const end = keep ? undefined : ends.get(row);
    if (end !== undefined) {
      row = end;
      continue;
    }
    if (keep && !keep[row]) {
      row += 1;
      continue;
    }
    rows[many] = row;
    many += 1;
    row += isFolded(outline, row, folds) ? outline.sizeOf(row) : 1;
  }
  return {
    rows: rows.subarray(0, many),
    coming: keep ? 0 : Math.max(0, outline.total - Math.max(row, outline.loaded)),
  };
}

/** Where `row` stands in `rows` (which ascend), or the place of the one above it when it is folded away. */
export function placeOf(rows: Int32Array, row: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = rows[middle] ?? 0;
    if (value === row) return middle;
    if (value < row) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/** Marks the rows that `wanted` names and everything above them. */
export function withAncestors(outline: Outline, wanted: Iterable<number>): Uint8Array {
  const keep = new Uint8Array(outline.loaded);
  for (const row of wanted)
    for (let at = row; at >= 0 && at < keep.length && !keep[at]; at = outline.parent[at] ?? -1) keep[at] = 1;
  return keep;
}

/** Direct children that have arrived, in order of start. */
export function* childrenOf(outline: Outline, row: number): Generator<number> {
  const end = Math.min(row + outline.sizeOf(row), outline.loaded);
  for (let at = row + 1; at < end; at += outline.sizeOf(at)) yield at;
}

/** Where rows begin that have no parent. */
export function* rootsOf(outline: Outline): Generator<number> {
  for (let at = 0; at < outline.loaded; at += outline.sizeOf(at)) yield at;
}

export type Interval = readonly [start: number, end: number];

/** The parts of a span in which none of its children runs. Gaps shorter than `least` are left out. */
export function selfTime(outline: Outline, row: number, horizon: number, least = 0): Interval[] {
  const from = outline.startOf(row);
  const end = outline.endOf(row, horizon);
  if (!outline.hasChildren(row)) return [[from, end]];
  const gaps: Interval[] = [];
  let at = from;
  for (const child of childrenOf(outline, row)) {
    const start = outline.startOf(child);
    if (start >= end) break;
    if (start - at > least) gaps.push([at, start]);
    at = Math.max(at, Math.min(outline.endOf(child, horizon), end));
  }
  // While children are still to come, what follows the last one is not known.
  const whole = row + outline.sizeOf(row) <= outline.loaded;
  if (whole && end - at > least) gaps.push([at, end]);
  return gaps;
}

/** Neighbouring intervals closer than `gap` drawn as one: a bar needs no more pieces than pixels. */
export function mergeClose(intervals: readonly Interval[], gap: number): Interval[] {
  const merged: Interval[] = [];
  for (const [start, end] of intervals) {
    const last = merged[merged.length - 1];
    if (last && start - last[1] <= gap) merged[merged.length - 1] = [last[0], end];
    else merged.push([start, end]);
  }
  return merged;
}

/** Rows without a failed row below them, though failed themselves: where failures began. */
export function rootFailures(outline: Outline): number[] {
  const below = new Uint8Array(outline.loaded);
  const found: number[] = [];
  for (let row = outline.loaded - 1; row >= 0; row -= 1) {
    const failed = outline.isFailed(row);
    if (failed && !below[row]) found.push(row);
    const parent = outline.parent[row] ?? -1;
    if (parent >= 0 && (failed || below[row])) below[parent] = 1;
  }
  return found.sort((a, b) => outline.startOf(a) - outline.startOf(b));
}

/** 1 for every row with a failure somewhere below it. */
export function failedBelow(outline: Outline): Uint8Array {
  const below = new Uint8Array(outline.total);
  for (let row = outline.loaded - 1; row >= 0; row -= 1) {
    const parent = outline.parent[row] ?? -1;
    if (parent >= 0 && (below[row] || outline.isFailed(row))) below[parent] = 1;
  }
  return below;
}

/** Rows in which a word occurs in a name, an agent, a model, a tool, a status or the id. */
export function findRows(outline: Outline, word: string): number[] {
  const wanted = word.trim().toLowerCase();
  if (!wanted) return [];
  // Words are few and rows many: each word is looked at once.
  const fields = (["name", "kind", "agent", "model", "tool", "status"] as const).map((field) => ({
    field,
    hits: outline.words[field].list.map((entry) => entry.toLowerCase().includes(wanted)),
  }));
  const hex = /^[0-9a-f]{4,16}$/.test(wanted);
  const rows: number[] = [];
  for (let row = 0; row < outline.loaded; row += 1) {
    const named = fields.some(({ field, hits }) => hits[outline.number(field, row)] === true);
    if (named || (hex && outline.ids[row]?.includes(wanted))) rows.push(row);
  }
  return rows;
}

/** Both, ascending, each row once. */
export function union(a: readonly number[], b: readonly number[]): Int32Array {
  return Int32Array.from(new Set([...a, ...b])).sort();
}
