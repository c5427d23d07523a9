// The common scale of the spreads in a column.
import type { Spread } from "../../api/ask";

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
