// The scale of a gauge: shares end at 100 %, other figures above both the value and the target.
import type { Unit } from "./types";

export interface GaugeScale {
  /** Part of the scale that the value takes, 0 to 1. */
  share: number;
  /** Place of the target on the scale; null without a target. */
  mark: number | null;
  /** Whether the target is met; null without a target or a better side. */
  met: boolean | null;
}

const ROOM = 1.25;

export function gaugeOf(
  value: number | null,
  target: number | undefined,
  unit: Unit,
  better: "more" | "less" | undefined,
): GaugeScale {
  const known = Math.max(value ?? 0, target ?? 0);
  const top = unit === "percent" || (unit === "number" && known <= 1) ? 1 : known * ROOM || 1;
  const part = (of: number) => Math.min(1, Math.max(0, of / top));
  return {
    share: part(value ?? 0),
    mark: target === undefined ? null : part(target),
    met:
      value === null || target === undefined || !better
        ? null
        : better === "more"
          ? value >= target
          : value <= target,
  };
}

/** Which way a measure gets better; undefined where neither is. */
export function betterOf(measure: string): "more" | "less" | undefined {
  if (/^(success_rate|cached_share|value)$/.test(measure)) return "more";
  return /^(errors|error_rate|cost|avg|max|p\d\d|ttft|unpriced)/.test(measure) ? "less" : undefined;
}
