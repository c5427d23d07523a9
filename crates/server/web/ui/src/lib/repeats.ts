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

const step = (outline: Outline, row: number) =>
  `${outline.kind(row)} ${outline.isFailed(row)} ${outline.isRunning(row)} ${nameOf(outline, row)}`;

function among(outline: Outline, rows: readonly number[], end: number, found: Map<number, Repeat>): void {
  const steps = rows.map((row) => step(outline, row));
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

/** Figures of one step over all passes of a run. */
export interface PassSum {
  times: number;
  /** Milliseconds of the steps that have ended. */
  duration: number;
  /** Of counted calls. */
  input: number;
  output: number;
  /** Billionths of a dollar; NaN without a priced call. */
  cost: number;
}

function sumOf(outline: Outline, rows: readonly number[]): PassSum {
  const counted = rows.filter((row) => outline.counted[row] === 1);
  const all = (values: Float64Array, of: readonly number[]) =>
    of.reduce((sum, row) => sum + Math.max(0, values[row] ?? 0), 0);
  const priced = counted.filter((row) => !Number.isNaN(outline.cost[row] ?? Number.NaN));
  return {
    times: rows.length,
    duration: all(outline.duration, rows),
    input: all(outline.input, counted),
    output: all(outline.output, counted),
    cost: priced.length > 0 ? all(outline.cost, priced) : Number.NaN,
  };
}

/** Whether subtrees have the same spans in the same places. */
function areAlike(outline: Outline, [first = 0, ...others]: readonly number[]): boolean {
  const size = outline.sizeOf(first);
  if (first + size > outline.loaded) return false;
  const places = Array.from({ length: size }, (_, place) => place);
  const at = (row: number) =>
    `${(outline.depth[row] ?? 0) - (outline.depth[first] ?? 0)} ${step(outline, row)}`;
  return others.every(
    (other) =>
      outline.sizeOf(other) === size &&
      other + size <= outline.loaded &&
      places.every((place) => at(first + place) === at(other + place)),
  );
}

/**
 * The sums of folded runs, by the rows of their first passes. A folded row stands for all passes, and so do
 * the rows below it if every pass has the same. Outer runs come before inner ones, as `repeatsOf` finds them.
 */
export function passSums(outline: Outline, folded: readonly Repeat[]): Map<number, PassSum> {
  const stands = new Map<number, number[]>();
  const behind = (row: number) => stands.get(row) ?? [row];
  for (const { row, end, times } of folded) {
    const steps: number[] = [];
    for (let at = row; at < end; at += outline.sizeOf(at)) steps.push(at);
    const period = Math.floor(steps.length / times);
    for (const [at, first] of steps.slice(0, period).entries()) {
      const equal = steps.filter((_, place) => place % period === at);
      const deep = areAlike(outline, equal) ? outline.sizeOf(first) : 1;
      for (let place = 0; place < deep; place += 1)
        stands.set(
          first + place,
          equal.flatMap((one) => behind(one + place)),
        );
    }
  }
  return new Map([...stands].map(([row, rows]) => [row, sumOf(outline, rows)]));
}
