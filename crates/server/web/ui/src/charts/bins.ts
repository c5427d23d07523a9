// Values by size: bins on a logarithmic scale with round bounds, so that columns of different times can be compared.
import type { Bin } from "./types";

const ROUND = [1, 1.5, 2, 3, 5, 7];
/** Milliseconds from a minute on: times are not read by tens there. */
const LONG = [
  1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 420, 720, 1440, 2880, 5760, 10_080, 43_200,
].map((minutes) => minutes * 60_000);

/** Round upper bounds, six a decade, that cover everything from `least` to `most` milliseconds. */
export function roundBounds(least: number, most: number): number[] {
  if (!(most > 0)) return [];
  const from = Math.max(least, most * 1e-6, 1e-9);
  let bounds: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(most)); power += 1) {
    for (const factor of ROUND) bounds.push(Number((factor * 10 ** power).toPrecision(2)));
  }
  bounds = [...bounds.filter((bound) => bound < 60_000), ...LONG];
  const first = Math.max(
    0,
    bounds.findIndex((bound) => bound >= from * (1 - 1e-9)),
  );
  const last = bounds.findIndex((bound) => bound >= most * (1 - 1e-9));
  return bounds.slice(first, last < 0 ? undefined : last + 1);
}

/** Puts fine bins into those with the bounds given. A bin goes where its upper bound lies: none is split by guess. */
export function rebin(bins: readonly Bin[], bounds: readonly number[]): Bin[] {
  const counts = bounds.map(() => 0);
  for (const bin of bins) {
    const found = bounds.findIndex((bound) => bin.upper <= bound * (1 + 1e-9));
    const at = found < 0 ? bounds.length - 1 : found;
    if (at >= 0) counts[at] = (counts[at] ?? 0) + bin.count;
  }
  return bounds.map((upper, index) => ({ upper, count: counts[index] ?? 0 }));
}

/** The bounds that several sets of bins share. */
export function boundsOver(sets: readonly (readonly Bin[])[]): number[] {
  const uppers = sets.flatMap((bins) => bins.filter((bin) => bin.count > 0).map((bin) => bin.upper));
  if (uppers.length === 0) return [];
  return roundBounds(Math.min(...uppers), Math.max(...uppers));
}

/** Up to six levels for counts from 1 to `peak`: the upper bound of each. Small counts have a level of their own. */
export function levelsOf(peak: number): number[] {
  if (!(peak > 0)) return [];
  if (peak <= 6) return Array.from({ length: Math.ceil(peak) }, (_, index) => index + 1);
  const levels = Array.from({ length: 6 }, (_, index) =>
    Math.max(index + 1, Math.round(peak ** ((index + 1) / 6))),
  );
  return [...new Set(levels)].sort((a, b) => a - b);
}

/** Levels for values that are no counts: equal parts of the largest. */
export function evenLevels(peak: number, parts = 6): number[] {
  return peak > 0 ? Array.from({ length: parts }, (_, index) => (peak * (index + 1)) / parts) : [];
}
