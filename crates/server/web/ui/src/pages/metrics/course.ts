// A metric at a glance: one figure of the range, and its course.
import type { Instrument, MetricName } from "../../api/signals";
import { type Range, resolveRange } from "../../lib/time";
import type { Aggregate } from "./aggregates";

export interface Course {
  /** The sum of a sum, else the newest value; null without any. */
  value: number | null;
  line: (number | null)[];
}

/** One value a step from the first to the last of the range. A sum is 0 where nothing was sent. */
export function courseOf(
  points: readonly [string, number | null][],
  range: Range,
  step: number,
  agg: Aggregate,
  now = Date.now(),
): Course {
  const { since, until } = resolveRange(range);
  const adds = agg === "sum" || agg === "count";
  const known = points.filter((point): point is [string, number] => point[1] !== null);
  const newest = known[known.length - 1];
  const value = adds && newest ? known.reduce((sum, [, v]) => sum + v, 0) : (newest?.[1] ?? null);
  const first = since ? Date.parse(since) : Date.parse(points[0]?.[0] ?? new Date(now).toISOString());
  const last = until ? Date.parse(until) : now;
  const at = new Map(known.map(([time, v]) => [Math.floor(Date.parse(time) / step), v]));
  const line: (number | null)[] = [];
  for (let slot = Math.floor(first / step); slot <= Math.floor(last / step) && line.length < 500; slot += 1)
    line.push(at.get(slot) ?? (adds ? 0 : null));
  return { value, line };
}

/** What most agents send, in the order in which a reader wants it. */
const USUAL = [
  "gen_ai.client.operation.duration",
  "gen_ai.client.token.usage",
  "quipu.llm.tokens",
  "quipu.request.count",
];
const DISTRIBUTIONS = new Set<Instrument>(["histogram", "exponential_histogram"]);

/** The metric that is shown first: a usual one, else a distribution, else the one with the newest points. */
export function firstMetric(names: readonly MetricName[]): MetricName | undefined {
  const usual = USUAL.map((name) => names.find((metric) => metric.name === name)).find(Boolean);
  const newest = [...names].sort((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at));
  return usual ?? newest.find(({ instrument }) => DISTRIBUTIONS.has(instrument)) ?? newest[0];
}
