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

/** The same failure told with different stack traces is one. */
export function mergedKinds(kinds: readonly ErrorKind[]): ErrorKind[] {
  const merged = new Map<string, ErrorKind>();
  for (const kind of kinds) {
    const error = kind.error === null ? null : firstLine(kind.error);
    const known = merged.get(error ?? "");
    if (known) {
      known.count += kind.count;
      known.trace_id ??= kind.trace_id;
    } else merged.set(error ?? "", { ...kind, error });
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}
