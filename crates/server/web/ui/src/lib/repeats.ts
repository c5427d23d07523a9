// Repeats in a trace: the same steps several times in a row below one parent, which the waterfall folds into one.
import { nameOf } from "./loops";
import type { Outline } from "./outline";
import { childrenOf, rootsOf } from "./tree";

export interface Repeat {
  /** The first row of the run. */
  row: number;
  /** The row where the second pass begins: from there to `end` rows are hidden while it is folded. */
  second: number;
  end: number;
  times: number;
}

/** Passes in a row from which on they are folded. */
const LEAST = 3;
/** Steps of one pass at most: a model and its tools. */
const LONGEST = 3;

/** How often the steps from `at` on repeat with this many steps each. */
function timesAt(steps: readonly string[], at: number, period: number): number {
  let same = 0;
  while (at + period + same < steps.length && steps[at + same] === steps[at + period + same]) same += 1;
  return 1 + Math.floor(same / period);
}

function among(outline: Outline, rows: readonly number[], end: number, found: Map<number, Repeat>): void {
  const step = (row: number) =>
    `${outline.kind(row)} ${outline.isFailed(row)} ${outline.isRunning(row)} ${nameOf(outline, row)}`;
  const steps = rows.map(step);
  for (let at = 0; at + LEAST <= rows.length; ) {
    let best = { times: 0, period: 1 };
    for (let period = 1; period <= LONGEST; period += 1) {
      const times = timesAt(steps, at, period);
      if (times >= LEAST && times * period > best.times * best.period) best = { times, period };
    }
    const [row, second] = [rows[at], rows[at + best.period]];
    if (best.times > 0 && row !== undefined && second !== undefined) {
      const after = at + best.times * best.period;
      found.set(row, { row, second, end: rows[after] ?? end, times: best.times });
    }
    at += Math.max(1, best.times * best.period);
  }
}

/** All runs of at least three passes, by their first row. */
export function repeatsOf(outline: Outline): Map<number, Repeat> {
  const found = new Map<number, Repeat>();
  among(outline, [...rootsOf(outline)], outline.loaded, found);
  for (let row = 0; row < outline.loaded; row += 1) {
    if (!outline.hasChildren(row)) continue;
    const end = Math.min(row + outline.sizeOf(row), outline.loaded);
    among(outline, [...childrenOf(outline, row)], end, found);
  }
  return found;
}

/** The runs that are folded: all but those whose first span is named. */
export function foldedRepeats(
  outline: Outline,
  repeats: ReadonlyMap<number, Repeat>,
  open: ReadonlySet<string>,
): Repeat[] {
  return [...repeats.values()].filter(({ row }) => !open.has(outline.ids[row] ?? ""));
}

/** Opens every run that hides a row. */
export function revealRepeats(
  outline: Outline,
  repeats: ReadonlyMap<number, Repeat>,
  row: number,
  open: ReadonlySet<string>,
): ReadonlySet<string> {
  const hiding = foldedRepeats(outline, repeats, open).filter(
    ({ second, end }) => row >= second && row < end,
  );
  return hiding.length > 0 ? new Set([...open, ...hiding.map((one) => outline.ids[one.row] ?? "")]) : open;
}
