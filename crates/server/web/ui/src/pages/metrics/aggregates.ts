// How the points of a metric become one figure, and what that figure is measured in.
import type { Instrument, MetricName } from "../../api/signals";
import type { Unit } from "../../charts";

export type Aggregate = "avg" | "sum" | "min" | "max" | "count" | "last" | "p50" | "p95" | "p99";

const DISTRIBUTION: readonly Aggregate[] = ["p95", "p50", "p99", "avg", "sum", "count", "min", "max"];
const OF: Record<Instrument, readonly Aggregate[]> = {
  gauge: ["avg", "last", "min", "max", "count"],
  counter: ["sum", "count", "last"],
  up_down_counter: ["last", "sum", "min", "max"],
  histogram: DISTRIBUTION,
  exponential_histogram: DISTRIBUTION,
  summary: ["avg", "sum", "count"],
};

/** What can be asked of a metric, the most telling first. */
export const aggregatesOf = (metric: MetricName): readonly Aggregate[] => OF[metric.instrument];

const SECONDS: Record<string, number> = {
  s: 1000,
  ms: 1,
  us: 0.001,
  ns: 0.000_001,
  min: 60_000,
  h: 3_600_000,
};
const BYTES: Record<string, number> = { By: 1, KiBy: 1024, MiBy: 1_048_576, kBy: 1000, MBy: 1_000_000 };

/** The chart's unit and what a value is multiplied by to be in it. Units are written as UCUM has them, which OpenTelemetry uses. */
export function unitOf(metric: MetricName, aggregate: Aggregate): { unit: Unit; factor: number } {
  if (aggregate === "count") return { unit: "count", factor: 1 };
  const unit = metric.unit;
  const time = SECONDS[unit];
  if (time !== undefined) return { unit: "ms", factor: time };
  const size = BYTES[unit];
  if (size !== undefined) return { unit: "bytes", factor: size };
  if (/^\{?tokens?\}?$/.test(unit)) return { unit: "tokens", factor: 1 };
  if (/^(\{?USD\}?|\$)$/i.test(unit)) return { unit: "usd", factor: 1 };
  if (unit === "%") return { unit: "percent", factor: 0.01 };
  return { unit: "number", factor: 1 };
}

const STEPS_MS = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 604_800,
].map((seconds) => seconds * 1000);
const POINTS = 120;

/** A round step for about so many points. */
export function stepFor(length: number, points = POINTS): number {
  return STEPS_MS.find((step) => step >= length / points) ?? 604_800_000;
}
