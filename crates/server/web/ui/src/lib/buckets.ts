// Groups by key and hour, day, week or month as a stack of bars: the largest keys by name, the rest as one.
import type { UsageGroup } from "../api/types";
import { usdPixels } from "./format";
import { type Range, resolveRange } from "./time";

export type Measure = "cost" | "tokens" | "calls";
export const GRAINS = ["hour", "day", "week", "month"] as const;
export type Grain = (typeof GRAINS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_BY_HOUR_MS = 4 * DAY_MS;

/** The start of the bar that a time falls in. Bars are those of UTC; weeks begin on Monday. */
export function barStart(time: number, grain: Grain): number {
  if (grain === "hour") return Math.floor(time / HOUR_MS) * HOUR_MS;
  const midnight = Math.floor(time / DAY_MS) * DAY_MS;
  if (grain === "day") return midnight;
  const date = new Date(midnight);
  if (grain === "week") return midnight - ((date.getUTCDay() + 6) % 7) * DAY_MS;
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The start of the bar after the one that starts at `start`. */
export function barEnd(start: number, grain: Grain): number {
  if (grain === "hour") return start + HOUR_MS;
  if (grain === "day") return start + DAY_MS;
  if (grain === "week") return start + 7 * DAY_MS;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Hours up to four days, else days. */
export function grainOf(range: Range): "hour" | "day" {
  const { since, until } = resolveRange(range);
  if (!since) return "day";
  const end = until ? Date.parse(until) : Date.now();
  return end - Date.parse(since) <= LONGEST_BY_HOUR_MS ? "hour" : "day";
}

/** A series' name; null is the rest. */
export type SeriesKey = string | null;

export interface Stack {
  /** Start of each bar in Unix milliseconds, without gaps. */
  times: number[];
  keys: SeriesKey[];
  /** values[bar][series] */
  values: number[][];
  /** Largest sum of a bar. */
  peak: number;
}

export const UNKNOWN = "\u0000unknown";

export function keyOf(group: UsageGroup, dimension: string): string {
  return group.key[dimension] ?? UNKNOWN;
}

export function measureOf(group: UsageGroup, measure: Measure): number {
  if (measure === "cost") return usdPixels(group.cost_usd);
  return measure === "tokens" ? group.tokens.total : group.llm_calls;
}

/** Keys from the largest sum to the smallest; those without any amount are left out. */
export function rankKeys(groups: readonly UsageGroup[], dimension: string, measure: Measure): string[] {
  const sums = new Map<string, number>();
  for (const group of groups) {
    const key = keyOf(group, dimension);
    sums.set(key, (sums.get(key) ?? 0) + measureOf(group, measure));
  }
  return [...sums]
    .filter(([, sum]) => sum > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([key]) => key);
}

function startsOfBars(
  groups: readonly UsageGroup[],
  grain: Grain,
  since: number | null,
  until: number | null,
): number[] {
  const seen = groups.flatMap((group) => Date.parse(group.key[grain] ?? "") || []);
  const first = since ?? Math.min(...seen);
  const last = until ?? Math.max(...seen);
  if (!Number.isFinite(first) || !Number.isFinite(last)) return [];
  const times: number[] = [];
  for (let at = barStart(first, grain); at <= last && times.length < 1500; at = barEnd(at, grain))
    times.push(at);
  return times;
}

export interface StackOptions {
  dimension: string;
  grain: Grain;
  measure: Measure;
  named: readonly string[];
  since: number | null;
  until: number | null;
}

export function stackBars(groups: readonly UsageGroup[], options: StackOptions): Stack {
  const times = startsOfBars(groups, options.grain, options.since, options.until);
  const column = new Map(times.map((time, index) => [time, index]));
  const keys: SeriesKey[] = [...options.named, null];
  const values = times.map(() => keys.map(() => 0));
  for (const group of groups) {
    const bar = values[column.get(Date.parse(group.key[options.grain] ?? "")) ?? -1];
    if (!bar) continue;
    const named = options.named.indexOf(keyOf(group, options.dimension));
    const series = named >= 0 ? named : keys.length - 1;
    bar[series] = (bar[series] ?? 0) + measureOf(group, options.measure);
  }
  const peak = Math.max(0, ...values.map((bar) => bar.reduce((sum, value) => sum + value, 0)));
  return { times, keys, values, peak };
}

const TIME_STEPS_MS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000,
);

/** Ticks over a length of time: round numbers up to a minute, then parts of hours and days. */
export function timeTicks(length: number, most: number): number[] {
  const step = TIME_STEPS_MS.find((size) => size >= length / most);
  if (length / most < 30_000 || !step) return niceTicks(length, most);
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

/** Round steps that fit `most` lines under `peak`, the last one at or above it. */
export function niceTicks(peak: number, most = 4): number[] {
  if (!(peak > 0)) return [0];
  const rough = peak / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.ceil(peak / step - 1e-9) + 1 }, (_, index) => index * step);
}
