// What can be read off an answer: each measure with its unit, and answers as series, parts and rows.
import type { Answer, AskGroup, AskPoint, Figures } from "../api/ask";
import { compact, subtractUsd, sumUsd, usdHeadline, usdPixels } from "../lib/format";
import { paletteHue, placesOf } from "./colour";
import type { Bin, Point, Series, Unit } from "./types";
import { formatUnit } from "./units";

export const MEASURES = [
  "count",
  "per_min",
  "errors",
  "error_rate",
  "success_rate",
  "running",
  "triggered",
  "groups",
  "tokens",
  "input_tokens",
  "output_tokens",
  "cached_share",
  "cost",
  "subscription",
  "unpriced",
  "avg",
  "p50",
  "p95",
  "p99",
  "max",
  "ttft_p50",
  "ttft_p95",
  "ttft_p99",
  "value",
] as const;
export type Measure = (typeof MEASURES)[number];

interface Known {
  unit: Unit;
  /** Parts add up, and a step without anything is a zero. Others have gaps. */
  adds: boolean;
  of: (figures: Figures, minutes: number) => number | null;
}

const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);
/** Those whose end is known. */
const ended = (figures: Figures) => figures.count - figures.running;

/** Keys whose groups can have a record in common, so that their sums are no total. */
const overlaps = (key: string): boolean => ["tag", "env", "version"].includes(key);

const KNOWN: Record<Measure, Known> = {
  count: { unit: "count", adds: true, of: (f) => f.count },
  per_min: { unit: "per_min", adds: true, of: (f, minutes) => (minutes > 0 ? f.count / minutes : null) },
  errors: { unit: "count", adds: true, of: (f) => f.errors },
  error_rate: { unit: "percent", adds: false, of: (f) => share(f.errors, ended(f)) },
  success_rate: { unit: "percent", adds: false, of: (f) => share(ended(f) - f.errors, ended(f)) },
  running: { unit: "count", adds: true, of: (f) => f.running },
  triggered: { unit: "count", adds: true, of: (f) => f.triggered },
  groups: { unit: "count", adds: false, of: () => null },
  tokens: { unit: "tokens", adds: true, of: (f) => f.tokens?.total ?? null },
  input_tokens: { unit: "tokens", adds: true, of: (f) => f.tokens?.input ?? null },
  output_tokens: { unit: "tokens", adds: true, of: (f) => f.tokens?.output ?? null },
  cached_share: {
    unit: "percent",
    adds: false,
    of: (f) => (f.tokens ? share(f.tokens.cache_read, f.tokens.input) : null),
  },
  cost: { unit: "usd", adds: true, of: (f) => (f.cost_usd === null ? null : usdPixels(f.cost_usd)) },
  subscription: {
    unit: "usd",
    adds: true,
    of: (f) => (f.subscription_usd === null ? null : usdPixels(f.subscription_usd)),
  },
  unpriced: { unit: "count", adds: true, of: (f) => f.unpriced_calls },
  avg: { unit: "ms", adds: false, of: (f) => f.latency_ms?.avg ?? null },
  p50: { unit: "ms", adds: false, of: (f) => f.latency_ms?.p50 ?? null },
  p95: { unit: "ms", adds: false, of: (f) => f.latency_ms?.p95 ?? null },
  p99: { unit: "ms", adds: false, of: (f) => f.latency_ms?.p99 ?? null },
  max: { unit: "ms", adds: false, of: (f) => f.latency_ms?.max ?? null },
  ttft_p50: { unit: "ms", adds: false, of: (f) => f.ttft_ms?.p50 ?? null },
  ttft_p95: { unit: "ms", adds: false, of: (f) => f.ttft_ms?.p95 ?? null },
  ttft_p99: { unit: "ms", adds: false, of: (f) => f.ttft_ms?.p99 ?? null },
  value: { unit: "number", adds: false, of: (f) => f.value },
};

export function isMeasure(word: string): word is Measure {
  return (MEASURES as readonly string[]).includes(word);
}

export const unitOf = (measure: Measure): Unit => KNOWN[measure].unit;
export const addsUp = (measure: Measure): boolean => KNOWN[measure].adds;

