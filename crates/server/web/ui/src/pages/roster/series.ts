// From answers in steps to lines and bars: which figure, with gaps where nothing is known and noughts where nothing was done.
import type { Answer, AskGroup, AskPoint, Figures } from "../../api/ask";
import { paletteHue, placesOf } from "../../charts/colour";
import type { Point, Series, Unit } from "../../charts/types";
import { usdPixels } from "../../lib/format";
import { type Range, resolveRange } from "../../lib/time";

export interface Measure {
  id: string;
  label: string;
  unit: Unit;
  shape: "bar" | "line";
  /** Amounts add up over groups and steps; shares and durations do not. */
  adds: boolean;
  of: (figures: Figures) => number | null;
}

export const share = (part: number | undefined, whole: number | undefined): number | null =>
  part === undefined || !whole ? null : part / whole;

type Words = (text: string) => string;

/** The measures of work that calls models. */
export const callMeasures = (t: Words): readonly Measure[] => [
  { id: "calls", label: t("Calls"), unit: "count", shape: "bar", adds: true, of: (f) => f.count },
  {
    id: "tokens",
    label: t("Tokens"),
    unit: "tokens",
    shape: "bar",
    adds: true,
    of: (f) => f.tokens?.total ?? 0,
  },
  { id: "cost", label: t("Cost"), unit: "usd", shape: "bar", adds: true, of: (f) => usdPixels(f.cost_usd) },
  { id: "errors", label: t("Errors"), unit: "count", shape: "bar", adds: true, of: (f) => f.errors },
  {
    id: "latency",
    label: t("Latency p95"),
    unit: "ms",
    shape: "line",
    adds: false,
    of: (f) => f.latency_ms?.p95 ?? null,
  },
  {
    id: "ttft",
    label: t("First token p50"),
    unit: "ms",
    shape: "line",
    adds: false,
    of: (f) => f.ttft_ms?.p50 ?? null,
  },
  {
    id: "cache",
    label: t("Cache hits"),
    unit: "percent",
    shape: "line",
    adds: false,
    of: (f) => share(f.tokens?.cache_read, f.tokens?.input),
  },
];

/** The measures of work that runs: agents and tools. */
export const runMeasures = (t: Words, count: string, latency: string): readonly Measure[] => [
  { id: "runs", label: count, unit: "count", shape: "bar", adds: true, of: (f) => f.count },
  { id: "errors", label: t("Errors"), unit: "count", shape: "bar", adds: true, of: (f) => f.errors },
  {
    id: "latency",
    label: latency,
    unit: "ms",
    shape: "line",
    adds: false,
    of: (f) => f.latency_ms?.p95 ?? null,
  },
];

export interface Steps {
  since: number;
  until: number;
  stepMs: number;
}

const MINUTE_MS = 60_000;
const COARSE: readonly [step: string, minutes: number][] = [
  ["1m", 1],
  ["5m", 5],
  ["15m", 15],
  ["30m", 30],
  ["1h", 60],
  ["2h", 120],
  ["6h", 360],
  ["12h", 720],
  ["1d", 1440],
  ["7d", 10_080],
];
/** Steps of a narrow chart. With more, few values fall into a step, and lines break into dots. */
const MOST_COARSE = 36;

/** The step of a narrow chart over the range; "auto" for ranges without a beginning. */
export function coarseStep(range: Range, now = Date.now()): string {
  const { since, until } = resolveRange(range, now);
  if (!since) return "auto";
  const minutes = ((until ? Date.parse(until) : now) - Date.parse(since)) / MINUTE_MS;
  return COARSE.find(([, size]) => minutes / size <= MOST_COARSE)?.[0] ?? "auto";
}

/** The steps of an answer; null when it has none. */
export function stepsOf(answer: Answer | undefined, now = Date.now()): Steps | null {
  const stepMs = answer?.step_ms;
  if (!answer || !stepMs) return null;
  const seen = [...(answer.total.points ?? []), ...answer.groups.flatMap((group) => group.points ?? [])].map(
    (point) => Date.parse(point.start),
  );
  if (seen.length === 0) return null;
  const first = seen.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const since = answer.since ? Date.parse(answer.since) : first;
  const until = answer.until ? Date.parse(answer.until) : now;
  return { since, until: Math.max(until, since + stepMs), stepMs };
}

const MOST_STEPS = 2_000;

/** One value for each step. A step that is left out is nought for an amount and a gap for anything else. */
export function pointsOf(points: readonly AskPoint[] | undefined, measure: Measure, steps: Steps): Point[] {
  const values = new Map((points ?? []).map((point) => [Date.parse(point.start), measure.of(point)]));
  const first = [...values.keys()].reduce((least, at) => Math.min(least, at), steps.until);
  const back = Math.ceil((first - steps.since) / steps.stepMs);
  const begin = first - back * steps.stepMs;
  const all: Point[] = [];
  for (let at = begin; at < steps.until && all.length < MOST_STEPS; at += steps.stepMs)
    all.push({ t: at, v: values.get(at) ?? (measure.adds ? 0 : null) });
  return all;
}

export interface Named {
  nameOf: (group: AskGroup) => string;
  hrefOf?: (group: AskGroup) => string;
  hueOf?: (group: AskGroup, index: number) => string | undefined;
  rest: string;
}

/** One series for each group; what is not among them is the rest, where amounts add up. */
export function seriesOf(answer: Answer, measure: Measure, steps: Steps, named: Named): Series[] {
  const names = answer.groups.map(named.nameOf);
  const places = placesOf(names);
  const series: Series[] = answer.groups.map((group, index) => {
    const hue = named.hueOf?.(group, index) ?? paletteHue(places[index] ?? index);
    const link = named.hrefOf?.(group);
    return {
      name: names[index] ?? "",
      points: pointsOf(group.points, measure, steps),
      hue,
      ...(link ? { href: link } : {}),
    };
  });
  if (!measure.adds || answer.left_out === 0 || !answer.total.points) return series;
  const rest = pointsOf(answer.total.points, measure, steps);
  const sums = new Map<number, number>();
  for (const one of series)
    for (const point of one.points) sums.set(point.t, (sums.get(point.t) ?? 0) + (point.v ?? 0));
  const points = rest.map(({ t, v }) => ({ t, v: Math.max(0, (v ?? 0) - (sums.get(t) ?? 0)) }));
  return points.some((point) => (point.v ?? 0) > 1e-12)
    ? [...series, { name: named.rest, points, rest: true }]
    : series;
}
