// What stands in rows, brought together: spreads on one scale, failures of one kind.
import type { Spread } from "../../api/ask";
import type { ErrorKind } from "../../api/insight";
import { firstLine } from "./names";

/** The shortest and the longest that a column of spreads shows, for one logarithmic scale. */
export interface Scale {
  low: number;
  high: number;
}

export function scaleOf(spreads: readonly (Spread | null)[]): Scale {
  const told = spreads.filter((spread): spread is Spread => spread !== null);
  const low = Math.max(0.01, Math.min(...told.map((spread) => spread.min).filter((ms) => ms > 0), 1000));
  const high = Math.max(low * 10, ...told.map((spread) => spread.p95));
  return { low, high };
}

/** Failures of one kind, `error` as it reads best. */
export interface MergedKind extends ErrorKind {
  /** As it was sent; of several the part that all begin with, and then a line break. */
  whole: string;
}

/** What both begin with. A line break behind it says that more follows. */
function common(a: string, b: string): string {
  if (a === b) return a;
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return `${a.slice(0, length)}\n`;
}

/** The same failure told with different stack traces is one. */
export function mergedKinds(kinds: readonly ErrorKind[]): MergedKind[] {
  const merged = new Map<string, MergedKind>();
  for (const kind of kinds) {
    const error = kind.error === null ? null : firstLine(kind.error);
    const known = merged.get(error ?? "");
    if (known) {
      known.count += kind.count;
      known.trace_id ??= kind.trace_id;
      known.whole = common(known.whole, kind.error ?? "");
    } else merged.set(error ?? "", { ...kind, error, whole: kind.error ?? "" });
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}