export interface Bounds {
  since: number;
  until: number;
  stepMs: number;
}

/** The range that an answer is of. Of all that is stored it begins with the first point. */
export function boundsOf(answer: Answer, now = Date.now()): Bounds {
  const points = answer.total.points ?? [];
  const starts = points.map((point) => Date.parse(point.start));
  const stepMs = answer.step_ms ?? 60_000;
  // The answer is of a range up to the time it was asked.
  const until = answer.until
    ? Date.parse(answer.until)
    : starts.length > 0
      ? Math.max(...starts) + stepMs
      : now;
  const stated = answer.since ? Date.parse(answer.since) : Number.NaN;
  const first = starts.length > 0 ? Math.min(...starts) : until - stepMs;
  // "All that is stored" may be stated as the beginning of time.
  const since = Number.isFinite(stated) && stated > 946_684_800_000 ? stated : first;
  return { since: Math.min(since, until - stepMs), until, stepMs };
}

/** The figure of a measure over a stretch of `minutes`. */
export function figureOf(figures: Figures, measure: Measure, minutes = 0): number | null {
  return KNOWN[measure].of(figures, minutes);
}

/** The figure in words. Money is written from its exact text; what has no price is said to have none. */
export function figureText(figures: Figures, measure: Measure, minutes: number, unpriced: string): string {
  const value = figureOf(figures, measure, minutes);
  if (value !== null) {
    const exact =
      measure === "cost" ? figures.cost_usd : measure === "subscription" ? figures.subscription_usd : null;
    const text = exact === null ? formatUnit(unitOf(measure), value) : usdHeadline(exact);
    return measure === "cost" && figures.unpriced_calls > 0 ? `≥ ${text}` : text;
  }
  return measure === "cost" && figures.unpriced_calls > 0 ? unpriced : "–";
}

/** The share of a step that must lie in the range for a rate of it. */
const LEAST_OF_STEP = 0.2;

/** One point a step, with zeros where a measure that adds up has none, and gaps elsewhere. */
export function pointsOf(points: readonly AskPoint[], measure: Measure, bounds: Bounds): Point[] {
  const { since, until, stepMs } = bounds;
  const found = new Map(points.map((point) => [Date.parse(point.start), point]));
  const anchor = found.keys().next().value ?? 0;
  const offset = ((anchor % stepMs) + stepMs) % stepMs;
  const first = Math.floor((since - offset) / stepMs) * stepMs + offset;
  const filled: Point[] = [];
  for (let start = first; start < until && filled.length < 5000; start += stepMs) {
    const point = found.get(start);
    // A step that the range cuts is as long as its part within.
    const minutes = (Math.min(until, start + stepMs) - Math.max(since, start)) / 60_000;
    const none = KNOWN[measure].adds ? 0 : null;
    // A rate over a few seconds of a long step would be a guess.
    const known = measure !== "per_min" || minutes * 60_000 >= stepMs * LEAST_OF_STEP;
    filled.push({ t: start, v: known ? (point ? valueAt(point, measure, minutes) : none) : null });
  }
  return filled;
}

/** Work without any use of a measure that adds up is a zero; but calls that nobody can price are a gap. */
function valueAt(point: AskPoint, measure: Measure, minutes: number): number | null {
  const value = figureOf(point, measure, minutes);
  if (value !== null || !KNOWN[measure].adds) return value;
  return measure === "cost" && point.unpriced_calls > 0 ? null : 0;
}

export const minutesOf = (bounds: Bounds): number => (bounds.until - bounds.since) / 60_000;

export interface Naming {
  /** The name of what a record does not say. */
  unknown: string;
  rest: string;
  /** The name of the one series of an answer that is not grouped. */
  all: string;
  unpriced: string;
}

/** The parts of its key, in the order that was asked. */
export function groupName(
  group: AskGroup,
  unknown: string,
  by: readonly string[] = Object.keys(group.key),
): string {
  const parts = by.map((word) => group.key[word] ?? unknown);
  return parts.join(" · ");
}

