// The last 24 hours of a tool, hour by hour, with noughts where it was not called.
import type { ToolHour } from "../../api/insight";

const HOUR_MS = 3_600_000;
export const HOURS = 24;

/** The starts of the last 24 hours, the present one last. */
export function lastHours(now: number): number[] {
  const present = Math.floor(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: HOURS }, (_, index) => present - (HOURS - 1 - index) * HOUR_MS);
}

export interface Hour {
  start: number;
  calls: number;
  errors: number;
  p95: number | null;
}

/** One for each of `starts`. */
export function onHours(hours: readonly ToolHour[], starts: readonly number[]): Hour[] {
  const known = new Map(
    hours.map((hour) => [Math.floor(Date.parse(hour.start) / HOUR_MS) * HOUR_MS, hour] as const),
  );
  return starts.map((start) => {
    const hour = known.get(start);
    return { start, calls: hour?.calls ?? 0, errors: hour?.errors ?? 0, p95: hour?.p95_ms ?? null };
  });
}

export type HourMeasure = "calls" | "failed" | "p95";

/** What one cell of the pattern says; null where there was no call that could. */
export function hourValue(hour: Hour, measure: HourMeasure): number | null {
  if (measure === "calls") return hour.calls === 0 ? null : hour.calls;
  if (hour.calls === 0) return null;
  return measure === "failed" ? hour.errors / hour.calls : hour.p95;
}