/** The largest groups as series; what is left out as one more, where parts add up. */
export function seriesOf(
  answer: Answer,
  measure: Measure,
  naming: Naming,
  options: {
    hue?: (group: AskGroup) => string | undefined;
    href?: (group: AskGroup) => string | undefined;
    /** Totals without their unit, which the title of the chart says. */
    short?: boolean;
  } = {},
): Series[] {
  const bounds = boundsOf(answer);
  const minutes = minutesOf(bounds);
  if (answer.group_by.length === 0) {
    const total = figureText(answer.total, measure, minutes, naming.unpriced);
    return [{ name: naming.all, points: pointsOf(answer.total.points ?? [], measure, bounds), total }];
  }
  const names = answer.groups.map((group) => groupName(group, naming.unknown, answer.group_by));
  const places = placesOf(names);
  const series = answer.groups.map((group, index): Series => {
    const href = options.href?.(group);
    return {
      name: names[index] ?? "",
      points: pointsOf(group.points ?? [], measure, bounds),
      total: options.short ? shortText(group, measure) : figureText(group, measure, minutes, naming.unpriced),
      hue: options.hue?.(group) ?? paletteHue(places[index] ?? index),
      ...(href ? { href } : {}),
    };
  });
  const shown = series.filter((one) =>
    one.points.some(({ v }) => v !== null && (v !== 0 || !KNOWN[measure].adds)),
  );
  if (answer.left_out === 0 || !KNOWN[measure].adds || answer.group_by.some(overlaps)) return shown;
  const whole = pointsOf(answer.total.points ?? [], measure, bounds);
  const points = whole.map((point, index) => {
    const named = series.reduce((sum, one) => sum + (one.points[index]?.v ?? 0), 0);
    // Sums of floats leave a dust that is no amount.
    const left = (point.v ?? 0) - named;
    return { t: point.t, v: left > 1e-9 ? left : 0 };
  });
  const total = restText(answer, measure, options.short ?? false);
  return [...shown, { name: naming.rest, points, rest: true, total }];
}

const shortText = (figures: Figures, measure: Measure): string => compact(figureOf(figures, measure) ?? 0);

/** The sum of the groups that are not listed. */
function restText(answer: Answer, measure: Measure, short: boolean): string {
  const exact = (figures: Figures) =>
    measure === "cost" ? figures.cost_usd : measure === "subscription" ? figures.subscription_usd : null;
  const whole = exact(answer.total);
  if (whole !== null) {
    const left = subtractUsd(whole, sumUsd(answer.groups.map(exact)) ?? "0");
    return left === null ? "" : usdHeadline(left);
  }
  const minutes = minutesOf(boundsOf(answer));
  const value = (figures: Figures) => figureOf(figures, measure, minutes) ?? 0;
  const left = value(answer.total) - answer.groups.reduce((sum, group) => sum + value(group), 0);
  return short ? compact(Math.max(0, left)) : formatUnit(unitOf(measure), Math.max(0, left));
}

/** The same over the period before, moved to lie under the present one. */
export function beforeSeries(
  answer: Answer,
  measure: Measure,
  name: string,
  present: Bounds,
  hue?: string,
): Series {
  const bounds = boundsOf(answer);
  const shift = present.until - bounds.until;
  const points = pointsOf(answer.total.points ?? [], measure, bounds).map((point) => ({
    // On the grid of the present one: a step is compared with the one at the same place in its period.
    t: point.t + Math.round(shift / present.stepMs) * present.stepMs,
    v: point.v,
  }));
  return { name, points, dashed: true, ...(hue ? { hue } : {}) };
}

/** Change as a share of what was before; of shares, their difference. */
export function changeOf(
  now: Figures,
  before: Figures | undefined,
  measure: Measure,
  minutes = 0,
): number | null {
  if (!before) return null;
  const a = figureOf(now, measure, minutes);
  const b = figureOf(before, measure, minutes);
  if (a === null || b === null) return null;
  if (unitOf(measure) === "percent") return a - b;
  return b > 0 ? a / b - 1 : null;
}

export function binsOf(figures: Figures): Bin[] {
  return (figures.latency_ms?.histogram ?? []).map(([upper, count]) => ({ upper, count }));
}
